"""What reading a file told of its cells, carried to the workbook that brings its refused rows again.

The damage is done: a workbook of ours no longer shows what was merged, swapped or beyond the header. So a cell that
nobody has touched since still counts as it was first read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from leadops.excel.columns import REASON_HEADER, ROW_HEADER
from leadops.excel.notes import placed, places, still_holds, without
from leadops.models import ImportBatch, RowProblem
from leadops.services.import_corrections import Brought, columns_of
from leadops.services.import_judging import SheetRow

_OURS = (ROW_HEADER, REASON_HEADER)
Untouched = dict[int, int]
"""Where a cell stood that is still the same, and where it stands now."""


def carried(
    batch: ImportBatch, rows: Sequence[SheetRow], refused: Mapping[UUID, Sequence[Brought]]
) -> list[SheetRow]:
    """The rows with what was told of the refused ones that they bring again."""
    return [
        _with_notes_of(refused[row.row_id][0], batch, row) if row.row_id in refused else row for row in rows
    ]


def _with_notes_of(before: Brought, batch: ImportBatch, row: SheetRow) -> SheetRow:
    pairs = _paired(columns_of(before.batch, before.row.sheet), columns_of(batch, row.sheet))
    same = {was: at for was, at in pairs.items() if _text(before.row, was) == _text(row, at)}
    own = [left for each in row.noted if (left := without(each, same.values(), row.number))]
    told = [
        _moved(each, same | _of_same_meaning(each, before.row, row, pairs), row.number)
        for each in before.row.noted
        if each["letter"]
    ]
    whole = [each for each in before.row.noted if not each["letter"]] if len(same) == len(pairs) else []
    known = {each["code"] for each in own if not each["letter"]}
    return row._replace(
        noted=[*own, *filter(None, told), *(each for each in whole if each["code"] not in known)]
    )


def _of_same_meaning(note: RowProblem, before: SheetRow, row: SheetRow, pairs: Untouched) -> Untouched:
    """The place of a note's cell that was typed anew and says the same for it."""
    was, *more = places(note["letter"])
    is_same = (
        not more and was in pairs and still_holds(note["code"], _text(before, was), _text(row, pairs[was]))
    )
    return {was: pairs[was]} if is_same else {}


def _moved(problem: RowProblem, same: Untouched, number: int) -> RowProblem | None:
    """The note at the place where its cell stands now; None when the cell was touched."""
    return placed(problem, [same[at] for at in places(problem["letter"]) if at in same], number)


def _paired(before: Sequence[str], now: Sequence[str]) -> Untouched:
    """The columns that have the same heading; of several that have it, those in the same order."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(now):
        places[name].append(at)
    return {at: places[name].pop(0) for at, name in enumerate(before) if name not in _OURS and places[name]}


def _text(row: SheetRow, at: int) -> str:
    return row.cells[at].strip() if at < len(row.cells) else ""
