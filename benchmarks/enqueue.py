"""What it adds to an import that every lead goes to five connections: in all, and in the enqueueing itself.

python benchmarks/enqueue.py [ROWS]
"""

from __future__ import annotations

import time
from typing import Any

import excel_import
import scratch

from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Route
from leadops.models import Partner

CONNECTIONS, RUNS, BAR = 5, 3, 10
spent: list[float] = []
enqueue = outbox.enqueue


def timed(new: Any) -> Any:
    """`outbox.enqueue`, with the time it takes kept."""
    began = time.perf_counter()
    try:
        return enqueue(new)
    finally:
        spent.append(time.perf_counter() - began)


def seconds(connections: int) -> float:
    """How long the import takes with so many connections."""
    Delivery.objects.all()._raw_delete("default")
    Route.objects.all().delete()
    Connection.objects.all().delete()
    for number in range(connections):
        made = Connection.objects.create(
            vendor="ispcrm", name=f"bench {number}", base_url="http://127.0.0.1:9"
        )
        Route.objects.create(connection=made)
    spent.clear()
    took = excel_import.ROWS / excel_import.ours()
    assert Delivery.objects.count() == connections * excel_import.ROWS
    return took


def main() -> None:
    outbox.enqueue = timed
    shares: list[float] = []

    def with_all() -> float:
        took = seconds(CONNECTIONS)
        shares.append(100 * sum(spent) / took)
        return took

    Partner.objects.all().delete()
    took = scratch.interleaved(RUNS, without=lambda: seconds(0), within=with_all)
    rows = f"{excel_import.ROWS:,} leads"
    scratch.report(f"import of {rows}, no connection", took["without"], "s")
    scratch.report(f"import of {rows}, {CONNECTIONS} connections", took["within"], "s")
    scratch.report("of it in outbox.enqueue", sorted(shares)[len(shares) // 2], "%", f"bar: {BAR} %")
    added = 100 * (took["within"] - took["without"]) / took["without"]
    scratch.report("more than without connections, commits included", added, "%")


if __name__ == "__main__":
    main()
