"""What a lead costs on disk: rows, bytes and commits, by delivering some to all five vendors' twins.

`python -m benchmarks.sizes [LEADS]`; docs/scaling.md multiplies it by a year.
"""

from __future__ import annotations

import sys
import time
from datetime import date

import psycopg

from benchmarks.chaos.rig import Rig, rig

VENDORS = ("brainysoft", "broctagon", "crego_crm", "ispcrm", "crego_los")
LEADS, YEARS = 1000, 8
# A partition is counted with its parent, indexes and TOAST with their table.
SIZES = """
SELECT coalesce(parent.relname, c.relname), sum(pg_total_relation_size(c.oid)), sum(pg_indexes_size(c.oid)),
    sum(greatest(c.reltuples, 0))
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1 HAVING sum(c.reltuples) > 0
"""
SPENT = """
SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, xact_commit FROM pg_stat_database WHERE datname = current_database()
"""
READS = {
    "settle one call": "UPDATE crm_integrations_exchange SET status = 200 WHERE id = '{id}'",
    "the panel of a record": "SELECT * FROM crm_integrations_exchange WHERE delivery_id = '{delivery}'",
    "the reaper": "SELECT * FROM crm_integrations_exchange WHERE delivery_id = '{delivery}' AND finished_at IS NULL",
    "the list of calls": "SELECT * FROM crm_integrations_exchange ORDER BY id DESC LIMIT 100",
    "the breaker": "SELECT * FROM crm_integrations_exchange WHERE connection_id = '{connection}'"
    " ORDER BY id DESC LIMIT 500",
}


def sizes(made: Rig) -> dict[str, tuple[float, float, float]]:
    """Bytes with indexes, bytes of indexes, and rows, by table."""
    made.sql("VACUUM ANALYZE")
    return {name: (float(all_), float(indexes), float(rows)) for name, all_, indexes, rows in made.sql(SIZES)}


def spent(made: Rig) -> tuple[int, int]:
    time.sleep(1.5)  # sessions tell what they did once a second
    wal, commits = made.sql(SPENT)[0]
    return int(wal), int(commits)


def costs(made: Rig, leads: int) -> None:
    """What taking in and delivering `leads` costs, each of it by the lead."""
    made.inside("seeding", 100, *VENDORS)  # pages that are hardly filled would count as whole
    made.manage("deliver_due", "--until-idle")
    before, began = sizes(made), spent(made)
    made.inside("seeding", leads, *VENDORS)
    taken_in = spent(made)
    made.manage("deliver_due", "--until-idle", "--workers", "4")
    ended = spent(made)
    total = 0.0
    print(f"{'table':<38}{'rows':>8}{'bytes':>9}{'of them indexes':>17}   by the lead")
    for name, (all_, indexes, rows) in sorted(sizes(made).items(), key=lambda item: -item[1][0]):
        was = before.get(name, (0.0, 0.0, 0.0))
        if rows > was[2]:
            total += (all_ - was[0]) / leads
            grown = [
                (now - then) / leads
                for now, then in zip((rows, all_, indexes), (was[2], *was[:2]), strict=True)
            ]
            print(f"{name:<38}{grown[0]:>8.2f}{grown[1]:>9.0f}{grown[2]:>17.0f}")
    print(f"{'together':<46}{total:>9.0f}")
    for what, (first, last) in {"taking in": (began, taken_in), "delivering": (taken_in, ended)}.items():
        wal, commits = (last[0] - first[0]) / leads, (last[1] - first[1]) / leads
        print(f"{what}: {wal:,.0f} bytes of WAL and {commits:.1f} commits by the lead")


def partitioned(made: Rig) -> None:
    """What many months cost those who read and write."""
    row = made.sql(
        "SELECT id, delivery_id, connection_id FROM crm_integrations_exchange ORDER BY id LIMIT 1"
    )[0]
    named = dict(zip(("id", "delivery", "connection"), row, strict=True))
    print(f"\n{'milliseconds to plan and to run':<38}{'now':>16}{f'{12 * YEARS} months':>16}")
    few = {what: _timed(made, query.format(**named)) for what, query in READS.items()}
    today = date.today()
    for year in range(today.year - YEARS, today.year):
        for month in range(1, 13):
            until = date(year + month // 12, month % 12 + 1, 1)
            first, last = (
                f"{int(day.strftime('%s')) * 1000:012x}70008000000000000000"
                for day in (date(year, month, 1), until)
            )
            made.sql(
                f"CREATE TABLE old_{year}_{month} PARTITION OF crm_integrations_exchange"
                f" FOR VALUES FROM ('{first}') TO ('{last}')"
            )
    for what, query in READS.items():
        many = _timed(made, query.format(**named))
        print(f"{what:<38}{few[what]:>16}{many:>16}")


def _timed(made: Rig, query: str) -> str:
    """The quickest of five."""
    with psycopg.connect(host=made.sockets, user="postgres", dbname="postgres", autocommit=True) as link:
        found = []
        for _ in range(6):
            told = link.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}").fetchone()[0][0]
            found.append((told["Planning Time"], told["Execution Time"]))
    planned, ran = min(found, key=sum)
    return f"{planned:.2f} + {ran:.2f}"


def main() -> None:
    with rig() as made:
        costs(made, int(sys.argv[1]) if len(sys.argv) > 1 else LEADS)
        partitioned(made)


if __name__ == "__main__":
    main()
