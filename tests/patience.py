"""How long the tests wait for what is sure to come: only what hangs takes so long, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 300.0


def wait_until(true: Callable[[], bool], what: str, stands: Callable[[], object] = str) -> None:
    """Wait until `true()`; `what` is said where that never comes, and how it `stands`."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, f"not within {SECONDS} s: {what}; {stands()}"
        time.sleep(0.02)
