"""Leads a second when 500 come in one request, against the same leads sent one by one.

Both go to the product under gunicorn with two sync workers over 8 connections, in turns; the body is Crego's example,
each time of another borrower. `lead_bulk.py [SECONDS]` says how long a round is.
"""

from __future__ import annotations

import sys

import scratch

scratch.setup()

from calling import Load
from nested_lead import of_somebody_else, prepare
from serving import environment, served

from leadops.models import Lead

CONNECTIONS = 8
RUNS, AT_ONCE, TIMES = 3, 500, 8.0
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0


def _many() -> dict[str, object]:
    return {"leads": [of_somebody_else() for _ in range(AT_ONCE)]}


def main() -> None:
    key = prepare()
    with served("leadops", environment()) as port:
        single = Load(port, "/v1/crm/leads/", key=key, clients=CONNECTIONS, body=of_somebody_else)
        bulk = Load(port, "/v1/crm/leads/bulk/", key=key, clients=CONNECTIONS, body=_many)
        single.rate(1)
        rates = scratch.interleaved(
            RUNS, single=lambda: single.rate(SECONDS), bulk=lambda: AT_ONCE * bulk.rate(SECONDS)
        )
    if Lead.objects.count() != single.taken + AT_ONCE * bulk.taken:
        raise SystemExit("not every lead that was sent is there")
    scratch.report("one by one", rates["single"], "leads/s")
    scratch.report(f"{AT_ONCE} in a request", rates["bulk"], "leads/s")
    scratch.report("in bulk over one by one", rates["bulk"] / rates["single"], "times", f"bar: {TIMES:.2f}")


if __name__ == "__main__":
    main()
