"""Vendors away for 72 hours, in the time that the calls take: `python -m benchmarks.chaos.outage LEADS VENDOR...`.

The schedule and the breaker are the real ones. Nobody waits: when there is nothing to do, every moment in the tables
moves back by what is left until something is due, as if so much time had gone by.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import django

from benchmarks.chaos.rig import CLOCKS

if __name__ == "__main__":
    for name in CLOCKS:
        os.environ.pop(name, None)  # the clocks that are shipped
    django.setup()

import requests
from django.db import connection as database
from django.db.models import F, Max, Min
from django.db.models.functions import Now

from benchmarks.chaos import seeding
from crm_integrations import checkups, delivery, outbox
from crm_integrations.models import CLAIMABLE, UNFINISHED, Connection, Delivery, Exchange, Health, State
from crm_integrations.outbox import low_water

HOURS, RATE = 72, 5.0
SHORTEST = 0.2


class Time:
    """The clock of the run: real seconds and those that were skipped."""

    def __init__(self) -> None:
        self.began, self.skipped = time.monotonic(), 0.0

    @property
    def now(self) -> float:
        return time.monotonic() - self.began + self.skipped

    def skip(self, seconds: float) -> None:
        self.skipped += seconds
        by = timedelta(seconds=seconds)
        Delivery.objects.update(due_at=F("due_at") - by)
        low_water.forget_all()  # what was found before is no longer where it was
        moments = ("opened_at", "hold_until", "paced_at", "filled_at")
        Health.objects.update(**{name: F(name) - by for name in moments})
        with database.cursor() as cursor:  # the breaker looks at the calls of the last minute
            cursor.execute("UPDATE crm_integrations_exchange SET created_at = created_at - %s", [by])


def until_something() -> float:
    """Seconds until a delivery is due at a connection that holds nothing back."""
    soonest = []
    now = Delivery.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    for connection in Connection.objects.all():
        due = connection.deliveries.filter(state__in=CLAIMABLE).aggregate(Min("due_at"))["due_at__min"]
        if due is not None:
            held = Health.objects.filter(connection=connection).aggregate(Max("hold_until"))[
                "hold_until__max"
            ]
            soonest.append(max((max(due, held or due) - now).total_seconds(), 0.0))
    tokens = outbox.tokens_in()
    return max(min([*soonest, *([tokens] if tokens is not None else [])], default=SHORTEST), SHORTEST)


def turn(clock: Time, called: Counter[tuple[int, int]]) -> None:
    """Do what is due now; every call is counted in its second."""
    checkups.check_held()
    while (claim := outbox.claim(1)) is not None:
        (one,) = claim.deliveries
        before = one.attempts
        delivery.deliver(claim)
        if one.attempts > before:
            called[int(clock.now), int(before > 0)] += 1


def main(leads: int, *vendors: str) -> dict[str, Any]:
    """Everything is taken in while the vendors are down; they come back after 72 hours."""
    seeding.main(leads, *vendors)
    Connection.objects.update(rate=RATE)
    faults = f"{os.environ['CHAOS_VENDORS']}/__sandbox__/faults"
    kinds = ["lead", "find", "health"]
    requests.post(faults, json={"vendor": "*", "fault": "503", "kinds": kinds}, timeout=5).raise_for_status()
    clock, called = Time(), Counter[tuple[int, int]]()
    back = False
    while Delivery.objects.filter(state__in=UNFINISHED).exists():
        if not back and clock.now > HOURS * 3600:
            requests.delete(faults, timeout=5).raise_for_status()
            back = True
        turn(clock, called)
        clock.skip(until_something())
    retries = {second: count for (second, again), count in called.items() if again}
    made = sum(retries.values())
    return {
        "deliveries": Delivery.objects.count(),
        "delivered": Delivery.objects.filter(state=State.DELIVERED).count(),
        "most_tries": Delivery.objects.aggregate(Max("attempts"))["attempts__max"],
        "calls": Exchange.objects.count(),
        "retries": made,
        "busiest_second": max(retries.values(), default=0),
        "busiest_share": max(retries.values(), default=0) / max(made, 1),
        "hours": round(clock.now / 3600, 1),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), *sys.argv[2:])))
