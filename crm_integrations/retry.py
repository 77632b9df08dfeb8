"""When to try again, and when to stop: pure arithmetic over a schedule."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_WAIT = 86_400.0
JITTER = (1.0, 1.25)
"""Never less than the schedule: with less, one delivery in four had used up its tries before 72 hours were over."""


def retry_in(
    attempts: int, schedule: Sequence[int], jitter: float, retry_after: float | None = None
) -> float | None:
    """Seconds until the next try after `attempts` tries, None when there is none left.

    `jitter` is a random factor from `JITTER`, so that what failed together does not come back together. A vendor's
    `retry_after` wins when it is later, up to a day.
    """
    if attempts > len(schedule):
        return None
    wait = schedule[max(attempts, 1) - 1] * jitter
    return max(wait, min(retry_after or 0.0, LONGEST_WAIT))


def ask_in(age: float, polls: Sequence[tuple[int, int]]) -> float | None:
    """Seconds until a vendor is asked again how a record stands, None when it is not.

    `age`: seconds since it last told us something new. `polls`: up to which age, and how often up to it.
    """
    return next((float(every) for until, every in polls if age < until), None)


def look_up_in(lookups: int, schedule: Sequence[int]) -> float | None:
    """Seconds until the vendor is asked again after `lookups` times, None when it was asked often enough."""
    return float(schedule[lookups]) if lookups < len(schedule) else None
