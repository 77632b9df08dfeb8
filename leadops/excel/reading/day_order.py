"""In which order the dates of a column are written, as far as the column itself proves it.

`25/03/1990` can only be day first, `03/25/1990` only month first, `03/04/1990` may be either. One program that
guesses for each cell alone swaps every third date without a word, so the column is looked at as a whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Any

from .marks import CellNote

_WRITTEN = re.compile(r"\s*([0-9]{1,2})([/.-])([0-9]{1,2})\2(?:[0-9]{4}|[0-9]{2})\s*")
_LONGEST = 14
_LAST_MONTH = 12
_LOOKED_AT = 1000
"""Rows in which a column shows whether it holds dates."""
_ENOUGH = 3
"""Proofs that are more than a slip of the finger."""
_SURE = 10
"""With ten dates on each side, chance alone has less than one in a million to look like Excel's swapping."""
_FEW = 20
"""One date in so many against all others is a slip, and the order stays known."""


@dataclass(slots=True)
class Column:
    """How many dates of which kind a column holds; where day and month are equal the order is no matter."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    early_days: int = 0
    late_days: int = 0

    def count(self, value: Any, times: int) -> None:
        """Take in a value that stands in so many cells."""
        if kind := _kind(value):
            setattr(self, kind, getattr(self, kind) + times)

    def codes(self) -> dict[str, str]:
        """What is to be said of each kind of its dates; nothing where the order is that of the house."""
        of_texts = self._of_mixed_texts() if self.month_first else {}
        swapping = self._swapping()
        return {**of_texts, "early_days": swapping} if swapping else of_texts

    def _swapping(self) -> str:
        """What is to be said of its real dates that may be swapped; empty where nothing tells that Excel did it.

        An Excel of the other order makes a date of what it can read, its day for the month, and leaves as text what
        has no such month: day first texts in an American one, month first texts in an Indian one. What stands against
        it may be a slip; one among the texts leaves two orders to choose from, so that nothing is put back.
        """
        sure, against = max(self.day_first, self.month_first), min(self.day_first, self.month_first)
        if sure < _FEW * (against + self.either) or self.early_days < _FEW * self.late_days:
            return ""
        proofs = min(self.early_days, sure)
        if proofs >= _SURE and not against:
            return "swapped_back"
        if proofs >= _ENOUGH:
            return "perhaps_swapped"
        return "maybe_swapped" if proofs else ""

    def _of_mixed_texts(self) -> dict[str, str]:
        if not self.day_first and self.month_first >= _ENOUGH:
            return {"either": "month_first", "month_first": "month_first"}
        slip = self.day_first >= _FEW * self.month_first
        return {"either": "perhaps_month_first" if slip else "day_or_month"}


class DayOrder:
    """What is to be said of the dates of a sheet: nothing at all in most sheets."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._codes = {at: codes for at, column in _columns(rows).items() if (codes := column.codes())}
        self.none = not self._codes

    def notes(self, values: Sequence[Any]) -> list[CellNote]:
        """What is to be said of the dates of one row."""
        return [
            (at, codes[kind])
            for at, codes in self._codes.items()
            if at < len(values) and (kind := _kind(values[at])) in codes
        ]


def _columns(rows: Iterable[Sequence[Any]]) -> dict[int, Column]:
    held = _held(iter(rows))
    columns = {at: Column() for at in held}
    for at, values in held.items():
        for value, times in Counter(values).items():
            columns[at].count(value, times)
    return columns


def _held(rows: Iterator[Sequence[Any]]) -> dict[int, list[Any]]:
    """What the columns hold that show a date in the first rows."""
    first = list(islice(rows, _LOOKED_AT))
    places = sorted({at for values in first for at, value in enumerate(values) if _kind(value)})
    held: dict[int, list[Any]] = {at: [] for at in places}
    if places:
        for values in chain(first, rows):
            width = len(values)
            for at in places:
                if at < width:
                    held[at].append(values[at])
    return held


def _kind(value: Any) -> str:
    """The count of Column that a value belongs to: a written date proves an order or may be `either`.

    `early_days` and `late_days` are of those that Excel took for dates itself: only a day up to twelve may have been
    the month. Empty is everything else, and a day that equals its month.
    """
    if value.__class__ is str:
        if len(value) > _LONGEST or not (parts := _WRITTEN.fullmatch(value)):
            return ""
        first, second = int(parts[1]), int(parts[3])
        if first > _LAST_MONTH:
            return "day_first"
        if second > _LAST_MONTH:
            return "month_first"
        return "either" if first != second else ""
    if not isinstance(value, date) or value.day == value.month:
        return ""
    return "early_days" if value.day <= _LAST_MONTH else "late_days"
