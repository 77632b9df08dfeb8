"""How much an import is slowed by a million leads that were here before."""

from __future__ import annotations

import os
import sys

ROWS, BEHIND = 100_000, int(os.environ.get("BENCH_ROWS", "1000000"))
sys.argv[1:] = [str(ROWS)]

import excel_import
import many_leads
import scratch
from django.db import connection, transaction

from leadops import synthetic
from leadops.models import Lead
from leadops.services import leads

RUNS = 3
BAR = 20.0
SEED = 2


def with_many_behind() -> float:
    """The rows per second with so many leads of another partner's in the tables."""
    partner, program = excel_import.clean()
    [first] = synthetic.drafts(1, seed=SEED)
    with transaction.atomic():
        leads.create([first], partner=partner, program=program, intake=Lead.Intake.API)
    many_leads.copy(BEHIND - 1, like=first.partner_ref_id)
    settled()
    return excel_import.imported(partner, program)


def settled() -> None:
    """What the server does within minutes of a million rows: they were here long before the import."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def main() -> None:
    rates = scratch.interleaved(RUNS, alone=excel_import.ours, behind=with_many_behind)
    scratch.report(f"an import of {ROWS:,} rows into empty tables", rates["alone"], "rows/s")
    scratch.report(f"with {BEHIND:,} leads behind", rates["behind"], "rows/s")
    scratch.report("slower by", 100 * (1 - rates["behind"] / rates["alone"]), "%", f"bar: {BAR:g}")


if __name__ == "__main__":
    main()
