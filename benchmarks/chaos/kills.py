"""Workers, the postmaster and the broker's messages are lost in the middle of the work."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import psycopg

from benchmarks.chaos import brokers
from benchmarks.chaos.judge import OPEN, Verdict, judge
from benchmarks.chaos.rig import LEASE, SWEEP, Rig, kill, wait_until

VENDORS = ("brainysoft", "broctagon", "crego_crm", "ispcrm", "crego_los")
LIMIT = LEASE + SWEEP + 5.0
LONGEST = 1200.0
LATENCY = 0.04
CELERY = ("-m", "celery", "-A", "leadops")
QUIET = ("--loglevel", "CRITICAL")
WORKER = ("worker", "--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle", *QUIET)


@dataclass
class Plan:
    """How much is lost; every moment follows from `seed` and from how far the work is."""

    leads: int
    workers: int
    kills: int
    postmaster: int
    emptied: int
    seed: int = 20261120


@dataclass
class Result:
    """What the judge found, and how long after the last kill the last delivery was settled."""

    verdict: Verdict
    settled_after: float
    calls_cut: int
    """Calls that a kill hit in the middle."""
    thrown_away: int
    ended: int
    """Workers that ended by themselves and were started again."""
    took: float

    @property
    def good(self) -> bool:
        return self.verdict.clean and self.verdict.open == 0 and self.settled_after <= LIMIT

    def __str__(self) -> str:
        said = f"last settled {self.settled_after:.1f} s after the last kill (limit {LIMIT:.0f})"
        lost = f"{self.calls_cut} calls cut, {self.thrown_away} messages emptied"
        return f"{self.verdict}; {said}; {lost}, {self.ended} workers ended by themselves; {self.took:.0f} s"


class Crew:
    """The workers: as many as there should be, and who of them is at work."""

    def __init__(self, rig: Rig, size: int) -> None:
        self.rig, self.count, self.ended = rig, 0, 0
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        schedule = str(rig.folder / "beat")
        self.beat = rig.spawn("beat", *CELERY, "beat", "--schedule", schedule, "--pidfile", "", *QUIET)
        for _ in range(size):
            self.hire()

    def hire(self) -> None:
        self.count += 1
        name = f"worker-{self.count}"
        self.workers[name] = self.rig.spawn(name, *CELERY, *WORKER, "--hostname", f"{name}@chaos")

    def replace_the_ended(self) -> None:
        """Start those anew that ended by themselves, as systemd does; `ended` counts them."""
        for name in [name for name, worker in self.workers.items() if worker.poll() is not None]:
            kill(self.workers.pop(name))  # what it may have started
            self.ended += 1
            self.hire()

    def at_work(self) -> list[str]:
        """Those that talk to the database; one that is still starting is no victim."""
        with suppress(psycopg.OperationalError):
            known = self.rig.sql("SELECT DISTINCT application_name FROM pg_stat_activity")
            return sorted({name for (name,) in known} & self.workers.keys())
        return []

    def kill_one(self, chance: random.Random) -> None:
        wait_until(lambda: bool(self.at_work()), 120, "a worker gets to work", every=0.02)
        victim = chance.choice(self.at_work() or sorted(self.workers))
        kill(self.workers.pop(victim))
        self.hire()

    def wait(self, true: Callable[[], bool], what: str) -> None:
        """Wait while they work."""

        def come() -> bool:
            self.replace_the_ended()
            return true()

        wait_until(come, LONGEST, what, every=0.02)

    def go(self) -> None:
        for process in (*self.workers.values(), self.beat):
            kill(process)


@contextmanager
def at_work(rig: Rig, size: int) -> Iterator[Crew]:
    crew = Crew(rig, size)
    try:
        yield crew
    finally:
        crew.go()


def run(rig: Rig, plan: Plan, broker_name: str = "embedded") -> Result:
    """Deliver `plan.leads` leads to all five vendors while the plan's faults come down; raises brokers.Missing."""
    rig.clear()
    broker = brokers.started(broker_name, rig.folder)
    rig.broker_url = broker.url
    began = time.monotonic()
    try:
        accepted = int(rig.inside("seeding", plan.leads, *VENDORS))
        rig.fault("*", "slow", value=LATENCY)
        with at_work(rig, plan.workers) as crew:
            thrown = _faults(rig, plan, crew, broker, accepted)
            last_kill = rig.value("SELECT now()")
            crew.wait(lambda: open_deliveries(rig) == 0, "every delivery ends")
    finally:
        broker.stop()
        rig.broker_url = ""
    settled = rig.value(
        "SELECT extract(epoch FROM max(updated_at) - %s) FROM crm_integrations_delivery", last_kill
    )
    cut = rig.value("SELECT count(*) FROM crm_integrations_exchange WHERE error LIKE 'The worker died%%'")
    return Result(
        judge(rig, accepted), max(float(settled), 0.0), cut, thrown, crew.ended, time.monotonic() - began
    )


def _faults(rig: Rig, plan: Plan, crew: Crew, broker: brokers.Broker, accepted: int) -> int:
    """Every fault at its moment: when so many objects are at the vendors; returns the messages thrown away."""
    chance, thrown = random.Random(plan.seed), 0
    for moment, what in _moments(plan, accepted, chance):
        crew.wait(partial(_reached, rig, moment), f"{moment} accepted")
        time.sleep(chance.uniform(0, 0.05))
        if what == "worker":
            crew.kill_one(chance)
        elif what == "postmaster":
            rig.kill_postgres()
        else:
            thrown += broker.empty()
    return thrown


def _moments(plan: Plan, accepted: int, chance: random.Random) -> list[tuple[int, str]]:
    """The last one is a worker's death, late in the work: what it had in hand is what has to be settled in time."""
    # What ends in review may never be at the vendor, so that all of it may be a little less than is awaited.
    until = int(accepted * 0.9)
    told = ["worker"] * (plan.kills - 1) + ["postmaster"] * plan.postmaster + ["broker"] * plan.emptied
    return [*sorted((chance.randrange(1, until), what) for what in told), (until, "worker")]


def _reached(rig: Rig, moment: int) -> bool:
    return rig.ledger_file.read_bytes().count(b'"accepted":true') >= moment


def open_deliveries(rig: Rig) -> int:
    with suppress(psycopg.OperationalError):
        return int(
            rig.value("SELECT count(*) FROM crm_integrations_delivery WHERE state = ANY(%s)", list(OPEN))
        )
    return -1
