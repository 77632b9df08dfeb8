"""The marks of one table of an .ods, cell by cell: rows and columns may stand for several at once."""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple

from .cells import cell_text
from .marks import MOST_SPILLED, UNCALCULATED, Marks, Merge, Place
from .number_formats import of_shown

LONGEST_TOLD = 40
"""Characters of a number as it is shown, or of an error's name."""
_ERROR_TEXT = re.compile(r"#[A-Z0-9/?!]{2,8}|Err:[0-9]{3}")
_MOST_EQUAL_ROWS = 1_000
"""So many rows that are written as one are told; more of them are no leads."""
_MOST_HIDDEN_ROWS = 100_000
"""A million empty rows may be hidden below the table; nobody asks for them."""


class Cell(NamedTuple):
    """What a cell says of itself; `repeated` cells side by side are written as one."""

    kind: str
    value: str
    text: str
    has_text: bool
    """An empty text is a result, too."""
    is_formula: bool
    repeated: int
    spanned: tuple[int, int]
    """Rows and columns that it was merged over."""
    results: tuple[int, int]
    """Rows and columns that its formula fills."""


class Table:
    """The marks of one table, which is told its rows and cells in their order."""

    def __init__(self, most_columns: int) -> None:
        self.marks = Marks()
        self._most_columns = most_columns
        self._row = self._column = self._next_column = self._spilled = 0
        self._rows = 1
        """How many rows are written as the one whose cells come."""

    def columns(self, count: int, *, are_hidden: bool) -> None:
        if are_hidden:
            self.marks.hide_columns(self._next_column + 1, self._next_column + count, self._most_columns)
        self._next_column += count

    def row(self, count: int, *, is_hidden: bool) -> None:
        self._row, self._column = self._row + self._rows, 0
        self._rows = count
        if is_hidden:
            self.marks.hidden_rows.update(range(self._row, self._row + min(count, _MOST_HIDDEN_ROWS)))

    def cell(self, cell: Cell) -> None:
        high, wide = cell.spanned
        first, last = self._column + 1, self._column + cell.repeated
        if wide > 1 or high > 1:
            merge = Merge(self._row, first, self._row + high - 1, first + wide - 1)
            self.marks.merge(merge, self._most_columns)
        if cell.text or cell.is_formula:
            rows = range(self._row, self._row + min(self._rows, _MOST_EQUAL_ROWS))
            for place in product(rows, range(first, min(last, self._most_columns) + 1)):
                self._tell(place, cell)
        self._column = last

    def _tell(self, place: Place, cell: Cell) -> None:
        # A truth may be kept as the number 1 that is only shown as TRUE.
        if cell.text in ("TRUE", "FALSE") or _ERROR_TEXT.fullmatch(cell.text):
            self.marks.texts[place] = "#VALUE!" if cell.text.startswith("Err") else cell.text
        elif cell.is_formula and not cell.kind and not cell.has_text:
            self.marks.texts[place] = UNCALCULATED
            self.marks.notes[place] = "formula_not_calculated"
        elif cell.is_formula:
            self._hold_formula(place, *cell.results)
        if cell.kind == "float":
            self._tell_shown(place, cell)

    def _hold_formula(self, place: Place, rows: int, columns: int) -> None:
        """Mark the formula's cell, and those that a list which it results in fills."""
        self.marks.formulas.hold(place)
        if rows == columns == 1:
            return
        right = min(place[1] + columns - 1, self._most_columns)
        self._spilled += rows * (right + 1 - place[1]) - 1
        if self._spilled <= MOST_SPILLED:
            for at in product(range(place[0], place[0] + rows), range(place[1], right + 1)):
                self.marks.formulas.hold(at)

    def _tell_shown(self, place: Place, cell: Cell) -> None:
        """Keep how a whole number is shown."""
        try:
            digits = cell_text(float(cell.value))
        except ValueError:
            return
        is_told = cell.text != digits and digits.isdecimal() and len(cell.text) <= LONGEST_TOLD
        if is_told and (template := of_shown(cell.text, digits)) is not None:
            self.marks.show(place, template)
