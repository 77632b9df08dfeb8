"""Taking deliveries in hand, turning the clocks that they wait for, and reading how their statements are planned."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now

from crm_integrations import outbox
from crm_integrations.models import Delivery, Lease, State
from leadops.prepared import Statement, run


def only(vendor: str) -> None:
    """Leave only the deliveries to `vendor`."""
    Delivery.objects.exclude(connection__vendor=vendor).delete()


def make_due() -> None:
    Delivery.objects.filter(state__in=[State.RETRYING, State.UNKNOWN]).update(due_at=Now())


def claimed() -> outbox.Claim:
    """What is due, in hand."""
    claim = outbox.claim()
    assert claim is not None
    return claim


def sleep_on(claim: outbox.Claim) -> None:
    """Its worker sleeps until what is left of the lease is too short for a call."""
    claim.safe_until = time.monotonic()


def end_leases() -> None:
    Lease.objects.update(until=Now() - timedelta(seconds=1))
    Delivery.objects.exclude(leased_until=None).update(leased_until=Now() - timedelta(seconds=1))


def kept_plan(before: Statement, statement: Statement, named: dict[str, Any], how: str = "COSTS") -> str:
    """The plan that a session keeps of `statement`, made behind the settings of `before`."""
    with transaction.atomic(), database.cursor() as cursor:
        run(cursor, named, before, statement)
        cursor.execute(f"EXPLAIN ({how}) {statement.executed(named, database.connection)}")
        lines = [line for (line,) in cursor.fetchall()]
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
