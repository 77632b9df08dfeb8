"""The workbook of refused rows, mended and uploaded again: its rows take the place of the refused ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import F

from leadops import statements
from leadops.excel.columns import ROW_HEADER
from leadops.models import ImportBatch, ImportRow, RowProblem
from leadops.services.import_judging import Result, SheetRow, row_note
from leadops.services.insertion import in_json

Outcome = ImportRow.Outcome
MENDED_CODE = "mended_by_upload"
_ID_LENGTH = 12
_SHEET = re.compile(r"Refused rows ([0-9a-f]{12})")
_OWN = (
    "SELECT id FROM leadops_importbatch WHERE partner_id = %s AND program_id = %s AND id <> %s"
    " AND right(id::text, 12) = %s"
)
# The note says what happened to the row; what was wrong with it stays to be read.
_REPLACE = """
UPDATE leadops_importrow AS kept SET outcome = new.outcome, lead_id = new.lead_id, updated_at = clock_timestamp(),
    problems = (
        SELECT coalesce(jsonb_agg(one || '{"severity": "warning"}'), '[]') FROM jsonb_array_elements(kept.problems) one
    ) || new.note::jsonb
FROM unnest(%s::text[], %s::int[], %s::text[], %s::uuid[], %s::text[]) AS new (sheet, number, outcome, lead_id, note)
WHERE kept.batch_id = %s AND kept.number = new.number AND kept.outcome = 'failed'
AND CASE WHEN kept.sheet = ANY(%s) THEN kept.sheet ELSE '' END = new.sheet RETURNING new.outcome
"""


def sheet_name(batch: ImportBatch) -> str:
    """What the sheet of a batch's refused rows is called, so that it is known when it comes back."""
    return f"Refused rows {str(batch.pk)[-_ID_LENGTH:]}"


def mended_batch(batch: ImportBatch, sheet: str, headers: Sequence[str]) -> ImportBatch | None:
    """The import whose refused rows this sheet brings again; None when it is an ordinary workbook."""
    named = _SHEET.fullmatch(sheet)
    if named is None or ROW_HEADER not in headers:
        return None
    found = statements.rows(_OWN, [batch.partner_id, batch.program_id, batch.pk, named[1]])
    return ImportBatch.objects.get(pk=found[0][0]) if len(found) == 1 else None


def replace(batch: ImportBatch, results: Iterable[Result]) -> None:
    """Give the refused rows that these results mend their new outcome, and count them anew, in one transaction."""
    mended = {
        place: (each.outcome, each.lead_id, in_json([_note(batch, row)]))
        for each in results
        if each.lead_id is not None and each.outcome != Outcome.WAITING
        for row, _ in each.rows()
        if (place := _mends(batch, row)) is not None
    }
    if not mended or batch.mends_id is None:
        return
    list(
        ImportBatch.objects.select_for_update().filter(pk=batch.mends_id).values_list("pk")
    )  # batch, then rows
    outcomes, leads, notes = [list(column) for column in zip(*mended.values(), strict=True)]
    sheets, numbers = [list(column) for column in zip(*mended, strict=True)]
    given = [sheets, numbers, outcomes, leads, notes, batch.mends_id, list(batch.sheets)]
    done = statements.rows(_REPLACE, given)
    move(batch.mends_id, Counter(outcome for (outcome,) in done))


def move(batch_id: UUID, outcomes: Counter[str]) -> None:
    """Count rows of a batch that were refused under what they are now."""
    now = {outcome: count for outcome, count in outcomes.items() if outcome != Outcome.FAILED}
    if now:
        added = {outcome: F(outcome) + count for outcome, count in now.items()}
        ImportBatch.objects.filter(pk=batch_id).update(failed=F("failed") - sum(now.values()), **added)


def _mends(batch: ImportBatch, row: SheetRow) -> tuple[str, int] | None:
    """Which refused row this one brings again: its sheet, empty for that of the leads, and its number there."""
    sheet = row.sheet if row.sheet in batch.sheets else ""
    columns = batch.sheets.get(sheet, batch.columns)
    at = columns.index(ROW_HEADER) if ROW_HEADER in columns else len(row.cells)
    text = row.cells[at] if at < len(row.cells) else ""
    return (sheet, int(text)) if text.isdecimal() and len(text) < 8 else None


def _note(batch: ImportBatch, row: SheetRow) -> RowProblem:
    where = f" of sheet {row.sheet}" if row.sheet in batch.sheets else ""
    return row_note(MENDED_CODE, f"Mended by row {row.number}{where} of {batch.file_name}.")
