"""One sheet of a workbook, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .cells import cell_text, without_controls
from .day_order import DayOrder
from .marks import Marks, Note, RowMarks

Row = tuple[int, list[str], list[Note]]
"""Its number, its cells, and what is to be said of them."""


class Sheet:
    """The rows of one sheet of a workbook, with all that is to be said of them."""

    def __init__(self, sheet: Any, marks: Marks) -> None:
        self.name = without_controls(sheet.name)
        self._sheet = sheet
        self._marks = RowMarks(marks)
        self._order = DayOrder(sheet.iter_rows())
        self.height = sheet.end[0] + 1 if sheet.end else 0
        # The parser starts at the first used column.
        self._first = [""] * (sheet.start[1] if sheet.start else 0)

    def __iter__(self) -> Iterator[Row]:
        plain = self._marks.none and self._order.none
        for number, values in enumerate(self._sheet.iter_rows(), start=1):
            cells = self._texts(values)
            notes = [] if plain else self._noted(number, cells, values)
            while cells and not cells[-1]:
                cells.pop()
            yield number, cells, notes

    def looked_through(self) -> Iterator[Row]:
        """The rows by their texts alone, as often as they are asked for: what is to be said of them is told once."""
        for number, values in enumerate(self._sheet.iter_rows(), start=1):
            cells = self._texts(values)
            while cells and not cells[-1]:
                cells.pop()
            yield number, cells, []

    def _texts(self, values: list[Any]) -> list[str]:
        cells = [value if value.__class__ is str else cell_text(value) for value in values]
        return self._first + cells if self._first else cells

    def _noted(self, number: int, cells: list[str], values: list[Any]) -> list[Note]:
        shift = len(self._first)
        ordered = [(at + shift, code) for at, code in self._order.notes(values)]
        return self._marks.apply(number, cells) + ordered
