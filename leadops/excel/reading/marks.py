"""What a sheet says about its cells besides their values."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from .number_formats import UNTOLD, ZERO, written

Place = tuple[int, int]
"""Row and column, both counted from 1."""
CellNote = tuple[int, str]
"""A column counted from 0, or -1 for the whole row, and a code of `leadops.excel.notes`."""
Note = CellNote | tuple[int, str, list[int]]
"""One that says the same of further columns has them behind it."""

LINKED = (
    "This workbook takes values from other workbooks by links: in Excel choose Data, Edit Links (or Workbook Links),"
    " Break Link, save it and send that; or paste its values into a new one."
)
UNCALCULATED = "#VALUE!"
"""Stands in a cell whose formula has no result: no check lets it through, also when the row is uploaded again."""
WHOLE_ROW = -1
MOST_MERGES = 100_000
MOST_SPILLED = 2_000_000
"""Cells that hold a part of a formula's result: what lists of leads need, and no more than a second's work."""
MOST_TEMPLATES = 60_000
"""What Excel itself takes of formats is less."""


LAST_ROW = 1_048_576
"""Excel's: a file may name one far below it, and each row above that takes memory."""


class Refused(Exception):
    """The file can't be taken, and the message says why."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that were made one; rows and columns are counted from 1."""

    top: int
    left: int
    bottom: int
    right: int


class Formulas:
    """Which cells hold formulas that have a result: a number a row, whose bits are the columns."""

    def __init__(self) -> None:
        self._rows: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._rows)

    def hold(self, place: Place) -> None:
        """There is a formula at this place, and a result."""
        self.hold_all(place[0], 1 << place[1])

    def hold_all(self, row: int, columns: int) -> None:
        """The same of all these columns of a row; below the last row of Excel there is none."""
        if row > LAST_ROW:
            return
        if row >= len(self._rows):
            self._rows += [0] * (row + 1 - len(self._rows))
        self._rows[row] |= columns

    def of_row(self, row: int) -> tuple[int, ...]:
        """The columns in which a row has formulas."""
        return _columns(self._rows[row]) if row < len(self._rows) else ()


@lru_cache(maxsize=1024)
def _columns(held: int) -> tuple[int, ...]:
    """Mostly all rows of a table have their formulas in the same columns."""
    return tuple(at for at in range(held.bit_length()) if held >> at & 1)


@dataclass(slots=True)
class Marks:
    """Texts that the parser does not give, notes about cells, what is hidden, and what is merged."""

    texts: dict[Place, str] = field(default_factory=dict)
    notes: dict[Place, str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merges: set[Merge] = field(default_factory=set)
    shown: dict[int, array[int]] = field(default_factory=dict)
    """Which template shows each number of a column, by row, 0 for none: two bytes each, for there may be many."""
    templates: dict[str, int] = field(default_factory=dict)
    formulas: Formulas = field(default_factory=Formulas)

    def show(self, place: Place, template: str) -> None:
        """The number at this place is shown by a template."""
        if len(self.templates) < MOST_TEMPLATES or template in self.templates:
            row, column = place
            shown = self.shown.setdefault(column, array("H"))
            shown.frombytes(bytes(shown.itemsize * max(0, row + 1 - len(shown))))
            shown[row] = self.templates.setdefault(template, len(self.templates) + 1)

    def hide_columns(self, first: int, last: int, most: int) -> None:
        """Columns `first` to `last` are hidden; those beyond `most` are not read anyway."""
        self.hidden_columns.update(range(first, min(last, most) + 1))

    def merge(self, merge: Merge, most: int) -> None:
        """Cells were made one; those beyond column `most` are not read anyway."""
        if merge.left > most:
            return
        self.merges.add(merge)
        if len(self.merges) > MOST_MERGES:
            raise Refused(
                "This sheet has too many merged cells to read: take the merging out and save it again."
            )


class RowMarks:
    """The marks of one sheet, row by row and in the order of the rows."""

    def __init__(self, marks: Marks) -> None:
        self._hidden = marks.hidden_rows
        self._columns = sorted(marks.hidden_columns)
        self._shown = sorted(marks.shown.items())
        self._templates = ["", *marks.templates]
        self._widths = [0 if template.strip(ZERO) else len(template) for template in self._templates]
        self._formulas = marks.formulas
        self._texts = _by_row((place, text) for place, text in marks.texts.items())
        self._notes = _by_row((place, code) for place, code in marks.notes.items())
        self._coming = sorted(marks.merges, key=lambda merge: merge.top, reverse=True)
        self._open: dict[int, tuple[Merge, str]] = {}
        told = (marks.hidden_rows, self._columns, self._texts, self._notes, marks.merges)
        self.none = not any((*told, self._shown, self._formulas))

    def apply(self, number: int, cells: list[str]) -> list[Note]:
        """Put the texts of row `number` into its cells, and say what is to be known about them."""
        for column, text in self._texts.get(number, {}).items():
            _put(cells, column, text)
        holds = any(map(str.strip, cells))
        told = self._notes.get(number, {})
        notes: list[Note] = [(column - 1, code) for column, code in sorted(told.items())]
        notes += self._of_formulas(number, cells, told)
        notes += self._as_shown(number, cells)
        notes += self._merged(number, cells, holds)
        notes += [(column - 1, "hidden_column") for column in self._columns if _is_filled(cells, column)]
        if number in self._hidden:
            notes.append((WHOLE_ROW, "hidden_row"))
        return notes

    def _of_formulas(self, number: int, cells: list[str], told: Mapping[int, str]) -> list[Note]:
        """One note of all formulas in the row: of a table that looks its columns up, twenty would say the same."""
        width = len(cells)
        held = [
            column - 1
            for column in self._formulas.of_row(number)
            if column <= width and column not in told and cells[column - 1].strip()
        ]
        if len(held) < 2:
            return [(at, "formula") for at in held]
        return [(held[0], "formula", held[1:])]

    def _as_shown(self, number: int, cells: list[str]) -> list[Note]:
        """Write numbers as the sheet shows them, with zeros and texts that it does not keep in them."""
        notes: list[Note] = []
        for column, shown in self._shown:
            if number < len(shown) and shown[number] and column <= len(cells):
                template, text = self._templates[shown[number]], cells[column - 1]
                if width := self._widths[shown[number]]:  # mostly nothing but zeros
                    if len(text) < width and text.isdecimal():
                        cells[column - 1] = text.zfill(width)
                        notes.append((column - 1, "shown_zeros"))
                elif text.isdecimal() and template == UNTOLD:
                    notes.append((column - 1, "shown_otherwise"))
                elif text.isdecimal():
                    cells[column - 1] = written(template, text)
                    notes.append((column - 1, "shown_text"))
        return notes

    def _merged(self, number: int, cells: list[str], holds: bool) -> list[Note]:
        """A value of merged cells stands in the first of them; the rows below it show it too.

        In each column one merge is open at a time: no program writes others that overlap.
        """
        notes: list[Note] = []
        self._open = {left: held for left, held in self._open.items() if held[0].bottom >= number}
        for merge, text in self._open.values():
            if holds and text.strip():
                _put(cells, merge.left, text)
                notes.append((merge.left - 1, "merged_cell"))
        while self._coming and self._coming[-1].top <= number:
            merge = self._coming.pop()
            text = cells[merge.left - 1] if merge.top == number and merge.left <= len(cells) else ""
            if merge.bottom > number:
                self._open[merge.left] = merge, text
            if merge.right > merge.left and text.strip():
                notes.append((merge.left - 1, "merged_across"))
        return notes


def _is_filled(cells: list[str], column: int) -> bool:
    return column <= len(cells) and bool(cells[column - 1].strip())


def _put(cells: list[str], column: int, text: str) -> None:
    cells += [""] * (column - len(cells))
    cells[column - 1] = text


def _by_row(marked: Iterable[tuple[Place, str]]) -> dict[int, dict[int, str]]:
    rows: dict[int, dict[int, str]] = {}
    for (row, column), value in marked:
        rows.setdefault(row, {})[column] = value
    return rows
