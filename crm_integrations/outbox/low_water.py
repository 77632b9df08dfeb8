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


class _Mark(NamedTuple):
    since: datetime
    until: float


_marks: dict[UUID, _Mark] = {}


def marks() -> dict[UUID, datetime]:
    """The moments that hold just now, by connection."""
    now = time.monotonic()
    return {each: mark.since for each, mark in tuple(_marks.items()) if now < mark.until}


def learn(connection_id: UUID, first_due_at: datetime) -> None:
    """The first that was found is due at this moment; how long that holds is counted from the first look."""
    mark = _marks.get(connection_id)
    trusted = mark.until if mark and time.monotonic() < mark.until else time.monotonic() + TRUSTED_SECONDS
    _marks[connection_id] = _Mark(first_due_at - MARGIN, trusted)


def forget(connection_id: UUID) -> None:
    """Something with an older moment may be claimable again."""
    _marks.pop(connection_id, None)
