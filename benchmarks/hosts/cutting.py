"""A host is cut off in the middle of the work, and comes back when all of it is done."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.chaos.judge import OPEN, Verdict, judge
from benchmarks.chaos.rig import LEASE, SWEEP, kill, wait_until
from benchmarks.hosts import network
from benchmarks.hosts.rig import HostsRig

VENDORS = ("brainysoft", "broctagon", "crego_crm", "ispcrm")
LEADS = 375
THREADS = 4
LATENCY = 0.1
CUT_AT = 0.3
"""The share of the work that is done when the cable is pulled."""
LIMIT = LEASE + SWEEP + 5.0
LONGEST = 900.0
HELD = "SELECT count(*) FROM crm_integrations_delivery WHERE lease = ANY(%s)"


@dataclass
class Result:
    """What the judge found, and how the other host took over."""

    verdict: Verdict
    before: float
    """Deliveries a second with both hosts, and `alone` with one."""
    alone: float
    held: int
    """Deliveries that were in hand when the cable was pulled."""
    freed_after: float
    """Seconds from the cut until the last of them was settled, or freed from the host that can't be heard."""
    silence: float
    """The longest time in which nothing was settled at all."""
    late: int
    """Settled after the cable was mended, when nothing was left to do."""

    @property
    def good(self) -> bool:
        return self.verdict.clean and self.verdict.open == 0 and self.freed_after <= LIMIT and not self.late

    def __str__(self) -> str:
        return (
            f"{self.verdict}\n{self.before:.0f} deliveries/s with two hosts, {self.alone:.0f} with one; {self.held} in"
            f" hand at the cut, the last settled or freed after {self.freed_after:.1f} s (limit {LIMIT:.0f}); longest"
            f" standstill {self.silence:.1f} s; {self.late} written late"
        )


def run(rig: HostsRig, leads: int) -> Result:
    """Deliver `leads` leads to all vendors from two hosts, of which one is cut off."""
    accepted = int(rig.inside("seeding", leads, *VENDORS))
    rig.fault("*", "slow", value=LATENCY)
    with _hosts(rig):
        wait_until(lambda: _ended(rig) >= CUT_AT * accepted, LONGEST, "a part of the work is done")
        before = _rate(rig)
        network.cut("a")
        began = time.monotonic()
        leases = _leases(rig)
        held = int(rig.value(HELD, leases))
        wait_until(lambda: not rig.value(HELD, leases), LONGEST, "what was in hand is settled or freed")
        freed_after = time.monotonic() - began
        wait_until(
            lambda: rig.value(f"SELECT count(*) FROM ({_OPEN}) o") == 0, LONGEST, "every delivery ends"
        )
        alone, done_at = _rate(rig), rig.value("SELECT now()")
        network.mend("a")
        time.sleep(2 * LIMIT)  # what it still has to say, it says now
        late = rig.value("SELECT count(*) FROM crm_integrations_delivery WHERE updated_at > %s", done_at)
    return Result(judge(rig, accepted), before, alone, held, freed_after, _standstill(rig), late)


_OPEN = "SELECT FROM crm_integrations_delivery WHERE state IN ({})".format(
    ", ".join(f"'{each}'" for each in OPEN)
)
_SETTLED = (
    "SELECT finished_at AS at FROM crm_integrations_exchange WHERE purpose = 'create' AND status IS NOT NULL"
)


def _ended(rig: HostsRig) -> int:
    return int(rig.value("SELECT count(*) FROM crm_integrations_delivery WHERE state = 'delivered'"))


def _leases(rig: HostsRig) -> list[object]:
    """What both hosts have in hand just now."""
    leases = "SELECT id FROM crm_integrations_lease WHERE until > now()"
    return [lease for (lease,) in rig.sql(leases)]


def _rate(rig: HostsRig) -> float:
    """Answers a second over the last five seconds of work."""
    last = f"(SELECT max(at) FROM ({_SETTLED}) m) - interval '5 seconds'"
    return float(rig.value(f"SELECT count(*) / 5.0 FROM ({_SETTLED}) s WHERE at > {last}"))


def _standstill(rig: HostsRig) -> float:
    gaps = f"SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM ({_SETTLED}) s"
    return float(rig.value(f"SELECT extract(epoch FROM max(gap)) FROM ({gaps}) g"))


@contextlib.contextmanager
def _hosts(rig: HostsRig) -> Iterator[None]:
    """At each host a worker that delivers and one for all else; the clock at the hub."""
    processes: list[subprocess.Popen[bytes]] = [rig.beat()]
    try:
        for host in network.HOSTS:
            processes += [rig.worker(host, "deliver", THREADS), rig.worker(host, "rest", 2)]
        yield
    finally:
        for process in processes:
            kill(process)
