"""The rows of an import: what became of them, one by one, and mending those that were refused."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadops import masking
from leadops.admin.import_steps import ImportSteps
from leadops.admin.markup import chip
from leadops.admin.page_urls import page_url
from leadops.errors import LeadopsError
from leadops.excel.columns import NAME_PATHS, Column
from leadops.excel.content import masked, quoted, to_mend
from leadops.excel.sheet_header import SheetHeader, letters, position
from leadops.ids import uuid_in
from leadops.languages.said import said
from leadops.models import ImportBatch, ImportRow
from leadops.services import import_mending, import_undoing
from leadops.services.import_judging import WITH_ITS_LEAD, headers_of
from leadops.sign_in.sessions import officer_of

ROWS_A_PAGE, MENDED_A_PAGE = 50, 20
Outcome = ImportRow.Outcome
STAYED = "stayed"
"""Chosen in place of an outcome: what an undoing left."""
_STAYED = Q(problems__contains=[{"code": import_undoing.STAYED_CODE}])
_WITH_ITS_LEAD = Q(problems__contains=[{"code": WITH_ITS_LEAD}])
TONES: dict[str, str] = {
    Outcome.CREATED: "good",
    Outcome.UPDATED: "good",
    Outcome.SKIPPED: "calm",
    Outcome.FAILED: "bad",
    Outcome.WAITING: "busy",
}


class ImportRowPages(ImportSteps):
    """Mixed into the admin of imports: the lists of their rows, the page of one, and the page that mends."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<uuid:batch_id>/mend/", view(self.mend_view), name="leadops_importbatch_mend"),
            path("row/<uuid:row_id>/", view(self.row_view), name="leadops_importbatch_row"),
        ]
        return own + super().get_urls()

    def rows_context(self, request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
        """One page of the rows with the chosen outcome, and how many there are of each."""
        outcomes = _outcomes(batch)
        given = request.GET.get("outcome", "")
        chosen = given if given in (*Outcome.values, STAYED) else _first_of(outcomes)
        found = batch.import_rows.order_by(*_order(batch)).select_related("lead")
        found = found.filter(_STAYED) if chosen == STAYED else found.filter(outcome=chosen)
        page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page", "1"))
        rows = _listed(batch, page)
        return {"outcomes": outcomes, "outcome": chosen, "rows_page": page, "rows": rows}

    # One row -------------------------------------------------------------------------------------------------

    def row_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """A row of a file with what became of it: its lead, and what vendors said of that."""
        row = get_object_or_404(ImportRow.objects.select_related("lead"), pk=row_id)
        batch: ImportBatch = self.to_view(request, row.batch_id)
        cells = json.loads(row.cells) if row.cells else []
        header = headers_of(batch).of(row.sheet)
        shown = {
            "row": row,
            "chip": chip(TONES[row.outcome], row.get_outcome_display()),
            "cells": _masked(header, cells),
            "problems": row.problems,
            "panels": self.row_panels(request, row) if row.lead else [],
        }
        place = _("Row %(number)s of %(file)s") % {"number": row.number, "file": batch.file_name}
        return self.page(request, "row", batch, place, shown)

    def row_panels(self, request: HttpRequest, row: ImportRow) -> list[SafeString]:
        """More parts of the page of a row that became a lead, from other apps."""
        return []

    # Mending -------------------------------------------------------------------------------------------------

    def mend_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """Refused rows, of which the broken cells can be typed anew."""
        batch = self.to_steer(request, batch_id)
        if not batch.takes_rows:
            return HttpResponseRedirect(page_url(ImportBatch, batch.pk))
        sent = _sent(request) if request.method == "POST" else {}
        if sent and self._mended(request, batch, sent):
            here = reverse("admin:leadops_importbatch_mend", args=[batch.pk])
            return HttpResponseRedirect(f"{here}?page={_number(request)}")
        found = batch.import_rows.filter(outcome=Outcome.FAILED).exclude(_WITH_ITS_LEAD)
        found = found.order_by(*_order(batch))
        page = Paginator(found, MENDED_A_PAGE).get_page(_number(request))
        headers = headers_of(batch)
        shown = {"rows_page": page, "rows": [_to_mend(headers.of(row.sheet), row) for row in page]}
        title = _("Mend refused rows of %(file)s") % {"file": batch.file_name}
        return self.page(request, "mend", batch, title, shown)

    def _mended(self, request: HttpRequest, batch: ImportBatch, sent: dict[UUID, dict[str, str]]) -> bool:
        try:
            outcomes = import_mending.mend(batch, sent, officer_of(request))
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.ERROR)
            return False
        level = messages.WARNING if outcomes[Outcome.FAILED] else messages.SUCCESS
        self.message_user(request, _in_words(outcomes), level)
        return True


def _order(batch: ImportBatch) -> list[str]:
    """As the rows stand in the file; rows of several sheets lead by lead."""
    return ["lead_row", "pk"] if batch.sheets else ["number"]


def _number(request: HttpRequest) -> str:
    return request.GET.get("page", "1") if request.GET.get("page", "1").isdecimal() else "1"


def _sent(request: HttpRequest) -> dict[UUID, dict[str, str]]:
    """The cells that were changed, by row and column letter; the page sends each beside what it showed."""
    changes: dict[UUID, dict[str, str]] = defaultdict(dict)
    masks = 0
    for name, text in request.POST.items():
        kind, _colon, place = name.partition(":")
        row, _colon, letter = place.partition(":")
        row_id = uuid_in(row)
        if row_id is None or (row_id not in changes and len(changes) == MENDED_A_PAGE):
            continue
        if kind == "again":
            changes[row_id]  # as it is
        elif kind == "cell" and request.POST.get(f"was:{place}") != text:
            if masking.is_masked(str(text)):
                masks += 1
            else:
                changes[row_id][letter] = str(text)
    if masks:
        messages.error(request, _("Type the whole new value; the masked digits can't be kept."))
    return changes


def _in_words(outcomes: Counter[str]) -> str:
    names = {
        Outcome.CREATED: _("became leads"),
        Outcome.UPDATED: _("changed leads"),
        Outcome.SKIPPED: _("were left out"),
        Outcome.FAILED: _("still can't be taken"),
    }
    told = [f"{outcomes[each]} {words}" for each, words in names.items() if outcomes[each]]
    return f"{_('Rows')}: {', '.join(told)}." if told else _("Nothing was changed.")


def _to_mend(header: SheetHeader, row: ImportRow) -> dict[str, Any]:
    cells = json.loads(row.cells or "[]")
    broken = import_mending.broken_letters(row, header.cells)
    errors = [each for each in row.problems if each["severity"] == "error"]
    inputs = [
        {
            "letter": letter,
            "header": header.cells[at],
            "value": to_mend(_value(cells, at), _column(header, at), bool(reasons)),
            "reasons": reasons,
        }
        for letter in broken
        for at in [position(letter)]
        for reasons in [[said(each["message"]) for each in errors if each["letter"] == letter]]
    ]
    others = [each for each in _masked(header, cells) if each["letter"] not in broken]
    who = " ".join(each["value"] for each in others if _is_of_a_name(header, each["letter"]))
    elsewhere = [said(each["message"]) for each in errors if not each["letter"]]
    return {"row": row, "who": who, "inputs": inputs, "others": others, "elsewhere": elsewhere}


def _is_of_a_name(header: SheetHeader, letter: str) -> bool:
    column = _column(header, position(letter))
    return column is not None and column.path in NAME_PATHS


def _masked(header: SheetHeader, cells: list[str]) -> list[dict[str, str]]:
    """The filled cells as they may be shown."""
    return [
        {"letter": letters(at), "header": header.cells[at], "value": masked(text, header.columns[at])}
        for at, text in enumerate(cells[: len(header.cells)])
        if text.strip()
    ]


def _outcomes(batch: ImportBatch) -> list[dict[str, Any]]:
    """How many rows had which outcome, to choose between their lists; what few imports have shows only there."""
    counts: dict[str, tuple[str, int]] = {
        Outcome.FAILED: (Outcome.FAILED.label, batch.failed),
        Outcome.CREATED: (Outcome.CREATED.label, batch.created),
        Outcome.UPDATED: (Outcome.UPDATED.label, batch.updated),
        Outcome.SKIPPED: (Outcome.SKIPPED.label, batch.skipped),
        STAYED: (_("Stayed at the undoing"), batch.stayed),
    }
    rare = (Outcome.UPDATED, STAYED)
    return [
        {"value": str(value), "label": label, "count": count}
        for value, (label, count) in counts.items()
        if count or value not in rare
    ]


def _first_of(outcomes: list[dict[str, Any]]) -> str:
    """The outcome whose rows are shown before one is chosen: refused where some are, else the first that has any."""
    return next((each["value"] for each in outcomes if each["count"]), Outcome.FAILED.value)


def _listed(batch: ImportBatch, page: Page[ImportRow]) -> list[dict[str, Any]]:
    """Rows with their problems. Without one there may be no header that is understood."""
    headers = headers_of(batch) if len(page) else None
    return [{"row": row, "problems": _problems(headers.of(row.sheet), row)} for row in page if headers]


def _problems(header: SheetHeader, row: ImportRow) -> list[dict[str, str]]:
    """Each problem with the value of its cell as it may be shown."""
    cells = json.loads(row.cells) if row.cells else []
    places = [position(each["letter"]) for each in row.problems]
    return [
        {**each, "value": quoted(_value(cells, at), _column(header, at))}
        for each, at in zip(row.problems, places, strict=True)
    ]


def _column(header: SheetHeader, at: int) -> Column | None:
    return header.columns[at] if 0 <= at < len(header.columns) else None


def _value(cells: list[str], at: int) -> str:
    return cells[at] if 0 <= at < len(cells) else ""
