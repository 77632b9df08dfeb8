"""How much longer officers wait for the list of leads while a large workbook is imported.

The web server is gunicorn with two workers, the import runs in a process of its own, as it does in a worker. An officer
asks for the list again 50 ms after it came. What a bare loop of the import's priority costs them is measured beside it:
where two processors are one core's threads, less than that is not to be had by anything that runs at all.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
sys.argv[1:] = [str(ROWS)]

import excel_import
import requests
import scratch
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.files.base import ContentFile
from django.db import connection
from serving import environment, served

from leadops import synthetic
from leadops.models import ImportBatch, Lead
from leadops.services import import_batches, leads
from leadops.sign_in.session_store import SessionStore
from tests import people

LEADS, ROUNDS, PAUSE, A_WHILE = 5_000, 3, 0.05, 20.0
BAR = 20.0
COUNTING = "import os; os.nice(15)\nwhile True: pass"
WORKER = "import django; django.setup(); from leadops import tasks; tasks.run_import({batch!r})"


def signed_in(port: int) -> Callable[[], float]:
    """An officer's browser: asks for the list, and tells how many milliseconds it took."""
    officer, session = people.officer("bench"), SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = (
        str(officer.pk),
        "leadops.sign_in.rights.Rights",
    )
    session[HASH_SESSION_KEY] = officer.get_session_auth_hash()
    session.create()
    browser = requests.Session()
    browser.cookies.set(settings.SESSION_COOKIE_NAME, session.session_key or "")

    def ask() -> float:
        began = time.perf_counter()
        answer = browser.get(f"http://127.0.0.1:{port}/admin/leadops/lead/", timeout=60)
        assert (answer.status_code, "/admin/login/" in answer.url) == (200, False)
        return 1000 * (time.perf_counter() - began)

    return ask


def asked(ask: Callable[[], float], goes_on: Callable[[], bool]) -> list[float]:
    took = []
    while goes_on():
        took.append(ask())
        time.sleep(PAUSE)
    return took


def beside(ask: Callable[[], float], env: dict[str, str]) -> list[float]:
    """What the list takes while a workbook is imported."""
    ImportBatch.objects.all().delete()
    Lead.objects.filter(intake=Lead.Intake.EXCEL).delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # the list begins at the newest, and would step over all that went
    partner, program = people.partner("Bench", "bench"), people.program("bench", "Bench")
    batch = import_batches.receive(
        ContentFile(excel_import.OUR_FILE), "bench.xlsx", partner=partner, program=program
    )
    command = [sys.executable, "-c", WORKER.format(batch=str(batch.pk))]
    with subprocess.Popen(command, env=env, cwd=scratch.ROOT) as importing:
        took = asked(ask, lambda: importing.poll() is None)
    batch.refresh_from_db()
    assert batch.created == ROWS, batch.problem
    return took


def beside_a_loop(ask: Callable[[], float]) -> list[float]:
    """What the list takes while something that asks for nothing keeps one processor."""
    with subprocess.Popen([sys.executable, "-c", COUNTING]) as loop:
        took = for_a_while(ask)
        loop.kill()
    return took


def for_a_while(ask: Callable[[], float]) -> list[float]:
    until = time.monotonic() + A_WHILE
    return asked(ask, lambda: time.monotonic() < until)


def p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def main() -> None:
    partner, program = people.partner("Bench", "bench"), people.program("bench", "Bench")
    leads.create(synthetic.drafts(LEADS, seed=3), partner=partner, program=program, intake=Lead.Intake.API)
    env = environment() | {"DJANGO_SETTINGS_MODULE": "leadops.settings"}
    alone, counting, meanwhile = [], [], []
    with served("leadops", env) as port:
        ask = signed_in(port)
        for _ in range(20):
            ask()
        for _ in range(ROUNDS):
            alone.append(p95(for_a_while(ask)))
            counting.append(p95(beside_a_loop(ask)))
            meanwhile.append(p95(beside(ask, env)))
    quiet, loop, busy = (statistics.median(each) for each in (alone, counting, meanwhile))
    scratch.report("the list of leads alone, p95", quiet, "ms")
    scratch.report("while a bare loop counts, p95", loop, "ms")
    scratch.report("what a second processor adds to the first", scratch.second_processor(), "%")
    scratch.report(f"while {ROWS:,} rows are imported, p95", busy, "ms")
    scratch.report("longer by", 100 * (busy / quiet - 1), "%", f"bar: {BAR:g}")


if __name__ == "__main__":
    main()
