"""Exports: taking out the leads that a list shows, watching it, fetching the workbook; and the log of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldBooleanSwitchWidget

from leadops.admin import chosen
from leadops.admin.chosen_leads import chosen_leads
from leadops.admin.downloads import downloaded
from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip, counted, with_pace
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList, capped_counts, in_words
from leadops.admin.reasons import ReasonForm
from leadops.admin.scoped import Scoped, SeenAutocompleteFilter, SeenDropdownFilter
from leadops.client_address import client_address
from leadops.errors import LeadopsError
from leadops.models import AuditEvent, Export, Lead
from leadops.services import audit, exports
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MAY_EXPORT = "leadops.add_export"
MAY_SEE_WHOLE = "leadops.export_unmasked"
TONES: dict[str, str] = {
    Export.State.QUEUED: "busy",
    Export.State.RUNNING: "busy",
    Export.State.DONE: "good",
    Export.State.FAILED: "bad",
}


class Exported(ModelAdmin):
    """Mixed into the admin of leads: its list offers what it shows as a workbook."""

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_EXPORT)

    @admin.action(description="Export…", permissions=["export"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return HttpResponseRedirect(chosen.url_of("admin:leadops_export_start", "lead", queryset))


class StartForm(ReasonForm):
    """Why, and for those who may take personal data out as it is, whether they want it so."""

    whole = forms.BooleanField(
        label=_("Unmasked"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_(
            "PAN, account, document and tax numbers, mobiles, e-mail and other addresses, dates of birth as they are."
        ),
    )

    def __init__(self, *args: Any, may_see_whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_see_whole:
            del self.fields["whole"]


@admin.register(Export)
class ExportAdmin(Scoped, ReadOnly, CappedList, ModelAdmin):
    """The log: nobody adds to it by hand, alters it or deletes from it."""

    list_display = [
        "what",
        "who",
        "shown_state",
        "leads",
        "shown",
        "reason",
        "road",
        "ip_address",
        "created_at",
    ]
    list_display_links = ["what"]
    list_select_related = ["officer", "partner"]
    list_filter = [
        ("officer", SeenDropdownFilter),
        ("partner", SeenAutocompleteFilter),
        ("shown", ChoicesDropdownFilter),
        ("road", ChoicesDropdownFilter),
    ]
    fields = ["what"]
    when_empty = "Begin one in the list of leads, with “Export these leads…”."

    class Media:
        js = ["leadops/progress.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        return super().get_queryset(request).defer("chosen", "taken").select_related("officer", "partner")

    @admin.display(description="Who")
    def who(self, export: Export) -> str:
        return f"{export.partner}, {_('key')} {export.key_prefix}…" if export.partner else str(export.officer)

    @admin.display(description="State")
    def shown_state(self, export: Export) -> SafeString:
        return chip(TONES[export.state], export.get_state_display())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        export = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if export is not None and self.has_view_permission(request, export):
            shown = {"export": export, "tone": TONES[export.state], "who": self.who(export)}
            shown |= {"progress": with_pace(exports.progress(export)), "mine": _may_fetch(request, export)}
            shown |= {"title": gettext("Export"), "subtitle": None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    # Own views -----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name, fetched = "leadops_export_", fresh_factor(self.download_view, reading=True)
        own = [
            path("start/", view(fresh_factor(self.start_view)), name=name + "start"),
            path("<uuid:key>/progress/", view(self.progress_view), name=name + "progress"),
            path("<uuid:key>/download/", view(fetched), name=name + "download"),
        ]
        return own + super().get_urls()

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Say what would go out, ask why and whether masked, and begin."""
        lead_admin = self.admin_site.get_model_admin(Lead)
        if not request.user.has_perm(MAY_EXPORT) or not lead_admin.has_view_permission(request):
            raise PermissionDenied
        choice = chosen_leads(self.admin_site, request)
        may_see_whole = request.user.has_perm(MAY_SEE_WHOLE)
        form = StartForm(request.POST if request.method == "POST" else None, may_see_whole=may_see_whole)
        if form.is_valid():
            try:
                export = exports.order(choice.records, _asked(request, choice.what, form.cleaned_data))
                self.log_addition(
                    request, export, f"{counted(export.leads, Lead)}, {export.get_shown_display()}"
                )
                return HttpResponseRedirect(page_url(Export, export.pk))
            except LeadopsError as refusal:
                form.add_error(None, refusal.shown)
        [count] = capped_counts({"leads": choice.records}).values()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Export leads"),
            "opts": self.opts,
        }
        context |= {"form": form, "choice": choice, "count": in_words(count), "may_see_whole": may_see_whole}
        return TemplateResponse(request, "admin/leadops/export/start.html", context)

    def progress_view(self, request: HttpRequest, key: UUID) -> JsonResponse:
        return JsonResponse(with_pace(exports.progress(self.to_view(request, key))))

    def download_view(self, request: HttpRequest, key: UUID) -> HttpResponse | FileResponse:
        """The workbook, for who ordered it and still may, and nobody else."""
        export: Export = self.to_view(request, key)
        if not _may_fetch(request, export):
            raise PermissionDenied
        try:
            file = export.file.open("rb") if export.can_be_fetched else None
        except FileNotFoundError:
            file = None
        if file is None:
            words = _("This workbook is no longer kept: export the leads again.")
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(page_url(Export, key))
        audit.note(
            AuditEvent.Action.EXPORT_TAKEN, export, export.reason, leads=export.leads, shown=export.shown
        )
        return downloaded(file, f"leads-{localdate(export.created_at)}.xlsx")


def _asked(request: HttpRequest, what: str, given: Mapping[str, Any]) -> Export:
    return Export(
        road=Export.Road.ADMIN,
        officer=officer_of(request),
        ip_address=client_address(request),
        what=what,
        reason=given["reason"],
        shown=Export.Shown.WHOLE if given.get("whole") else Export.Shown.MASKED,
    )


def _may_fetch(request: HttpRequest, export: Export) -> bool:
    """Whether it is the user's own, and they may still take out what is in it."""
    needed = {MAY_EXPORT, MAY_SEE_WHOLE} if export.shown == Export.Shown.WHOLE else {MAY_EXPORT}
    return export.officer == request.user and request.user.has_perms(needed)
