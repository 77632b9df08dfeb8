"""One vendor takes connections and never answers: what the others keep of their pace, and when it is left alone."""

from __future__ import annotations

import socket
import statistics
from dataclasses import dataclass

from benchmarks.chaos.kills import at_work
from benchmarks.chaos.rig import Rig

OTHERS, SWALLOWING = ("brainysoft", "broctagon", "crego_crm"), "ispcrm"
LATENCY, WORKERS = 0.1, 4
LEFT = f"""
SELECT count(*) FROM crm_integrations_delivery d JOIN crm_integrations_connection c ON c.id = d.connection_id
WHERE d.state IN ('queued', 'sending', 'retrying', 'unknown') AND c.vendor <> '{SWALLOWING}'
"""
# From the first call's begin to the last one's end, in the middle of which all others are made.
PACE = f"""
SELECT count(*) / extract(epoch FROM max(e.finished_at) - min(e.created_at)) FROM crm_integrations_exchange e
JOIN crm_integrations_connection c ON c.id = e.connection_id
WHERE e.purpose = 'create' AND c.vendor <> '{SWALLOWING}'
"""
OPENED = """
SELECT extract(epoch FROM h.opened_at - min(e.created_at)) FROM crm_integrations_health h
JOIN crm_integrations_exchange e ON e.connection_id = h.connection_id WHERE h.opened_at IS NOT NULL GROUP BY h.opened_at
"""


@dataclass
class Result:
    """Calls a second at the others with the fifth vendor well and away, and seconds until its breaker opened."""

    well: float
    away: float
    opened_after: list[float]

    @property
    def kept(self) -> float:
        return self.away / self.well

    @property
    def good(self) -> bool:
        return self.kept >= 0.95 and all(seconds <= 60 for seconds in self.opened_after)

    def __str__(self) -> str:
        opened = ", ".join(f"{seconds:.1f}" for seconds in self.opened_after)
        return (
            f"the others make {self.well:.1f} calls a second, and {self.away:.1f} beside one that swallows them:"
            f" {self.kept:.0%}; its breaker opened after {opened} s"
        )


def run(rig: Rig, leads: int, rounds: int) -> Result:
    """Both in every round, because machines drift; the medians."""
    well, away, opened = [], [], []
    for _ in range(rounds):
        well.append(_pace(rig, leads))
        with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
            away.append(_pace(rig, leads, f"http://127.0.0.1:{silent.getsockname()[1]}"))
        opened.append(float(rig.value(OPENED)))
    return Result(statistics.median(well), statistics.median(away), opened)


def _pace(rig: Rig, leads: int, address: str | None = None) -> float:
    rig.clear()
    rig.inside("seeding", leads, *OTHERS, SWALLOWING)
    rig.fault("*", "slow", value=LATENCY)
    if address:
        rig.sql("UPDATE crm_integrations_connection SET base_url = %s WHERE vendor = %s", address, SWALLOWING)
    with at_work(rig, WORKERS) as crew:
        crew.wait(lambda: rig.value(LEFT) == 0, "the others are done")
        if address:
            crew.wait(lambda: bool(rig.sql(OPENED)), "the breaker opens")
    return float(rig.value(PACE))
