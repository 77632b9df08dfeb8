"""Counts that are long in the counting and hardly change, kept for a minute by each process.

What is kept is what is too much to count ("10,000+" stays that), and days that are over: leads come today alone.
"""

from __future__ import annotations

import time
from typing import Any

FOR = 60
"""Seconds."""
MOST_KEPT = 1_000
_kept: dict[str, tuple[float, Any]] = {}


def known(counted: tuple[Any, ...]) -> Any:
    """What was kept of it, None where nothing was; `counted` is SQL and its values, the reader's reach among them."""
    until, found = _kept.get(repr(counted), (0.0, None))
    return found if until > time.monotonic() else None


def keep(counted: tuple[Any, ...], found: Any) -> None:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[repr(counted)] = (time.monotonic() + FOR, found)
