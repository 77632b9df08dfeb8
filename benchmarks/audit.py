"""What the audit costs an import, and how long a million events take to seal and to verify.

The import runs with the triggers and without them, turn by turn. What counts is the processor time of this process,
of its children and of its database session together: a busy machine does not lengthen it as it does the clock's.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
EVENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
sys.argv[1:] = [str(ROWS)]

import excel_import
import scratch
from django.db import connection

from leadops import statements
from leadops.audit import chain, triggers
from leadops.models import Lead, Officer
from leadops.services import audit, audit_search
from leadops.services.audit_search import Wanted

RUNS = 5
A_TRANSACTION = 50
SLOWER_BAR, SECONDS_BAR, PAGE_BAR = 5.0, 60.0, 150.0
TICKS = os.sysconf("SC_CLK_TCK")
# As the triggers write them, of transactions that are over; half of them changes of a field or two.
WRITE = """
WITH acts AS (
    INSERT INTO leadops_auditact (xact, who, on_behalf_of, reason, request_id, origin, db_role)
    SELECT 1 + turn % 3000, 'officer number ' || turn % 40, '', '', md5(turn::text), 'POST /admin/leadops/lead/', 'app'
    FROM generate_series(1, {turns}) AS turn RETURNING id
)
INSERT INTO leadops_auditevent (act, action, model, record, parent, changes)
SELECT id, CASE WHEN even THEN 'update' ELSE 'insert' END, 'leadops.address', gen_random_uuid()::text,
    CASE WHEN even THEN gen_random_uuid()::text END,
    CASE WHEN even THEN jsonb_build_object('city', '["Pune", "Nagpur"]'::jsonb, 'street', '["1", "2"]'::jsonb) END
FROM acts, generate_series(1, {each}) AS number, LATERAL (SELECT number % 2 = 0 AS even) AS kind
"""


def processor_seconds() -> float:
    """Of this process, of the children it waited for, and of its database session."""
    [(session,)] = statements.rows("SELECT pg_backend_pid()")
    fields = Path(f"/proc/{session}/stat").read_text().rpartition(")")[2].split()
    return sum(os.times()[:4]) + (int(fields[11]) + int(fields[12])) / TICKS


def importing(audited: bool) -> Callable[[], float]:
    """An import with the audit's triggers, or without; its rows per second of processor time."""

    def run() -> float:
        partner, program = excel_import.clean()
        verb = "ENABLE" if audited else "DISABLE"
        for table, name, _ in statements.rows(triggers.THERE):
            statements.run(f'ALTER TABLE "{table}" {verb} TRIGGER {name}')
        before = processor_seconds()
        excel_import.imported(partner, program)
        return ROWS / (processor_seconds() - before)

    return run


def main() -> None:
    rates = scratch.interleaved(RUNS, without=importing(False), audited=importing(True))
    scratch.report(f"an import of {ROWS:,} rows without the audit", rates["without"], "rows/cpu s")
    scratch.report("with every row's event", rates["audited"], "rows/cpu s")
    slower = 100 * (1 - rates["audited"] / rates["without"])
    scratch.report("slower by", slower, "%", f"bar: {SLOWER_BAR:g}")
    turns = EVENTS // A_TRANSACTION
    with connection.cursor() as cursor:
        cursor.execute(WRITE.format(turns=turns, each=A_TRANSACTION))
        cursor.execute("VACUUM ANALYZE leadops_auditevent, leadops_auditact")
    sealing, _ = timed(chain.close)
    verifying, verdict = timed(audit.verify)
    assert verdict.broken == "", verdict.broken
    assert verdict.events >= EVENTS
    million = 1_000_000 / verdict.events
    scratch.report(f"events there are now, {verdict.seals:,} seals", verdict.events, "")
    scratch.report("sealing a million", sealing * million, "s")
    scratch.report("verifying a million", verifying * million, "s", f"bar: {SECONDS_BAR:g}")
    lead = Lead.objects.order_by("id")[0]
    pages = {
        "newest": Wanted(),
        "of one officer": Wanted(who="number 7"),
        "of nobody": Wanted(who="ravi"),
        "of one lead": Wanted(record=str(lead.pk)),
        "of partners": Wanted(model="leadops.partner"),
        "what was emptied": Wanted(action="truncate"),
        "deletions, none": Wanted(action="delete", model="leadops.lead"),
    }
    for words, wanted in pages.items():
        took, _ = timed(partial(audit_search.search, wanted, None, 51))
        scratch.report(f"a page of the search: {words}", took * 1000, "ms", f"bar: {PAGE_BAR:g}")
    took, _ = timed(partial(audit_search.history, lead, Officer(is_superuser=True), None, 50))
    scratch.report("a lead's history", took * 1000, "ms", f"bar: {PAGE_BAR:g}")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that it took, and what it answered."""
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


if __name__ == "__main__":
    main()
