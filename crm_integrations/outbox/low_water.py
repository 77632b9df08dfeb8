"""From which moment on this process looks for what is due.

While a transaction is idle somewhere, PostgreSQL keeps every entry of what was delivered since, and all of them are due
before what is due now: each claim would walk past them. So it begins a little before the first one it found last.

What becomes claimable with an older moment, such as what another process gave back, is found when that is forgotten.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

MARGIN = timedelta(seconds=10)
"""A transaction that writes deliveries may take so long, and they are found at once all the same."""
TRUSTED_SECONDS = 15.0
"""As long as the sweep waits: nothing is found later than a lost message is."""


class Mark(NamedTuple):
    """Nothing due before `since` was claimable; trusted to a moment of the monotonic clock."""

    since: datetime
    until: float


_marks: dict[UUID, Mark] = {}


def marks() -> dict[UUID, Mark]:
    """Those that are trusted just now, by connection."""
    now = time.monotonic()
    return {each: mark for each, mark in tuple(_marks.items()) if now < mark.until}


def learn(connection_id: UUID, first_due_at: datetime, used: Mark | None) -> None:
    """The first that was found is due at this moment; `used` is the mark that the look began at.

    What such a look finds is trusted no longer than its own mark: only a look from the very beginning gives a new time.
    """
    until = used.until if used else time.monotonic() + TRUSTED_SECONDS
    _marks[connection_id] = Mark(first_due_at - MARGIN, until)


def forget(connection_id: UUID) -> None:
    """Something with an older moment may be claimable again."""
    _marks.pop(connection_id, None)


def forget_all() -> None:
    """Look from the very beginning again, everywhere."""
    _marks.clear()
