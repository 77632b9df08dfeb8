"""What work costs in processor time: the clock on the wall tells how busy the machine is as well."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
from django.conf import settings

from leadops import statements


def seconds(work: Callable[[], object]) -> float:
    """What this process spends on `work`."""
    began = time.process_time()
    work()
    return time.process_time() - began


def seconds_with_database(work: Callable[[], object]) -> float:
    """What this process and its session at the embedded server spend on `work`."""
    began = _of_session()
    return seconds(work) + _of_session() - began


def _of_session() -> float:
    if settings.DATABASES["default"]["ENGINE"] != "leadops.embedded_postgres":
        return 0.0
    [(pid,)] = statements.rows("SELECT pg_backend_pid()")
    spent = psutil.Process(pid).cpu_times()
    return float(spent.user + spent.system)
