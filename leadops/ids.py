"""Our record ids: UUID version 7, so that ids sort by the time they were made."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta

from django.utils.timezone import make_aware

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


@contextmanager
def made_at(moment: datetime) -> Iterator[None]:
    """Give what is made within this block ids of `moment`, as if it had been made then: for telling a history."""
    before = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(before)


def uuid7() -> uuid.UUID:
    """A new id: 48 bits of Unix milliseconds, 12 of their fraction, then random bits (RFC 9562, 5.7 and 6.2).

    The fraction keeps ids in order that one process makes within a millisecond.
    """
    then = _moment.get()
    now = time.time_ns() if then is None else round(then.timestamp() * 1_000_000) * 1000
    milliseconds, rest = divmod(now, 1_000_000)
    high = (milliseconds << 16) | 0x7000 | (rest * 4096 // 1_000_000)
    low = (0b10 << 62) | (int.from_bytes(os.urandom(8)) >> 2)
    return uuid.UUID(int=(high << 64) | low)


def midnight(day: date) -> datetime:
    """The moment at which `day` begins in our time zone."""
    return make_aware(datetime(day.year, day.month, day.day))


def first_id_at(moment: datetime, later: timedelta = timedelta()) -> uuid.UUID:
    """The smallest id a record made at `moment` and `later` can have: a range of time as a range of the primary key.

    Nothing was made before 1970, so a moment before it is as good as that one.
    """
    milliseconds = max(0, int((moment.timestamp() + later.total_seconds()) * 1000))
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def uuid_in(text: str) -> uuid.UUID | None:
    """The UUID that `text` spells, if it spells one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
