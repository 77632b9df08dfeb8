"""The page "Preview": what a connection would be sent of a lead or a loan account, without sending it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from crm_integrations import preview
from crm_integrations.admin.chips import state_chip
from crm_integrations.admin.standing import in_words
from crm_integrations.admin.steering import MAY_SEE
from crm_integrations.connector import Kind
from crm_integrations.models import Connection
from leadops.admin.field_names import spoken
from leadops.admin.page_urls import page_url


class Previewed(ModelAdmin):
    """Mixed into the admins of leads and loan accounts."""

    preview_kind: Kind

    def get_urls(self) -> list[URLPattern]:
        name = f"leadops_{self.opts.model_name}_preview"
        view = self.admin_site.admin_view(self.preview_view)
        own = [path("<uuid:record_id>/preview/<uuid:connection_id>/", view, name=name)]
        return own + super().get_urls()

    def preview_view(self, request: HttpRequest, record_id: UUID, connection_id: UUID) -> HttpResponse:
        """For who may see both the record and what was sent of it."""
        record: Any = get_object_or_404(self.get_queryset(request).select_related("program"), pk=record_id)
        may_see = request.user.has_perm(MAY_SEE)
        if not may_see or not self.has_view_permission(request, record):
            raise PermissionDenied
        connection = get_object_or_404(Connection, pk=connection_id)
        if self.preview_kind not in connection.connector_class.kinds():
            raise Http404
        found = preview.of(connection, record)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview of %(record)s for %(connection)s")
            % {"record": record, "connection": connection},
            "opts": self.opts,
            "record": record,
            "back": page_url(self.model, record.pk),
            "preview": found,
            "held_chip": state_chip(found.held) if found.held else "",
            "missing": in_words(found.missing),
            "not_carried": [spoken(each) for each in found.not_carried],
        }
        return TemplateResponse(request, "admin/crm_integrations/preview.html", context)
