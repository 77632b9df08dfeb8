"""Counting the hours in which the lender is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
LONGEST_SEARCH = 3660
"""Days: whatever holidays there are, the lender opens again within ten years."""


@dataclass(frozen=True)
class Calendar:
    """The lender's week; `days` are those of `date.isoweekday`."""

    days: frozenset[int]
    opens: time
    closes: time
    holidays: frozenset[date]
    zone: tzinfo

    def later(self, start: datetime, seconds: float) -> datetime:
        """The moment at which so many business seconds have passed since `start`."""
        left = timedelta(seconds=seconds)
        if left <= timedelta():
            return start + left  # what ran out already is over by the clock on the wall
        for opens, closes in self._from(start):
            if opens + left <= closes:
                return opens + left
            left -= closes - opens
        raise OverflowError("There are no business hours for ten years.")

    def between(self, start: datetime, end: datetime) -> float:
        """The business seconds from `start` to `end`, negative where `end` was before."""
        if end < start:
            return -(start - end).total_seconds()
        total = timedelta()
        for opens, closes in self._from(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total.total_seconds()

    def _from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the business days since `start`, day by day."""
        first = start.astimezone(self.zone).date()
        for ahead in range(LONGEST_SEARCH):
            day = first + ahead * DAY
            if day.isoweekday() in self.days and day not in self.holidays:
                opens, closes = (datetime.combine(day, at, self.zone) for at in (self.opens, self.closes))
                if start < closes:
                    yield max(opens, start), closes
