"""The workbook of refused rows, mended and uploaded again: its rows take the place of the refused ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from leadops import statements
from leadops.excel.columns import ROW_HEADER
from leadops.excel.header_row import Table
from leadops.literals import in_json
from leadops.models import ImportBatch, ImportRow, RowProblem
from leadops.services.import_duplicates import MERGED, MERGED_ROW
from leadops.services.import_judging import Result, SheetRow, opened, row_note
from leadops.services.import_updates import UNCHANGED

Outcome = ImportRow.Outcome
MENDED_CODE = "mended_by_upload"
GIVEN_BACK_CODE = "mending_undone"
MENDED_BEFORE_CODE = "mended_before"
MENDED_BEFORE = "Row {number}{sheet} of {file} is not refused any more; this row was left out."
_NOTHING_LEFT = {UNCHANGED.code, "duplicate_lead", MERGED, MERGED_ROW, MENDED_BEFORE_CODE}
"""Why rows are left out of which there is nothing more to bring."""
MOST_GENERATIONS = 50
"""An error workbook of an error workbook of…: nobody mends one file so often."""
_OWN = (
    "SELECT id FROM leadops_importbatch WHERE partner_id = %s AND program_id = %s AND id <> %s"
    " AND right(id::text, 12) = %s"
)
_AT = """
SELECT outcome, lead_id, id, sheet, number, lead_row, cells, problems FROM leadops_importrow
WHERE batch_id = %s AND number = ANY(%s)
"""
# The note says what happened to the row; what was wrong with it stays to be read, and comes back with an undoing.
_REPLACE = """
UPDATE leadops_importrow AS kept SET outcome = new.outcome, lead_id = new.lead_id, updated_at = clock_timestamp(),
    problems = (
        SELECT coalesce(jsonb_agg(
            one || '{"severity": "warning"}' || jsonb_build_object('was', coalesce(one->'was', one->'severity'))
        ), '[]') FROM jsonb_array_elements(kept.problems) one
    ) || new.note::jsonb
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[]) AS new (id, outcome, lead_id, note)
WHERE kept.id = new.id AND kept.outcome = 'failed' RETURNING new.outcome
"""
_GIVE_BACK = """
UPDATE leadops_importrow AS kept SET outcome = 'failed', lead_id = NULL, updated_at = clock_timestamp(),
    problems = (
        SELECT coalesce(jsonb_agg(
            (one - 'was') || jsonb_build_object('severity', coalesce(one->'was', one->'severity'))
        ), '[]') FROM jsonb_array_elements(kept.problems) one WHERE one->>'code' <> 'mended_by_upload'
    ) || %s::jsonb
FROM (
    SELECT id, outcome FROM leadops_importrow
    WHERE batch_id = ANY(%s) AND lead_id = ANY(%s) AND problems @> '[{"code": "mended_by_upload"}]'
) was WHERE kept.id = was.id RETURNING kept.batch_id, was.outcome
"""
Place = tuple[str, int]
"""A sheet, empty for that of the leads, and a row's number there."""


def mended_batch(batch: ImportBatch, table: Table) -> ImportBatch | None:
    """The import whose refused rows this table brings again; None when it is an ordinary workbook."""
    if not table.mark or ROW_HEADER not in table.names:
        return None
    found = statements.rows(_OWN, [batch.partner_id, batch.program_id, batch.pk, table.mark])
    mended = ImportBatch.objects.get(pk=found[0][0]) if len(found) == 1 else None
    return mended if mended is not None and mended.takes_rows else None


# Before they are judged --------------------------------------------------------------------------------------


def lock(batch: ImportBatch) -> list[UUID]:
    """Have nobody else mend the refused rows that `batch` brings again, until the transaction ends; their imports' ids.

    It goes before all other locks than that of `batch` itself, the last import first.
    """
    ids: list[UUID] = []
    mended_id = batch.mends_id
    while mended_id is not None and len(ids) < MOST_GENERATIONS:
        ids.append(mended_id)
        held = ImportBatch.objects.select_for_update().filter(pk=mended_id)
        mended_id = held.values_list("mends_id", flat=True).first()
    return ids


class Brought(NamedTuple):
    """A row that stands in a refused one's place: `row` is that one, `mended` whether it is refused no more."""

    batch: ImportBatch
    row: SheetRow
    lead_id: UUID | None
    mended: bool


def brought(batch: ImportBatch, rows: Sequence[SheetRow]) -> dict[UUID, list[Brought]]:
    """For each of `rows`, by its id, the refused rows that it brings again: of the last import, and of those before."""
    found: dict[UUID, list[Brought]] = {}
    of_row = {row.row_id: row for row in rows}
    for _ in range(MOST_GENERATIONS):
        mended = ImportBatch.objects.filter(pk=batch.mends_id).first() if batch.mends_id else None
        if mended is None or not mended.takes_rows:
            break
        theirs = _theirs(mended, {key: place for key, row in of_row.items() if (place := _mends(batch, row))})
        for key, each in theirs.items():
            found.setdefault(key, []).append(each)
        batch, of_row = mended, {key: each.row for key, each in theirs.items() if not each.mended}
    return found


def _theirs(mended: ImportBatch, places: Mapping[UUID, Place]) -> dict[UUID, Brought]:
    known: dict[Place, Brought] = {}
    numbers = [number for _, number in places.values()]
    for outcome, lead_id, row_id, sheet, number, lead_row, cells, problems in statements.rows(
        _AT, [mended.pk, numbers]
    ):
        row = SheetRow(row_id, sheet, number, lead_row, [], [])
        is_mended = outcome != Outcome.FAILED  # then its cells are of no use, or gone
        if not is_mended:
            row = opened(row_id, sheet, number, lead_row, cells, problems)
        known[_sheet_in(mended, row), row.number] = Brought(mended, row, lead_id, is_mended)
    return {key: known[place] for key, place in places.items() if place in known}


def leave_out(
    results: Iterable[Result], found: Mapping[UUID, list[Brought]], foreseen: Collection[UUID] = ()
) -> None:
    """Leave out what is mended already, so that no lead is made twice of one row; of two rows of a chunk, one waits.

    `foreseen`: refused rows that count as mended too.
    """
    taken: set[UUID] = set()
    for result in results:
        of_result = [each for row, _ in result.rows() for each in found.get(row.row_id, ())]
        if mended := next((each for each in of_result if each.mended or each.row.row_id in foreseen), None):
            where = f" of sheet {mended.row.sheet}" if mended.row.sheet in mended.batch.sheets else ""
            words = MENDED_BEFORE.format(number=mended.row.number, sheet=where, file=mended.batch.file_name)
            result.leave(Outcome.SKIPPED, row_note(MENDED_BEFORE_CODE, words), mended.lead_id)
        elif result.outcome in (Outcome.CREATED, Outcome.UPDATED):
            theirs = {each.row.row_id for each in of_result}
            if taken & theirs:
                result.leave(Outcome.WAITING)
            taken |= theirs


# Once they have their results --------------------------------------------------------------------------------


def mended_by(batch: ImportBatch, results: Iterable[Result]) -> set[UUID]:
    """The refused rows that these results mend."""
    mending = _mending(results) if batch.mends_id else {}
    found = brought(batch, [row for row, _, _ in mending.values()])
    return {each.row.row_id for refused in found.values() for each in refused}


def replace(batch: ImportBatch, results: Sequence[Result]) -> None:
    """Give the refused rows that these results mend their new outcome, and count them anew, in one transaction."""
    if batch.mends_id is None:
        return
    mending = _mending(results)
    new: dict[UUID, list[tuple[UUID, str, UUID, str]]] = defaultdict(list)
    for key, refused in brought(batch, [row for row, _, _ in mending.values()]).items():
        row, outcome, lead_id = mending[key]
        for each in refused:
            new[each.batch.pk].append((each.row.row_id, outcome, lead_id, in_json([_note(batch, row)])))
    for mended_id, given in new.items():
        done = statements.rows(_REPLACE, [list(column) for column in zip(*given, strict=True)])
        move(mended_id, Counter(outcome for (outcome,) in done))


def _mending(results: Iterable[Result]) -> dict[UUID, tuple[SheetRow, str, UUID]]:
    """The rows that need no mending any more, by their ids."""
    return {
        row.row_id: (row, each.outcome, each.lead_id)
        for each in results
        if each.lead_id is not None and _mends_for_good(each)
        for row, _ in each.rows()
    }


def _mends_for_good(result: Result) -> bool:
    """Whether what the row says is with its lead; one left out for another reason may be put right once more."""
    if result.outcome == Outcome.SKIPPED:
        return any(each["code"] in _NOTHING_LEFT for each in result.problems)
    return result.outcome in (Outcome.CREATED, Outcome.UPDATED)


def give_back(batch: ImportBatch, mended_ids: Sequence[UUID], leads: Sequence[UUID]) -> None:
    """Refuse those rows of earlier imports again that `batch` mended with `leads`, which are being deleted."""
    note = row_note(GIVEN_BACK_CODE, f"Mended by {batch.file_name}, which was undone: it is refused again.")
    rows = statements.rows(_GIVE_BACK, [in_json([note]), list(mended_ids), list(leads)])
    less: dict[UUID, Counter[str]] = defaultdict(Counter)
    for mended_id, outcome in rows:
        less[mended_id][outcome] -= 1
    for mended_id, outcomes in less.items():
        move(mended_id, outcomes)


def move(batch_id: UUID, outcomes: Counter[str]) -> None:
    """Count rows of a batch that were refused under what they are now; those below zero are refused again."""
    now = {outcome: count for outcome, count in outcomes.items() if outcome != Outcome.FAILED}
    if now:
        added = {outcome: F(outcome) + count for outcome, count in now.items()}
        ImportBatch.objects.filter(pk=batch_id).update(failed=F("failed") - sum(now.values()), **added)


def columns_of(batch: ImportBatch, sheet: str) -> list[str]:
    """The headings over the rows of a sheet."""
    columns: list[str] = batch.sheets.get(sheet, batch.columns)
    return columns


def _mends(batch: ImportBatch, row: SheetRow) -> Place | None:
    """Which refused row this one brings again."""
    columns = columns_of(batch, row.sheet)
    at = columns.index(ROW_HEADER) if ROW_HEADER in columns else len(row.cells)
    text = row.cells[at].strip() if at < len(row.cells) else ""
    return (_sheet_in(batch, row), int(text)) if text.isdecimal() and len(text) < 8 else None


def _sheet_in(batch: ImportBatch, row: SheetRow) -> str:
    return row.sheet if row.sheet in batch.sheets else ""


def _note(batch: ImportBatch, row: SheetRow) -> RowProblem:
    where = f" of sheet {row.sheet}" if row.sheet in batch.sheets else ""
    return row_note(MENDED_CODE, f"Mended by row {row.number}{where} of {batch.file_name}.")
