"""What it adds to an import that every lead goes to five connections, and what making the deliveries takes after it.

python benchmarks/enqueue.py [ROWS]
"""

from __future__ import annotations

import time
from typing import Any

import excel_import
import scratch

from crm_integrations import announcements
from crm_integrations.models import Announcement, Connection, Delivery, Route
from leadops.models import Partner

CONNECTIONS, RUNS, BAR = 5, 3, 10
noting: list[float] = []
unfolding: list[float] = []
note = announcements.note


def timed(leads: Any) -> None:
    """`announcements.note`, with the time it takes kept."""
    began = time.perf_counter()
    note(leads)
    noting.append(time.perf_counter() - began)


def seconds(connections: int) -> float:
    """How long the import takes with so many connections; what it leaves to be done after it is timed apart."""
    for model in (Announcement, Delivery, Route, Connection):
        model.objects.all()._raw_delete("default")
    for number in range(connections):
        made = Connection.objects.create(
            vendor="ispcrm", name=f"bench {number}", base_url="http://127.0.0.1:9"
        )
        Route.objects.create(connection=made)
    noting.clear()
    took = excel_import.ROWS / excel_import.ours()
    began = time.perf_counter()
    assert announcements.unfold() == excel_import.ROWS
    if connections:
        unfolding.append(time.perf_counter() - began)
    assert Delivery.objects.count() == connections * excel_import.ROWS
    return took


def main() -> None:
    announcements.note = timed
    shares: list[float] = []

    def with_all() -> float:
        took = seconds(CONNECTIONS)
        shares.append(100 * sum(noting) / took)
        return took

    Partner.objects.all().delete()
    took = scratch.interleaved(RUNS, without=lambda: seconds(0), within=with_all)
    rows = f"{excel_import.ROWS:,} leads"
    scratch.report(f"import of {rows}, no connection", took["without"], "s")
    scratch.report(f"import of {rows}, {CONNECTIONS} connections", took["within"], "s")
    scratch.report("of it for the deliveries to come", _median(shares), "%", f"bar: {BAR} %")
    added = 100 * (took["within"] - took["without"]) / took["without"]
    scratch.report("more than without connections, commits included", added, "%")
    after = _median(unfolding)
    scratch.report(f"making {CONNECTIONS * excel_import.ROWS:,} deliveries after it", after, "s")


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
