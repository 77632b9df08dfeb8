"""How long a claim takes among a million finished deliveries, while a transaction has been idle for long.

The transaction is opened in another connection and left so: it keeps the dead rows of all that is written meanwhile,
which is what makes an idle one dear, and what an hour of it amounts to is made here by rewriting rows.
"""

from __future__ import annotations

import os
import statistics
import time

import psycopg
import scratch

scratch.setup()

from django.db import connection

from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Route
from crm_integrations.outbox import low_water
from leadops.models import Lead
from leadops.services import leads
from tests import people

FINISHED = int(os.environ.get("BENCH_ROWS", "1000000"))
DUE, CLAIMS, CHURN = 2000, 200, 50_000

MANY = """
INSERT INTO crm_integrations_delivery (
    id, created_at, updated_at, connection_id, kind, lead_id, record_id, version, ref, state, accepted, attempts,
    lookups, absences, due_at, depends_on, reference, vendor_status, reason, delivered_at
)
SELECT gen_random_uuid(), now(), now(), %(connection)s, 'lead', %(lead)s, gen_random_uuid(), 1, 'r' || n, 'delivered',
    false, 1, 0, 0, now() - n * interval '1 second', '', 'v' || n, 'New', '', now()
FROM generate_series(1, %(count)s) n
"""
# What an hour of deliveries leaves: each was queued, then in hand, and is over; all were due before what is due now.
CHURNED = (
    """UPDATE crm_integrations_delivery SET state = 'queued', due_at = now() - interval '1 hour'
    WHERE id IN (SELECT id FROM crm_integrations_delivery WHERE state = 'delivered' LIMIT %(count)s)""",
    """UPDATE crm_integrations_delivery SET state = 'sending', leased_until = now() + interval '1 minute'
    WHERE state = 'queued' AND due_at < now() - interval '30 minutes'""",
    """UPDATE crm_integrations_delivery SET state = 'delivered', leased_until = NULL
    WHERE state = 'sending' AND lease IS NULL""",
)


def fill() -> None:
    """A million deliveries that are over, and some that are due."""
    there = Connection(vendor="ispcrm", name="bench", base_url="http://127.0.0.1:9", parallel=1000)
    there.secrets = {"token": "bench"}
    there.save()
    partner, program = people.partner("Bench", "bench"), people.program("bench", "Bench")
    Route.objects.create(connection=there)
    leads.submit(people.leads_of(partner, program, DUE))
    named = {"connection": there.pk, "lead": Lead.objects.first().pk, "count": FINISHED}
    with connection.cursor() as cursor:
        cursor.execute(MANY, named)
        cursor.execute("ANALYZE")


def churn() -> None:
    """Rows that became due, were taken and are over again: dead entries in every index, which nothing may clean up."""
    with connection.cursor() as cursor:
        for statement in CHURNED:
            cursor.execute(statement, {"count": CHURN})


def claims(forgetting: bool = False) -> list[float]:
    """Milliseconds of each claim of one delivery; what is claimed stays claimed."""
    there, took = Connection.objects.get().pk, []
    for _ in range(CLAIMS):
        if forgetting:
            low_water.forget(there)
        began = time.perf_counter()
        assert outbox.claim(limit=1) is not None
        took.append(1000 * (time.perf_counter() - began))
    return took


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    fill()
    scratch.report(f"claim, {FINISHED:,} finished, p95", p95(claims()), "ms", "bar: 5 ms")
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as idle:
        idle.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        idle.execute("SELECT count(*) FROM crm_integrations_connection")
        churn()
        held = claims()
        scratch.report("with an idle transaction, median", statistics.median(held), "ms")
        scratch.report("with an idle transaction, p95", p95(held), "ms", "bar: 5 ms")
        scratch.report("the first look of every 15 s, p95", p95(claims(forgetting=True)), "ms")
    assert Delivery.objects.filter(state="delivered").count() == FINISHED


if __name__ == "__main__":
    main()
