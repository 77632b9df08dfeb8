"""How fast one worker process delivers: against a bare `requests.Session` loop, and against threads ÷ latency."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import scratch

scratch.setup()

from django.db import connection as database
from django.db import connections

from crm_integrations import delivery
from crm_integrations.models import Connection, Delivery, Exchange, Route, State
from leadops.models import Lead, Partner, Program
from leadops.services import leads
from tests import people

LEADS, THREADS, LATENCY_MS = 6_000, 12, 100
"""So many that some seconds pass: the beginning of the threads' database sessions counts as little as in a day."""
SLOW_THREADS, LEADS_A_THREAD = (8, 32), 300


@contextmanager
def vendor(milliseconds: int = 0) -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("instant_vendor.py")), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def queue(url: str, count: int) -> None:
    """`count` new leads, all due at one ISPCRM connection."""
    for model in (Exchange, Delivery, Route, Connection, Lead, Program, Partner):
        model.objects.all().delete()
    connection = Connection(vendor="ispcrm", name="instant", base_url=url, parallel=max(SLOW_THREADS))
    connection.secrets = {"token": "bench"}
    connection.save()
    Route.objects.create(connection=connection)
    partner, program = people.partner("Bench", "bench"), people.program("bench", "Bench")
    leads.submit(people.leads_of(partner, program, count))
    with (
        database.cursor() as cursor
    ):  # as the server itself does within a minute, here of tables just emptied
        cursor.execute("VACUUM ANALYZE")


def drained(url: str, count: int, threads: int) -> float:
    """Deliveries a second, with this many threads in this process."""
    queue(url, count)
    workers = [threading.Thread(target=work) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    assert Delivery.objects.filter(state=State.DELIVERED).count() == count
    return count / took


def work() -> None:
    try:
        delivery.drain()
    finally:
        connections.close_all()


def bare(url: str, count: int) -> float:
    """POSTs a second of a plain `requests.Session` loop with the same body."""
    session, body = (
        requests.Session(),
        '{"name": "Asha Verma", "email": "asha@example.com", "phone": "9800000001"}',
    )
    session.trust_env = False  # else it looks for proxies and passwords of the machine at every call
    began = time.perf_counter()
    for _ in range(count):
        answer = session.post(
            f"{url}/api/v1/subscriber/CreateLead", data=body, headers={"Authorization": "Bearer x"}
        )
        assert answer.json()["success"]
    return count / (time.perf_counter() - began)


def main() -> None:
    with vendor() as url:
        rates = scratch.interleaved(
            3,
            bare=lambda: bare(url, LEADS),
            one=lambda: drained(url, LEADS, 1),
            several=lambda: drained(url, LEADS, THREADS),
        )
    best = max(rates["one"], rates["several"])
    scratch.report("what a second processor adds here", scratch.second_processor(), "%")
    scratch.report("bare requests.Session loop, instant vendor", rates["bare"], "posts/s")
    scratch.report("one worker process, 1 thread", rates["one"], "deliveries/s")
    scratch.report(f"one worker process, {THREADS} threads", rates["several"], "deliveries/s")
    scratch.report("ratio", 100 * best / rates["bare"], "%", "bar: 50 %")
    with vendor() as url:
        ours, theirs = processor_time(url)
    scratch.report("processor time of a delivery, this process", ours, "ms")
    scratch.report("processor time of a bare post, this process", theirs, "ms")
    for threads in SLOW_THREADS:
        slow_vendor(threads)


def processor_time(url: str) -> tuple[float, float]:
    """Milliseconds of this process for a delivery and for a bare post: unlike rates, hardly moved by what else runs."""
    queue(url, LEADS)
    began = time.process_time()
    delivery.drain()
    between = time.process_time()
    bare(url, LEADS)
    return 1000 * (between - began) / LEADS, 1000 * (time.process_time() - between) / LEADS


def slow_vendor(threads: int) -> None:
    """Where only waiting takes time, as many calls have to be under way as there are threads.

    For half a minute each, so that the beginning of the threads' database sessions counts little, as in a day's work.
    """
    with vendor(LATENCY_MS) as url:
        count = threads * LEADS_A_THREAD
        slow = scratch.interleaved(3, ours=lambda: drained(url, count, threads))["ours"]
    limit = threads * 1000 / LATENCY_MS
    scratch.report(f"vendor that takes {LATENCY_MS} ms, {threads} threads", slow, "deliveries/s")
    scratch.report("ratio to threads ÷ latency", 100 * slow / limit, "%", "bar: 90 %")


if __name__ == "__main__":
    main()
