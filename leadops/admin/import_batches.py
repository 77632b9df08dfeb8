"""Imports: uploading a workbook, watching it, and seeing what became of each row."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget

from leadops.admin.choosing import OnlyChosen
from leadops.admin.making import MadeByService, MadeForm
from leadops.admin.markup import chip
from leadops.admin.pages import CappedList
from leadops.errors import LeadopsError
from leadops.excel import preflight
from leadops.excel.header import position
from leadops.excel.writer import CONTENT_TYPE
from leadops.models import ImportBatch, ImportRow, Officer
from leadops.services import import_batches
from leadops.services.error_workbooks import error_workbook

ROWS_A_PAGE = 50
Outcome = ImportRow.Outcome
TONES: dict[str, str] = {
    ImportBatch.State.DONE: "good",
    ImportBatch.State.FAILED: "bad",
    ImportBatch.State.QUEUED: "busy",
    ImportBatch.State.READING: "busy",
    ImportBatch.State.IMPORTING: "busy",
}


class UploadForm(MadeForm):
    file = forms.FileField(
        label="Workbook",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.xls,.xlsb,.ods,.csv,.tsv,.txt"}),
        help_text="Excel (.xlsx, .xls, .xlsb), .ods or .csv: a header row, and one lead per row below it.",
    )

    class Meta:
        model = ImportBatch
        fields = ["partner", "program", "file"]

    def clean_file(self) -> Any:
        """Refuse what is no workbook while the officer still sees the form."""
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(f"The file has more than {settings.IMPORT_MAX_BYTES / 1e6:.0f} MB.")
        try:
            preflight.inspect(file)
        except LeadopsError as refusal:
            raise forms.ValidationError(refusal.message) from None
        file.seek(0)
        return file


@admin.register(ImportBatch)
class ImportBatchAdmin(MadeByService, OnlyChosen, CappedList, ModelAdmin):
    """What a workbook brought is not edited: a mended one is uploaded again."""

    form = UploadForm
    list_display = [
        "file_name",
        "partner",
        "program",
        "shown_state",
        "rows",
        "created",
        "skipped",
        "failed",
        "created_at",
    ]
    list_select_related = ["partner", "program"]
    list_filter = [("state", ChoicesDropdownFilter), ("partner", AutocompleteSelectFilter)]
    fields = ["partner", "program", "file"]
    compressed_fields = False

    class Media:
        js = ["leadops/progress.js"]

    @admin.display(description="State")
    def shown_state(self, batch: ImportBatch) -> SafeString:
        return chip(TONES[batch.state], batch.get_state_display())

    # Uploading -----------------------------------------------------------------------------------------------

    def make(self, form: UploadForm, officer: Officer) -> ImportBatch:
        given = form.cleaned_data
        where = {"partner": given["partner"], "program": given["program"]}
        return import_batches.receive(given["file"], given["file"].name, **where, uploaded_by=officer)

    def response_add(
        self, request: HttpRequest, obj: ImportBatch, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:leadops_importbatch_change", args=[obj.pk]))

    # The page of a batch -------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        batch = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if batch is not None and self.has_view_permission(request, batch):
            shown = {"batch": batch, "progress": import_batches.progress(batch), "outcomes": _outcomes(batch)}
            shown |= _rows(batch, request.GET.get("outcome", Outcome.FAILED), request.GET.get("page", "1"))
            shown |= {"title": batch.file_name, "subtitle": None, "tone": TONES[batch.state]}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(
                "<uuid:batch_id>/progress/",
                view(self.progress_view),
                name="leadops_importbatch_progress",
            ),
            path(
                "<uuid:batch_id>/errors/",
                view(self.errors_view),
                name="leadops_importbatch_errors",
            ),
        ]
        return own + super().get_urls()

    def progress_view(self, request: HttpRequest, batch_id: UUID) -> JsonResponse:
        batch = self._to_view(request, batch_id)
        said = import_batches.progress(batch)
        return JsonResponse({**said, "finished": batch.finished, "state_label": batch.get_state_display()})

    def errors_view(self, request: HttpRequest, batch_id: UUID) -> FileResponse:
        """The refused rows as a workbook to mend and upload again."""
        batch = self._to_view(request, batch_id)
        stem = batch.file_name.rpartition(".")[0] or batch.file_name
        file = error_workbook(batch)
        return FileResponse(
            file, as_attachment=True, filename=f"{stem}-refused.xlsx", content_type=CONTENT_TYPE
        )

    def _to_view(self, request: HttpRequest, batch_id: UUID) -> ImportBatch:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(ImportBatch, pk=batch_id)


def _outcomes(batch: ImportBatch) -> list[dict[str, Any]]:
    """How many rows had which outcome, to choose between their lists; no import can update a lead yet."""
    counts = {
        Outcome.FAILED: batch.failed,
        Outcome.CREATED: batch.created,
        Outcome.UPDATED: batch.updated,
        Outcome.SKIPPED: batch.skipped,
    }
    shown = {each: count for each, count in counts.items() if count or each != Outcome.UPDATED}
    return [{"value": each.value, "label": each.label, "count": count} for each, count in shown.items()]


def _rows(batch: ImportBatch, outcome: str, number: str) -> dict[str, Any]:
    """One page of the rows with `outcome`."""
    chosen = outcome if outcome in Outcome.values else Outcome.FAILED.value
    found = batch.import_rows.filter(outcome=chosen).order_by("number")
    page = Paginator(found.select_related("lead"), ROWS_A_PAGE).get_page(number)
    rows = [{"row": row, "problems": _problems(row)} for row in page]
    return {"outcome": chosen, "rows_page": page, "rows": rows}


def _problems(row: ImportRow) -> list[dict[str, str]]:
    """Each problem with the value of its cell, opened from the sealed row."""
    if not row.problems:
        return []
    cells = json.loads(row.cells)
    return [{**each, "value": _value(cells, position(each["letter"]))} for each in row.problems]


def _value(cells: list[str], at: int) -> str:
    return cells[at] if 0 <= at < len(cells) else ""
