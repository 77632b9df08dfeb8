"""Processes that begin where another one stands, to be killed."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable

from django.db import connections


def forked(act: Callable[[], object]) -> int:
    """A worker of its own that does `act`; its process id."""
    connections.close_all()
    process = os.fork()
    if process:
        return process
    try:
        for each in connections.all(initialized_only=True):
            each.connection = None  # the parent's, should an event loop have kept it open over the fork
        act()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)
