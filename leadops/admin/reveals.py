"""Seeing personal data unmasked: the page that asks for a reason, and the log of all who did."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from leadops.admin.field_names import spoken
from leadops.admin.making import ReadOnly
from leadops.admin.markup import link
from leadops.admin.masked import may_reveal
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.reasons import LogField
from leadops.admin.scoped import Scoped, SeenDropdownFilter
from leadops.client_address import client_address
from leadops.models import Lead, Reveal
from leadops.services import reveals
from leadops.services.reveals import Masked, TooManyReveals, Why
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of


class RevealForm(forms.Form):
    """Why an officer has to see it."""

    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", "–"), *Reveal.Reason.choices], widget=UnfoldAdminSelectWidget
    )
    words = LogField(
        label=_("In your words"),
        help_text=_(
            "For instance “Calls about the missing bank statement”. It stays in the log: write no number here."
        ),
    )


@admin.register(Reveal)
class RevealAdmin(Scoped, ReadOnly, CappedList, ModelAdmin):
    """The log: nobody adds to it by hand, alters it or deletes from it."""

    list_display = ["created_at", "officer", "lead_link", "field_of", "reason", "words", "ip_address"]
    list_display_links = None
    list_select_related = ["officer", "lead"]
    list_filter = [("officer", SeenDropdownFilter), ("reason", ChoicesDropdownFilter)]
    when_empty = _("Nobody has seen personal data unmasked yet.")

    @admin.display(description=_("Lead"))
    def lead_link(self, reveal: Reveal) -> SafeString:
        return link(page_url(Lead, reveal.lead_id), reveal.lead.reference)

    @admin.display(description=_("What"))
    def field_of(self, reveal: Reveal) -> str:
        return f"{spoken(reveal.record)}: {spoken(reveal.field)}"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(fresh_factor(self.ask_view))
        place = "<slug:record>/<uuid:record_id>/<slug:field>/"
        return [path(place, view, name="leadops_reveal_ask"), *super().get_urls()]

    def ask_view(self, request: HttpRequest, record: str, record_id: UUID, field: str) -> HttpResponse:
        """Ask why; once a reason is given show the value, in an answer that is kept nowhere."""
        officer = officer_of(request)
        if not may_reveal(request) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        if (masked := reveals.find(officer, record, record_id, field)) is None:
            raise Http404
        form = RevealForm(request.POST if request.method == "POST" else None)
        shown: dict[str, Any] = {"form": form}
        if form.is_valid():
            try:
                shown["value"] = reveals.reveal(
                    masked, officer, Why(**form.cleaned_data, ip_address=client_address(request))
                )
            except TooManyReveals as refusal:
                form.add_error(None, refusal.shown)
        return self._page(request, masked, shown)

    def _page(self, request: HttpRequest, masked: Masked, shown: dict[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reveal %(field)s") % {"field": masked.label},
            "opts": self.opts,
            "masked": masked,
            "lead_url": page_url(Lead, masked.lead.pk),
            "left": reveals.left_for(officer_of(request)),
            "most": reveals.MOST,
            **shown,
        }
        return TemplateResponse(request, "admin/leadops/reveal/ask.html", context)
