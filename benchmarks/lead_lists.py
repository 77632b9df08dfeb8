"""Lists of nested leads over HTTP, ours against plain REST framework with prefetch; and what a million leads change.

Both sides run under gunicorn on one database; a lead has an applicant with an address and a bank account. Ours is
measured at 1,000 leads, at 100,000 beside the plain one, and at 1,000,000: a request must cost what it cost at first.
`lead_lists.py [SECONDS] [LEADS]` says how long a round is and how many leads the last step has.
"""

from __future__ import annotations

import statistics
import sys
import time

import scratch

scratch.setup()

import many_leads
from calling import Load
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from nested_lead import of_somebody_else, plain_tables, prepare
from serving import environment, served, spent

from leadops.models import Lead

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
MOST = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
RUNS, PAGE, SLACK = 3, 50, 0.1
FEW, MANY = max(MOST // 1_000, 3 * PAGE), MOST // 10
LIST = f"/v1/crm/leads/?page_size={PAGE}"
TIMES, QUERIES, LAST, GROWN = 5.0, 6, 1.5, 1.2
FIRST = "COPY-OF-THIS"
PLAIN = (
    """CREATE TEMPORARY TABLE plain AS SELECT n, gen_random_uuid() AS lead, gen_random_uuid() AS applicant
    FROM generate_series(1, %(count)s) n""",
    """INSERT INTO plain_drf_lead SELECT r.* FROM plain, plain_drf_lead l
    CROSS JOIN LATERAL jsonb_populate_record(l, jsonb_build_object('id', plain.lead)) r""",
    """INSERT INTO plain_drf_applicant SELECT r.* FROM plain, plain_drf_applicant a
    CROSS JOIN LATERAL jsonb_populate_record(a, jsonb_build_object('id', applicant, 'lead_id', lead)) r""",
    """INSERT INTO plain_drf_address SELECT r.* FROM plain, plain_drf_address a
    CROSS JOIN LATERAL jsonb_populate_record(a, jsonb_build_object('id', lead, 'applicant_id', applicant)) r""",
    """INSERT INTO plain_drf_bank SELECT r.* FROM plain, plain_drf_bank a
    CROSS JOIN LATERAL jsonb_populate_record(a, jsonb_build_object('id', lead, 'applicant_id', applicant)) r""",
    "VACUUM ANALYZE",
)


def of_one_person() -> dict[str, object]:
    """A lead with its business alone."""
    body = of_somebody_else()
    return body | {"applicants": body["applicants"][:1]}


def oldest_and_newest(port: int, key: str) -> int:
    """Leads that were really sent, a page and more of them; the moment between, in milliseconds."""
    one = Load(port, "/v1/crm/leads/", key=key, body=of_one_person)
    Load(port, "/v1/crm/leads/", key=key, body=lambda: of_one_person() | {"partner_ref_id": FIRST}).once()
    for _ in range(PAGE):
        one.once()
    time.sleep(SLACK)
    between = time.time_ns() // 1_000_000
    time.sleep(SLACK)
    for _ in range(PAGE + 1):
        one.once()
    return between


def grow(to: int, at: int) -> None:
    """Have so many leads. Copies fill the middle: what is sealed in them nobody could show."""
    there = Lead.objects.count()
    many_leads.copy(to - there, like=FIRST, first=there, at=at)
    settle()


def settle() -> None:
    """What the server does behind so many rows at once is over, as where they came in one by one."""
    with connection.cursor() as cursor:
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            cursor.execute(statement)
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")
            if cursor.fetchone() == (0,):
                return
            time.sleep(1)


def fill_plain(count: int) -> None:
    with connection.cursor() as cursor:
        for statement in PLAIN:
            cursor.execute(statement, {"count": count})


def last_page() -> str:
    """Where a walk by cursor ends."""
    before = Lead.objects.order_by("pk").values_list("pk", flat=True)[PAGE]
    return f"{LIST}&cursor={before.hex}"


def queries(key: str) -> int:
    """How often one list asks the database."""
    headers = {"Authorization": f"Bearer {key}"}
    Client().get(LIST, headers=headers)  # prepares this session's statements
    with CaptureQueriesContext(connection) as asked:
        Client().get(LIST, headers=headers)
    return len(asked)


def median_waits(**sides: Load) -> dict[str, float]:
    """Milliseconds, the sides in turns."""
    waits: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(RUNS):
        for name, side in sides.items():
            side.rate(SECONDS)
            waits[name].append(side.wait(50))
    return {name: statistics.median(found) for name, found in waits.items()}


def processor_time(side: Load) -> float:
    """Milliseconds of a request in the workers and in PostgreSQL, whatever else the machine does."""
    before = spent(side.port)
    side.rate(SECONDS)
    return (spent(side.port) - before) / len(side.waits)


def _ours(port: int, key: str) -> dict[str, Load]:
    one = Lead.objects.values_list("pk", flat=True).get(partner_ref_id=FIRST)
    return {
        "list": Load(port, LIST, key=key),
        "list by cursor": Load(port, f"{LIST}&cursor=", key=key),
        "read": Load(port, f"/v1/crm/leads/{one}/", key=key),
        "create": Load(port, "/v1/crm/leads/", key=key, body=of_one_person),
    }


def main() -> None:
    key, env = prepare(), environment()
    plain_tables(env)
    with served("leadops", env) as ours, served("plain_drf", env) as plain:
        Load(plain, "/leads/", 201, body=of_one_person).once()
        between = oldest_and_newest(ours, key)
        grow(FEW, between)
        few = median_waits(**_ours(ours, key))
        grow(MANY, between)
        fill_plain(MANY)
        sides = {"ours": Load(ours, LIST, key=key), "plain": Load(plain, "/leads/")}
        lists = median_waits(**sides)
        taken = {name: processor_time(side) for name, side in sides.items()}
        grow(MOST, between)
        many = median_waits(**_ours(ours, key), last=Load(ours, last_page(), key=key))
    tell(lists, few, many, queries(key))
    for name, milliseconds in taken.items():
        scratch.report(f"a list, {name}: processor time, PostgreSQL's too", milliseconds, "ms")


def tell(lists: dict[str, float], few: dict[str, float], many: dict[str, float], asked: int) -> None:
    scratch.report(f"list of {PAGE} nested leads of {MANY:,}", lists["ours"], "ms")
    scratch.report("the same of plain REST framework with prefetch", lists["plain"], "ms")
    times = lists["plain"] / lists["ours"]
    scratch.report("quicker than plain", times, "times", f"bar: at least {TIMES:.2f}")
    scratch.report("queries of a list", asked, "queries", f"bar: at most {QUERIES}")
    worse = many["last"] / many["list by cursor"]
    scratch.report(f"last page of {MOST:,} over the first", worse, "times", f"bar: at most {LAST:.2f}")
    for name, before in few.items():
        scratch.report(f"{name}, {FEW:,} leads", before, "ms")
        grown = many[name] / before
        scratch.report(f"{name}, {MOST:,} over {FEW:,} leads", grown, "times", f"bar: at most {GROWN:.2f}")


if __name__ == "__main__":
    main()
