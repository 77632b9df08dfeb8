"""Connections: where a vendor is, what it needs to be told, who goes there, and pausing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline

from crm_integrations import health, outbox
from crm_integrations.admin import connection_page
from crm_integrations.admin.chips import connection_state
from crm_integrations.admin.connection_form import SECRET, SETTING, ConnectionForm, declared_fields, form_for
from crm_integrations.admin.connection_gate import HoldsAddresses
from crm_integrations.admin.steering import connection_url
from crm_integrations.models import Connection, Route
from crm_integrations.probe import probe
from leadops.admin.page_urls import button_paths, page_url
from leadops.admin.versions import LockedWhileStored
from leadops.ids import uuid_in
from leadops.languages.said import said
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MAY_PAUSE = "crm_integrations.pause_connection"


class PauseForm(forms.Form):
    """Who has to stop a vendor is not held up by what they write: numbers in it are masked."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)


class RouteInline(StackedInline):
    model = Route
    extra = 0
    fields = [("program", "order", "automatic"), ("purpose", "across_borders")]
    verbose_name_plural = gettext_lazy("routes: whose leads go here (no program: all)")


@admin.register(Connection)
class ConnectionAdmin(LockedWhileStored, HoldsAddresses, ModelAdmin):
    when_empty = "A connection says where a vendor is: somebody who may set things up adds one."
    form = ConnectionForm
    list_display = ["name", "vendor", "base_url", "state", "pause"]
    list_filter = ["enabled"]
    compressed_fields = False
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        """Partners' webhooks have pages of their own."""
        return Connection.objects.of_vendors().select_related("health")

    @admin.display(description="State")
    def state(self, connection: Connection) -> SafeString:
        return connection_state(connection)

    @admin.display(description="Pause")
    def pause(self, connection: Connection) -> str:
        return capfirst(connection.pause_in_words) or "–"

    def get_form(
        self, request: HttpRequest, obj: Connection | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            kwargs["form"] = form_for(obj.connector_class, obj)
            kwargs["fields"] = ConnectionForm.Meta.fields
        return super().get_form(request, obj, change=change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Connection | None) -> list[Any]:
        return [RouteInline] if obj is not None else []

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        general = [("vendor", "name"), ("base_url", "jurisdiction"), "test_space"]
        if obj is None:
            return [
                (None, {"fields": general, "description": _("Save it, then fill in what this vendor needs.")})
            ]
        own = [*general, ("parallel", "rate"), "enabled", "seen_version"]
        fieldsets: list[Any] = [(_("Connection"), {"fields": own})]
        if not self.has_change_permission(request, obj):
            return [(_("Connection"), {"fields": own[:-1]})]
        if settings := declared_fields(obj.vendor, SETTING):
            fieldsets.append((_("Settings"), {"fields": settings}))
        if secrets := declared_fields(obj.vendor, SECRET):
            fieldsets.append((_("Secrets"), {"fields": secrets}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> list[str]:
        """The vendor decides which settings there are, so it is chosen once; nor do test leads become others."""
        return ["vendor", "test_space"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A connection is disabled, not deleted: what was sent through it stays on record."""
        return False

    def has_pause_permission(self, request: HttpRequest) -> bool:
        """Who may stop a connection for a while, let it go on and try it, though not change where it leads."""
        return request.user.has_perm(MAY_PAUSE) or self.has_change_permission(request)

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        words = _("%(connection)s was added. Fill in what it needs, and say whose leads go there.")
        self.message_user(request, words % {"connection": obj})
        return HttpResponseRedirect(page_url(Connection, obj.pk))

    @method_decorator(fresh_factor)
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        shown: dict[str, Any] = {}
        if request.method == "GET" and (key := uuid_in(object_id)):
            connection = Connection.objects.select_related("health").filter(pk=key).first()
            if connection is not None and connection.connector_class.is_partners:
                return HttpResponseRedirect(connection_url(connection))
            if connection is not None and self.has_view_permission(request, connection):
                shown = connection_page.shown(connection, officer_of(request))
                shown["state_chip"] = connection_state(connection)
                shown["may_pause"] = self.has_pause_permission(request)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponse]] = {
            "check": self.check_view,
            "close": fresh_factor(self.close_view),
            "pause": fresh_factor(self.pause_view),
            "resume": fresh_factor(self.resume_view),
        }
        return button_paths(self, "connection_id", views) + super().get_urls()

    def pause_view(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = self._to_pause(request, connection_id)
        if (form := PauseForm(request.POST)).is_valid():
            outbox.pause(connection, form.cleaned_data["reason"], by=request.user.get_username())
            words = _("%(connection)s is paused: nothing is sent until it is resumed.")
            self.message_user(request, words % {"connection": connection}, messages.SUCCESS)
        else:
            self.message_user(request, form.errors["reason"][0], messages.ERROR)
        return HttpResponseRedirect(page_url(Connection, connection.pk))

    def resume_view(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = self._to_pause(request, connection_id)
        outbox.resume(connection)
        self.message_user(
            request, _("%(connection)s goes on.") % {"connection": connection}, messages.SUCCESS
        )
        return HttpResponseRedirect(page_url(Connection, connection.pk))

    def check_view(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        """Try address and credentials now; no record is sent, and no transaction is open meanwhile."""
        connection = self._to_pause(request, connection_id)
        verdict = probe(connection)
        if not verdict.ok:
            words, level = _("%(connection)s can't be used."), messages.ERROR
        elif verdict.proved:
            words, level = _("%(connection)s works."), messages.SUCCESS
        else:  # green is for what was seen to work
            words, level = _("%(connection)s was tried as far as it can be."), messages.WARNING
        self.message_user(request, f"{words % {'connection': connection}} {said(verdict.detail)}", level)
        return HttpResponseRedirect(page_url(Connection, connection.pk))

    def close_view(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        """An officer knows that the vendor works again: the breaker need not try it first."""
        connection = self._to_pause(request, connection_id)
        health.reset(connection)
        words = _("The breaker of %(connection)s is closed: calls go on.") % {"connection": connection}
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(page_url(Connection, connection.pk))

    def _to_pause(self, request: HttpRequest, connection_id: UUID) -> Connection:
        connection = get_object_or_404(Connection.objects.of_vendors(), pk=connection_id)
        if not self.has_pause_permission(request):
            raise PermissionDenied
        return connection
