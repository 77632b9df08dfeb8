"""Exports for the tests: leads with everything odd in them, taken out and read back."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from leadops.drafts import LeadDraft
from leadops.excel import reader, sheets
from leadops.models import Export, Lead, Officer, Partner, Program
from leadops.services import exports, leads
from leadops.validation import check_lead, errors_in
from tests import people


def odd_drafts() -> list[LeadDraft]:
    """Leads in which something may get lost on the way through a spreadsheet."""
    plain, formulas, scripts, many, bare = people.drafts(5)
    plain.remarks = "PAN ABCPV0001L a/c 50100012345678,\nalt mob 98111 11111, asha@example.com"
    plain.partner_ref_id, plain.tags = "9800000001", ["call 9822222222"]
    formulas.partner_ref_id, formulas.remarks = "=1+1", '=HYPERLINK("http://evil.example","x")'
    formulas.source, formulas.loan_purpose, formulas.channel = "+cmd", "@SUM(A1)", "-2+3"
    formulas.applicants[0].banks[0].account_no = "000123456789"
    formulas.tags = ["north", "walk-in"]
    scripts.partner_ref_id, scripts.remarks = "00042", 'पहली पंक्ति\nвторая строка & <b>"третья"</b> _x0041_ 😀'
    scripts.applicants[0].name = "Zoë O’Brien-Łukasiewicz श्री"
    scripts.applicants[0].date_of_birth = date(1899, 12, 31)
    scripts.applicants[0].monthly_income = Decimal("99999999999.99")
    second = people.drafts(6)[5].applicants[0]
    many.applicants += [replace(second, is_primary=False, is_authorized_signatory=True, tags=["guarantor"])]
    many.applicants[0].banks += second.banks
    bare.partner_ref_id, bare.applicants = "", []
    drafts = [plain, formulas, scripts, many, bare]
    for draft in drafts:
        assert errors_in(check_lead(draft)) == []
    return drafts


def stored(partner: Partner, program: Program, drafts: Sequence[LeadDraft]) -> list[Lead]:
    return leads.create(drafts, partner=partner, program=program, intake=Lead.Intake.API)


def ordered(officer: Officer, shown: str = Export.Shown.WHOLE, what: str = "All leads") -> Export:
    asked = Export(road=Export.Road.ADMIN, officer=officer, what=what, shown=shown)
    return exports.order(Lead.objects.all(), asked)


def finished(officer: Officer, shown: str = Export.Shown.WHOLE) -> Export:
    """An export of all leads, written."""
    export = ordered(officer, shown)
    exports.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.problem) == (Export.State.DONE, "")
    return export


def copied(export: Export, path: Path) -> Path:
    """Its workbook under a name that spreadsheets know."""
    shutil.copy(export.file.path, path)
    return path


def book(file: Any) -> Any:
    """A workbook, given as its path, its bytes or a file; openpyxl alone would go by the name."""
    content = Path(file).read_bytes() if isinstance(file, str) else file
    return openpyxl.load_workbook(io.BytesIO(content) if isinstance(content, bytes) else content)


def sheets_of(file: Any) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet by their headers."""
    return {sheet.title: _rows(sheet) for sheet in book(file)}


def _rows(sheet: Any) -> list[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def leads_rows(path: Path) -> list[reader.Row]:
    """The rows of its first sheet, as the importer reads them."""
    return [row for row in reader.rows(path) if row.sheet == sheets.LEADS.name]
