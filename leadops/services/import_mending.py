"""Refused rows corrected in the browser: checked by the import's rules; what is right becomes a lead at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction

from leadops import statements
from leadops.errors import NotInThisState
from leadops.excel import notes
from leadops.excel.columns import REASON_HEADER, ROW_HEADER
from leadops.excel.header import Header
from leadops.excel.sheet_header import letters, position
from leadops.excel.sheets import REFERENCE
from leadops.fields import place
from leadops.literals import in_json
from leadops.models import ImportBatch, ImportRow, Layout, Officer, RowProblem
from leadops.sealing import seal
from leadops.services import import_corrections, import_rows
from leadops.services.import_judging import SheetRow, headers_of, opened, row_note
from leadops.services.partners import refuse_inactive
from leadops.validation import tidied

Outcome = ImportRow.Outcome
LONGEST_CELL = 5000
MENDED_CODE = "mended_here"
# With the rows beside them that are of the same leads.
_ROWS = """
SELECT id, sheet, number, lead_row, cells, problems FROM leadops_importrow WHERE batch_id = %s AND outcome = 'failed'
AND lead_row IN (SELECT lead_row FROM leadops_importrow WHERE batch_id = %s AND id = ANY(%s))
ORDER BY lead_row, number FOR UPDATE
"""
_KEEP = "UPDATE leadops_importrow SET cells = %s, problems = problems || %s::jsonb WHERE id = %s"


def broken_letters(row: ImportRow, columns: Sequence[str]) -> list[str]:
    """The columns in which this row has an error, from left to right: what may be mended of it.

    All of the file's `columns` where its cells have run out of them: then each may stand in the wrong one.
    """
    if any(_is_of_whole_row(each) for each in row.problems):
        return [letters(at) for at, name in enumerate(columns) if name not in (ROW_HEADER, REASON_HEADER)]
    found = {each["letter"] for each in row.problems if each["severity"] == "error" and each["letter"]}
    return sorted(found, key=position)


def _is_of_whole_row(problem: RowProblem) -> bool:
    """Whether reading the file found that the row as a whole can't be taken."""
    return problem["severity"] == "error" and not problem["letter"] and problem["code"] in notes.CODES


def mend(
    batch: ImportBatch, changes: Mapping[UUID, Mapping[str, str]], officer: Officer | None
) -> Counter[str]:
    """Put new texts into the broken cells of refused rows, by their columns' letters, and judge those rows again.

    Other cells than the broken ones stay as they were. Returns how many of the leads' rows have which outcome now.
    Raises NotInThisState, or TakesNoLeads when partner or program is inactive by now.
    """
    with transaction.atomic():
        found = ImportBatch.objects.select_for_update(of=("self",)).select_related(
            "partner", "program", "uploaded_by"
        )
        batch = found.get(pk=batch.pk)
        if not batch.takes_rows:
            raise NotInThisState("Rows can be mended once the import is done, and not after it was undone.")
        refuse_inactive(batch.partner, batch.program)
        headers = headers_of(batch)
        broken = {
            row.pk: broken_letters(row, import_corrections.columns_of(batch, row.sheet))
            for row in batch.import_rows.filter(pk__in=changes).defer("cells")
        }
        outcomes: Counter[str] = Counter()
        rows = [opened(*row) for row in statements.rows(_ROWS, [batch.pk, batch.pk, list(changes)])]
        rows = [_changed(row, changes.get(row.row_id, {}), broken.get(row.row_id, [])) for row in rows]
        # One lead after the other, in the one transaction: of several at once a row that repeats another would be left
        # waiting for the next chunk, and an import that is done has none.
        for of_one_lead in _leads(batch, headers.leads, rows):
            clean = [
                row._replace(cells=headers.of(row.sheet).without_hidden_numbers(row.cells))
                for row in of_one_lead
            ]
            results = import_rows.judge(headers.leads, batch, clean)
            import_rows.settle(headers.leads, batch, results)
            import_rows.write(results)
            outcomes.update(import_rows.counted(results))
            _keep([row for row in clean if row.row_id in changes], results[0].outcome, officer)
        import_corrections.move(batch.pk, Counter(outcomes))
    return outcomes


def _leads(batch: ImportBatch, header: Header, rows: Sequence[SheetRow]) -> Iterable[list[SheetRow]]:
    """The rows of each lead; those that only a damaged reference made one lead are several when it is mended."""
    leads: dict[tuple[int, str], list[SheetRow]] = {}
    for row in rows:
        said = tidied(header.text_at(REFERENCE.path, row.cells)) if batch.layout == Layout.GROUPED else ""
        leads.setdefault((row.lead_row, said), []).append(row)
    return leads.values()


def _changed(row: SheetRow, texts: Mapping[str, str], broken: list[str]) -> SheetRow:
    cells = list(row.cells)
    for letter, text in texts.items():
        if letter in broken:
            at = position(letter)
            cells += [""] * (at + 1 - len(cells))
            cells[at] = text.strip()[:LONGEST_CELL]
    edited = texts.keys() & set(broken)
    places = set(map(position, edited))
    noted = [left for each in row.noted if (left := _left_of(each, row, places, cells))]
    if edited:  # which of all its cells needed it was for the officer to see
        noted = [each for each in noted if not _is_of_whole_row(each)]
    return row._replace(cells=cells, noted=noted)


def _left_of(note: RowProblem, row: SheetRow, edited: set[int], now: Sequence[str]) -> RowProblem | None:
    """What still holds of a note whose cells may have been edited."""
    if left := notes.without(note, edited, row.number):
        return left
    at, *more = notes.places(note["letter"])
    is_same = not more and at < len(row.cells) and notes.still_holds(note["code"], row.cells[at], now[at])
    return note if is_same else None


def _keep(rows: list[SheetRow], outcome: str, officer: Officer | None) -> None:
    """Keep the cells as they are now; a row that is in says who mended it."""
    note = []
    if outcome != Outcome.FAILED:
        note.append(row_note(MENDED_CODE, f"Mended in the browser by {officer or 'nobody known'}."))
    with connection.cursor() as cursor:
        for row in rows:
            sealed = seal(in_json(row.cells), place(ImportRow, "cells", row.row_id))
            cursor.execute(_KEEP, [sealed, in_json(note), row.row_id])
