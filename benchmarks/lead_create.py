"""A nested lead over HTTP: ours with key, limits, Idempotency-Key, checks, encryption and five vendors, against plain
REST framework.

Both sides run under gunicorn with two sync workers, on one database, in turns, called over 8 connections at once; the
body is Crego's example, each time of another borrower. `lead_create.py [SECONDS]` says how long a round is.
"""

from __future__ import annotations

import statistics
import sys
from functools import partial

import scratch

scratch.setup()

from calling import Load
from nested_lead import of_somebody_else, plain_tables, prepare
from serving import environment, served, spent

from crm_integrations.models import Delivery
from leadops.models import Bank, Lead

RUNS, CONNECTIONS = 3, 8
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0
TIMES, TAIL = 1.5, 3.0


def main() -> None:
    key, env = prepare(), environment()
    plain_tables(env)
    with served("leadops", env) as ours, served("plain_drf", env) as plain:
        sides = {
            "leadops": Load(ours, "/v1/crm/leads/", key=key, clients=CONNECTIONS, body=of_somebody_else),
            "plain_drf": Load(plain, "/leads/", 201, clients=CONNECTIONS, body=of_somebody_else),
        }
        for side in sides.values():
            side.rate(1)  # imports, connections, caches
        waits: dict[str, list[tuple[float, ...]]] = {name: [] for name in sides}
        rates = scratch.interleaved(
            RUNS, **{name: partial(_round, side, waits[name]) for name, side in sides.items()}
        )
    _check(sides["leadops"].taken)
    scratch.report("leadops: nested lead, all features", rates["leadops"], "leads/s")
    scratch.report("plain REST framework: nested lead, no features", rates["plain_drf"], "leads/s")
    scratch.report("leadops over plain", rates["leadops"] / rates["plain_drf"], "times", f"bar: {TIMES:.2f}")
    for name, found in waits.items():
        middle, tail, taken = (statistics.median(each) for each in zip(*found, strict=True))
        scratch.report(f"{name}: processor time, PostgreSQL's too", taken, "ms")
        scratch.report(f"{name}: median wait", middle, "ms")
        scratch.report(f"{name}: 99 of 100 waits, in medians", tail / middle, "times", f"bar: {TAIL:.2f}")


def _round(side: Load, waits: list[tuple[float, ...]]) -> float:
    before = spent(side.port)
    rate = side.rate(SECONDS)
    waits.append((side.wait(50), side.wait(99), (spent(side.port) - before) / len(side.waits)))
    return rate


def _check(sent: int) -> None:
    """Everything was really done: each lead with its rows, and a delivery to each of the four lead vendors."""
    leads = Lead.objects.count()
    if not (leads == sent and Bank.objects.count() == 2 * sent and Delivery.objects.count() == 4 * sent):
        raise SystemExit(f"{sent} sent, {leads} kept, {Delivery.objects.count()} deliveries")


if __name__ == "__main__":
    main()
