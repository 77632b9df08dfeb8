"""Imports: uploading a workbook, watching it, and seeing what became of each row."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget

from leadops.admin.choosing import OnlyChosen
from leadops.admin.condition_filters import AsksFilter, UnderWayFilter
from leadops.admin.downloads import downloaded
from leadops.admin.gates import tell_waiting
from leadops.admin.import_rows import ImportRowPages
from leadops.admin.import_steps import MAY_UNDO, needs_approval
from leadops.admin.making import MadeByService, MadeForm
from leadops.admin.markup import chip, time_left
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.reasons import for_a_reason
from leadops.admin.scoped import SeenAutocompleteFilter
from leadops.client_address import client_address
from leadops.errors import LeadopsError
from leadops.excel import preflight
from leadops.excel.proposals import Proposal
from leadops.models import AuditEvent, ImportBatch, ImportMode, ImportState, Officer
from leadops.services import audit, import_batches, import_previews, import_undoing
from leadops.services.error_workbooks import error_workbook
from leadops.sign_in.fresh import fresh_factor

TONES: dict[str, str] = {
    **dict.fromkeys(ImportBatch.WORKING, "busy"),
    **dict.fromkeys(ImportBatch.ASKING, "warn"),
    ImportState.DONE: "good",
    ImportState.FAILED: "bad",
    ImportState.CANCELLED: "calm",
    ImportState.UNDONE: "calm",
}


class UploadForm(MadeForm):
    file = forms.FileField(
        label=_("Workbook"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.xls,.xlsb,.ods,.csv,.tsv,.txt"}),
        help_text=_(
            "Excel (.xlsx, .xls, .xlsb), .ods, or text (.csv, .tsv, .txt): a header row, and one lead per row below it."
        ),
    )

    class Meta:
        model = ImportBatch
        fields = ["partner", "program", "mode", "file"]
        labels: ClassVar = {"mode": _("Make or change leads")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "mode" in self.fields:
            self.fields["mode"].required = False

    def clean_mode(self) -> str:
        return self.cleaned_data["mode"] or ImportMode.CREATE

    def clean_file(self) -> Any:
        """Refuse what is no workbook while the officer still sees the form."""
        file = self.cleaned_data["file"]
        try:
            preflight.inspect(file)
        except LeadopsError as refusal:
            raise forms.ValidationError(refusal.shown) from None
        file.seek(0)
        return file


@admin.register(ImportBatch)
class ImportBatchAdmin(ImportRowPages, MadeByService, OnlyChosen, CappedList, ModelAdmin):
    """What a workbook brought is not edited: a mended one is uploaded again."""

    when_empty = "Upload a workbook to bring in many leads at once."
    form = UploadForm
    list_display = [
        "file_name",
        "partner",
        "program",
        "shown_state",
        "rows",
        "created",
        "updated",
        "skipped",
        "failed",
        "created_at",
    ]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("partner", SeenAutocompleteFilter),
        AsksFilter,
        UnderWayFilter,
    ]
    fields = ["partner", "program", "mode", "file"]
    compressed_fields = False

    class Media:
        js = ["leadops/progress.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportBatch]:
        found: QuerySet[ImportBatch] = super().get_queryset(request)
        return found.select_related("partner", "program")

    @admin.display(description="State")
    def shown_state(self, batch: ImportBatch) -> SafeString:
        return chip(TONES[batch.state], batch.get_state_display())

    # Uploading -----------------------------------------------------------------------------------------------

    def make(self, form: UploadForm, officer: Officer) -> ImportBatch:
        given = form.cleaned_data
        return import_batches.receive(
            given["file"],
            given["file"].name,
            partner=given["partner"],
            program=given["program"],
            mode=given["mode"],
            uploaded_by=officer,
            road=ImportBatch.Road.DESK,
            review=True,
        )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        shown = {"title": gettext("Upload a workbook"), **(extra_context or {})}
        return super().add_view(request, form_url, shown)

    def response_add(
        self, request: HttpRequest, obj: ImportBatch, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(page_url(ImportBatch, obj.pk))

    # The page of a batch -------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        batch = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if batch is not None and self.has_view_permission(request, batch):
            if batch.state == ImportState.MAPPING and self.may_steer(request):
                return HttpResponseRedirect(reverse("admin:leadops_importbatch_columns", args=[batch.pk]))
            shown = {"batch": batch, "progress": self._progress(batch), "tone": TONES[batch.state]}
            may_undo = request.user.has_perm(MAY_UNDO) and import_undoing.may_be_undone(batch)
            shown |= {"may_steer": self.may_steer(request), "may_undo": may_undo}
            why_not = import_undoing.why_in_vain(batch) if may_undo else ""
            shown["in_vain"] = gettext(why_not) if why_not else ""
            shown |= {"preview": import_previews.shown(batch), "title": batch.file_name, "subtitle": None}
            shown["needs_approval"] = needs_approval(batch)
            shown["beside"] = Proposal.of(batch.proposal).beside
            shown |= self.rows_context(request, batch)
            tell_waiting(request, "leadops.importbatch", [str(batch.pk)])
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        errors = fresh_factor(self.errors_view)  # what was refused goes out unmasked
        own = [
            path("<uuid:batch_id>/progress/", view(self.progress_view), name="leadops_importbatch_progress"),
            path("<uuid:batch_id>/errors/", view(errors), name="leadops_importbatch_errors"),
        ]
        return own + super().get_urls()

    def progress_view(self, request: HttpRequest, batch_id: UUID) -> JsonResponse:
        return JsonResponse(self._progress(self.to_view(request, batch_id)))

    @staticmethod
    def _progress(batch: ImportBatch) -> dict[str, Any]:
        """How far it is, also in words; `finished` when the page shows something else now."""
        said = import_batches.progress(batch)
        rate = said["rate"] or 0
        words = [_("%(count)s rows a second") % {"count": f"{rate:,.0f}"}] if rate >= 1 else []
        words += [left] if (left := time_left(said["seconds_left"])) else []
        return {
            **said,
            "pace": ", ".join(["", *words]),
            "state_label": batch.get_state_display(),
            "finished": not batch.works,
        }

    def errors_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
        """The refused rows as a workbook to mend and upload again, for who may do that: it holds them unmasked."""
        batch = self.to_steer(request, batch_id)
        what = gettext("The refused rows of %(file)s") % {"file": batch.file_name}
        back = page_url(ImportBatch, batch.pk)
        return for_a_reason(request, what, back, partial(self._errors_of, request, batch))

    def _errors_of(self, request: HttpRequest, batch: ImportBatch, reason: str) -> FileResponse:
        stem = batch.file_name.rpartition(".")[0] or batch.file_name
        file = error_workbook(batch)
        where = client_address(request) or "an address that is not known"
        self.log_change(request, batch, f"{batch.failed} refused rows downloaded unmasked, from {where}.")
        audit.note(AuditEvent.Action.DOWNLOADED, batch, reason, rows=batch.failed)
        return downloaded(file, f"{stem}-refused.xlsx")
