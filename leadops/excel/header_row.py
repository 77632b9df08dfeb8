"""Where the table of a sheet begins: the row that names its columns, and the leads that stand above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadops.excel import content
from leadops.excel.columns import BY_KEY
from leadops.excel.header import Header, is_a_name
from leadops.excel.marks import mark_in, unmarked
from leadops.excel.notes import WHOLE_ROW, Note
from leadops.excel.reader import Row
from leadops.excel.reading.heading_keys import key
from leadops.excel.sheet_header import letters, one_line

HEADER_WITHIN = 10
"""A header that is found by itself may stand below so many rows of title."""
SHOWN = 25
"""So many rows are offered to be the header."""
NO_HEADER = 0
_LONGEST_SHOWN = 100
_AFTER_LABELS = (":", ":-", "=", "-", "–")


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of a sheet, parted at its header.

    `number` is the header's row, NO_HEADER where there is none; `above` are rows above it that are or may be leads,
    with a note that leaves them out; `doubt` is why somebody should look at this, in one sentence.
    """

    number: int = NO_HEADER
    names: list[str] = field(default_factory=list)
    above: list[Row] = field(default_factory=list)
    below: list[Row] = field(default_factory=list)
    doubt: str = ""
    shown: list[tuple[int, str]] = field(default_factory=list)
    """The first rows, masked, for somebody to choose from."""
    mark: str = ""
    """Of the import whose refused rows these are."""
    beside: str = ""
    """Which other sheets may hold leads, a sentence each."""


def table_of(top: Sequence[Row], said: int | None = None) -> Table:
    """The table that begins in the rows at the top of a sheet; `said` is the header's row by an officer's word."""
    shown = [(row.number, _shown(row.cells)) for row in top[:SHOWN]]
    at = next((at for at, row in enumerate(top) if row.number == said), None)
    if said is None and top:
        at = header_place([row.cells for row in top])
        if not _names_columns(top[at].cells) and _data(top[at].cells):
            doubt = f"No row names the columns, and row {top[at].number} looks like a lead."
            return Table(below=list(top), doubt=doubt, shown=shown)
    if at is None:
        return Table(below=list(top), shown=shown)
    header, below = top[at], list(top[at + 1 :])
    above = _leads_above(top[:at], header, below)
    doubt = _doubt(header, [row for row, is_sure in above if is_sure]) if said is None else ""
    left_out = [row._replace(notes=(*row.notes, Note(WHOLE_ROW, "above_header"))) for row, _ in above]
    names = _names_of(header.cells)
    mark = mark_in([*names, header.sheet])
    return Table(header.number, unmarked(names), left_out, below, doubt, shown, mark)


def _names_of(cells: Sequence[str]) -> list[str]:
    """What the columns are called: by their letters where a cell, or the whole row, is somebody's and no name.

    The names are kept in clear and for good, as those of a partner's columns; what leads hold is not.
    """
    somebodys = [at for at, cell in enumerate(cells) if content.is_somebodys(cell)]
    if somebodys and not _names_columns(cells):
        somebodys = list(range(len(cells)))
    return [by_letter(at) if at in somebodys else name for at, name in enumerate(one_line(cells))]


def by_letter(at: int) -> str:
    """What a column without a name is called; positions count from 0."""
    return f"Column {letters(at)}"


def header_place(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows names the columns: one with a mobile, and of several the one with most known names."""
    first = rows[: HEADER_WITHIN + 1]
    known = [_known(cells) for cells in first]
    headers = [at for at, cells in enumerate(first) if Header.is_one(cells)]
    if headers:
        return max(headers, key=lambda at: known[at])
    return known.index(max(known)) if any(count > 1 for count in known) else 0


def _known(cells: Sequence[str]) -> int:
    return sum(key(cell) in BY_KEY for cell in cells)


def _data(cells: Sequence[str]) -> list[int]:
    """Positions of the cells that look like a lead's and not like a name."""
    return [at for at, cell in enumerate(cells) if content.looks_like_data(cell)]


def _names_columns(cells: Sequence[str]) -> bool:
    return _known(cells) > len(_data(cells))


def _leads_above(above: Sequence[Row], header: Row, below: Sequence[Row]) -> list[tuple[Row, bool]]:
    """The rows that look like leads, and whether they surely do; what else stands there are titles."""
    if not any(_data(row.cells) for row in above):
        return []
    width = max((len(row.cells) for row in below), default=0)
    columns = [[row.cells[at] for row in below if at < len(row.cells)] for at in range(width)]
    guesses = {at: found.kind for at, cells in enumerate(columns) if (found := content.guess(cells))}
    wanted = sum(map(bool, header.cells)) / 2
    names = [at for at, cell in enumerate(header.cells) if is_a_name(BY_KEY.get(key(cell)))]

    def is_lead(cells: Sequence[str]) -> bool:
        """Like those below in two columns, or in one and nearly as full, or in one and with a name where names are."""
        alike = [
            at for at in _data(cells) if not below or (at in guesses and guesses[at].is_seen_in(cells[at]))
        ]
        filled = sum(1 for cell in cells if cell.strip())
        if len(alike) > 1 or (alike and not _known(cells) and filled > 1 and filled >= wanted):
            return True
        return bool(alike) and may_be_lead(cells) and any(_is_word(cells, at) for at in names)

    judged = [(row, is_lead(row.cells)) for row in above]
    return [(row, is_sure) for row, is_sure in judged if is_sure or may_be_lead(row.cells)]


def may_be_lead(cells: Sequence[str]) -> bool:
    """Whether a row holds a borrower's mobile or PAN and something beside it; `Contact: 9800000001` is a title."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    beside = [cell for cell in filled if not _is_label(cell) and not content.tells_who(cell)]
    return bool(beside) and any(
        content.tells_who(cell) and not (at and _is_label(filled[at - 1])) for at, cell in enumerate(filled)
    )


def _is_label(cell: str) -> bool:
    """Whether a cell names the one beside it."""
    return cell.endswith(_AFTER_LABELS) or key(cell) in BY_KEY


def _is_word(cells: Sequence[str], at: int) -> bool:
    """Whether a name may stand there: neither a label nor a number of any kind."""
    text = cells[at].strip() if at < len(cells) else ""
    return bool(text) and not _is_label(text) and not content.looks_like_data(text)


def _doubt(header: Row, above: Sequence[Row]) -> str:
    if above:
        numbers = [str(row.number) for row in above]
        listed = " and ".join(filter(None, [", ".join(numbers[:-1]), numbers[-1]]))
        looks = (
            f"s {listed} above it look like leads"
            if len(numbers) > 1
            else f" {listed} above it looks like a lead"
        )
        return f"Row {header.number} names the columns, but row{looks}."
    if found := _data(header.cells):
        cell = f"{letters(found[0])}{header.number}"
        return f"Row {header.number} is taken for the names of the columns, but its cell {cell} looks like a lead's."
    return ""


def _shown(cells: Sequence[str]) -> str:
    """A row in one line, masked and short enough for a page."""
    texts = (content.masked(cell.strip()[:_LONGEST_SHOWN], None) for cell in cells if cell.strip())
    return " · ".join(texts)[:_LONGEST_SHOWN]
