"""A database of the benchmark's own: the embedded server with a folder of its own, emptied at every start.

Import `setup()` before anything of the product.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment() -> None:
    """What names the scratch database to Django."""
    sys.path.insert(0, str(ROOT))
    os.environ["LEADOPS_VAR"] = os.environ.get("BENCH_VAR") or str(ROOT / "var" / "bench")
    os.environ["ALLOW_LOCAL_VENDORS"] = "1"
    os.environ["LOG_LEVEL"] = "ERROR"
    os.environ["API_CALLS_PER_MINUTE"] = "1000000"  # counted as ever, and out of the way
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadops.settings")


def setup() -> None:
    """Django on a fresh scratch database, with local vendors allowed."""
    environment()
    import django
    from django.core.management import call_command
    from django.db import connection

    from leadops import collector

    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    call_command("migrate", verbosity=0)
    collector.look_rarely()  # as every process that serves


def interleaved(runs: int, **sides: Callable[[], float]) -> dict[str, float]:
    """The median rate of each side over `runs` rounds, both sides in every round, because machines drift."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, side in sides.items():
            rates[name].append(side())
    return {name: statistics.median(found) for name, found in rates.items()}


COUNTING = (
    "import time; began = time.perf_counter(); sum(range(20_000_000)); print(time.perf_counter() - began)"
)


def second_processor() -> float:
    """What a second processor adds to the first one here, in per cent: 100 where they share nothing.

    On many virtual machines two of them are one core's two threads, and what two processes do at once takes longer.
    """
    alone, beside = (statistics.median(_counting(at_once)) for at_once in (1, 2))
    return 100 * (2 * alone / beside - 1)


def _counting(at_once: int) -> list[float]:
    """Seconds that so many processes at once take to count."""
    command = [sys.executable, "-c", COUNTING]
    found = []
    for _ in range(3):
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(at_once)]
        found += [float(each.communicate()[0]) for each in running]
    return found


def report(what: str, value: float, unit: str, bar: str = "") -> None:
    """One line of the result."""
    print(f"{what:<58} {value:>10,.2f} {unit:<12} {bar}")
