"""The broker is stopped while leads come in over REST: each is answered as ever, and delivered once it is back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from benchmarks.chaos import brokers
from benchmarks.chaos.judge import Verdict, judge
from benchmarks.chaos.kills import at_work, open_deliveries
from benchmarks.chaos.rig import PATIENCE, Rig, kill, wait_until

VENDORS = ("brainysoft", "broctagon")
WEB = ("--workers", "2", "--threads", "8", "--log-level", "critical")
MOST_MS, MOST_SECONDS = 500.0, 60.0
RATE = 20.0
CLOCKS = {"API_CALLS_PER_MINUTE": "1000000"}


@dataclass
class Result:
    """`drained_after`: seconds from the broker's return until the last delivery was settled."""

    verdict: Verdict
    answers: dict[str, Any]
    drained_after: float

    @property
    def good(self) -> bool:
        told = self.answers
        quick = told["p95_ms"] <= MOST_MS and self.drained_after <= MOST_SECONDS
        return quick and told["taken"] == told["sent"] and self.verdict.clean and self.verdict.open == 0

    def __str__(self) -> str:
        told = self.answers
        answered = f"{told['taken']} of {told['sent']} leads taken, 95 of 100 within {told['p95_ms']:.0f} ms"
        drained = f"drained {self.drained_after:.1f} s after the broker's return (limit {MOST_SECONDS:.0f})"
        return f"{answered} (limit {MOST_MS:.0f}); {drained}; {self.verdict}"


def run(rig: Rig, seconds: float, broker_name: str) -> Result:
    """Stop the broker for so long under RATE leads a second; raises brokers.Missing."""
    rig.clear()
    broker = brokers.SERVERS[broker_name](rig.folder)
    rig.broker_url, before = broker.url, dict(rig.clocks)
    rig.clocks |= CLOCKS
    port = brokers.free_port()
    web = rig.spawn("web", "-m", "gunicorn", "leadops.wsgi", "--bind", f"127.0.0.1:{port}", *WEB)
    try:
        with at_work(rig, 2) as crew:
            wait_until(lambda: len(crew.at_work()) == 2, PATIENCE, "the workers work")
            rig.inside(
                "posting", port, 1, RATE, *VENDORS
            )  # imports and connections; also waits for the server
            wait_until(lambda: open_deliveries(rig) == 0, PATIENCE, "the first are delivered")
            broker.stop()
            answers = rig.inside("posting", port, seconds, RATE)
            broker.start()
            back = time.monotonic()
            crew.wait(lambda: open_deliveries(rig) == 0, "every delivery ends")
            drained = time.monotonic() - back
    finally:
        kill(web)
        broker.stop()
        rig.broker_url, rig.clocks = "", before
    accepted = rig.value("SELECT count(*) FROM leadops_lead") * len(VENDORS)
    return Result(judge(rig, accepted), answers, drained)
