"""A long run with every fault at once, while records keep coming in; the judge does the sums."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.chaos.judge import Verdict, judge
from benchmarks.chaos.kills import LONGEST, VENDORS, Crew, at_work, open_deliveries
from benchmarks.chaos.rig import PATIENCE, Rig

FAULTS = (
    ("slow", 0.05, 0.2),
    ("429", 0.002, 1),
    ("503", 0.01, None),
    ("500_before", 0.01, None),
    ("500_after", 0.01, None),
    ("cut_before", 0.01, None),
    ("cut_after", 0.01, None),
    ("error_flag", 0.01, None),
    ("html", 0.01, None),
    ("truncated", 0.01, None),
    ("duplicate", 0.01, None),
    ("slow", 0.002, 5),
)
"""Fault, how likely, value."""


@dataclass
class Result:
    """What the judge found at the end of the time."""

    verdict: Verdict
    calls: int
    seconds: float

    @property
    def good(self) -> bool:
        return self.verdict.clean

    def __str__(self) -> str:
        return f"{self.verdict}; {self.calls} calls in {self.seconds:.0f} s"


def run(
    rig: Rig, leads: int, seconds: float, workers: int = 2, chunk: int = 100, seed: int = 20261120
) -> Result:
    """Take in `leads` leads for all five vendors over `seconds`; what is still open at the end is counted as open."""
    rig.clear()
    began, taken, accepted = time.monotonic(), 0, 0
    for number, (name, likely, value) in enumerate(FAULTS):
        rig.fault("*", name, probability=likely, value=value, seed=seed + number)
    with at_work(rig, workers) as crew:
        while taken < leads or time.monotonic() < began + seconds:
            if taken < leads and open_deliveries(rig) < 20 * chunk:
                some = min(chunk, leads - taken)
                accepted, taken = int(rig.inside("seeding", some, *VENDORS)), taken + some
            elif taken >= leads and open_deliveries(rig) == 0:
                break
            crew.replace_the_ended()
            time.sleep(0.2)
            if time.monotonic() > began + seconds + LONGEST:
                break
        _finish(rig, crew)
    calls = rig.value("SELECT count(*) FROM crm_integrations_exchange")
    return Result(judge(rig, accepted), int(calls), time.monotonic() - began)


def _finish(rig: Rig, crew: Crew) -> None:
    """No worker is in the middle of anything when the judge comes."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and rig.value(
        "SELECT count(*) FROM crm_integrations_delivery WHERE leased_until IS NOT NULL"
    ):
        crew.replace_the_ended()
        time.sleep(0.2)
