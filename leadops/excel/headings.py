"""The lines at the top and the bottom of a table: a header in two lines made one, and totals told from leads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from leadops.excel.columns import BY_KEY
from leadops.excel.header import Header
from leadops.excel.notes import WHOLE_ROW, Note
from leadops.excel.reading.heading_keys import key

if TYPE_CHECKING:
    from leadops.excel.reader import Row

LOOKED_AT = 12
"""A header may stand below ten rows of title, and be two rows itself."""
_DIGIT = re.compile(r"\d")
_TOTAL = re.compile(
    r"(?:grand |sub[ -]?|net |overall )?totals?(?: (?:of|for) .{1,30}| amount| leads| rows)?|(?:कुल|योग|итого|всего)",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"[-\d.,\s()₹%/]*|(?:rs|inr)\.?\s*[\d.,]+|=.*|#\S+|[\d.]+e\+?\d+", re.IGNORECASE)
_MOBILE = re.compile(r"\+?\d(?:[\s()-]{0,3}\d){9,12}")
"""As people group its digits; an amount has commas or a point."""


def as_one(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with a header of two lines made one, and with a note on each that is only a total."""
    rows = iter(rows)
    top: list[Row] = []
    for row in rows:
        top.append(row)
        if len(top) > 1 and _is_header(top[-2].cells):
            break
        if len(top) == LOOKED_AT:
            break
    yield from map(_with_total, chain(_joined(top), rows))


def _is_header(cells: Sequence[str]) -> bool:
    return Header.is_one(cells)


def _joined(top: list[Row]) -> Iterator[Row]:
    """The rows at the top, the two lines of a header as one row with the number of the second."""
    at = next((at for at, row in enumerate(top) if _is_header(row.cells)), None)
    if at is not None and at + 1 < len(top) and _is_second_line(top[at].cells, top[at + 1].cells):
        upper, lower = at, at + 1
    elif at is not None and at > 0 and _is_group_line(top[at - 1].cells, top[at].cells):
        upper, lower = at - 1, at
    else:
        yield from top
        return
    yield from top[:upper]
    yield top[lower]._replace(cells=_headings(top[upper].cells, top[lower].cells))
    yield from top[lower + 1 :]


def _is_second_line(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the row below a header goes on with it: words that name columns, and no lead's numbers."""
    filled = [cell for cell in lower if cell.strip()]
    known = sum(1 for name in _headings(upper, lower) if key(name) in BY_KEY)
    alone = sum(1 for name in upper if key(name) in BY_KEY)
    return bool(filled) and not any(map(_DIGIT.search, filled)) and known > alone


def _is_group_line(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the row above a header names columns that it leaves without a name."""
    gaps = [
        at for at, cell in enumerate(upper) if cell.strip() and not (at < len(lower) and lower[at].strip())
    ]
    return bool(gaps) and all(key(upper[at]) in BY_KEY for at in gaps)


def _headings(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """The names of the columns: the lower line's, else both together, else the upper one's."""
    names: list[str] = []
    group = ""
    for above, below in zip_longest(upper, lower, fillvalue=""):
        group = above.strip() or group
        both = f"{group} {below}".strip()
        if not below.strip() or key(above) == key(below):
            names.append(above.strip())
        elif key(below) not in BY_KEY and key(both) in BY_KEY:
            names.append(both)
        else:
            names.append(below.strip())
    return names


def _with_total(row: Row) -> Row:
    """The row, with a note if it only sums up those above it: one word for it, and else nothing but figures."""
    whole = "".join(row.cells)
    if whole.isascii() and "otal" not in whole and "OTAL" not in whole:  # nearly every row is done with here
        return row
    words = [cell.strip() for cell in row.cells if not _FIGURES.fullmatch(cell.strip())]
    if not words or not all(_TOTAL.fullmatch(word.rstrip(" :-=")) for word in words):
        return row
    if any(_MOBILE.fullmatch(cell.strip()) for cell in row.cells):
        return row
    return row._replace(notes=(*row.notes, Note(WHOLE_ROW, "totals_row")))
