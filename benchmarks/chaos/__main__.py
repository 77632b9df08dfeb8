"""`python -m benchmarks.chaos [PART]... [--small]`: break things on purpose, and let the judge tell what came of it.

Ends with status 1 when a promise of docs/reliability.md was not kept, or when a broker to be tried is missing.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from types import FrameType

from benchmarks.chaos import brokers, kills, planted, silent, soak, swallowed
from benchmarks.chaos.judge import judge
from benchmarks.chaos.rig import ROOT, Rig, rig

Part = Callable[[Rig, bool], bool]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all when none is named"
    )
    parser.add_argument("--small", action="store_true", help="the sizes of the test suite")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupted)
    kept = True
    with rig() as ours:
        for name in options.parts or PARTS:
            print(f"== {name}", flush=True)
            kept = PARTS[name](ours, options.small) and kept
    return 0 if kept else 1


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def killed_workers(rig: Rig, small: bool) -> bool:
    """Once with each broker."""
    plan = kills.Plan(12, 2, 3, 1, 1) if small else kills.Plan(300, 4, 40, 2, 2)

    def killed(broker: str) -> bool:
        result = kills.run(rig, plan, broker)
        print(f"{broker}: {result}", flush=True)
        return result.good

    return _with_each(brokers.NAMES, killed)


def silent_broker(rig: Rig, small: bool) -> bool:
    """Redis and RabbitMQ stopped for a while under leads that come in."""

    def silenced(broker: str) -> bool:
        result = silent.run(rig, 5 if small else 60, broker)
        print(f"{broker}: {result}", flush=True)
        return result.good

    return _with_each(brokers.SERVERS, silenced)


def canaries(rig: Rig, small: bool) -> bool:
    """What is planted at the start is nowhere at the end; the suite looks into the embedded broker itself."""
    return _with_each(brokers.SERVERS, lambda broker: planted.run(rig.folder, broker))


def _with_each(names: Iterable[str], kept: Callable[[str], bool]) -> bool:
    """Whether it was kept with every broker of these; one that can't be had is named."""
    all_kept = True
    for broker in names:
        try:
            all_kept = kept(broker) and all_kept
        except brokers.Missing as missing:
            print(f"{broker}: NOT TRIED: {missing}", flush=True)
            all_kept = False
    return all_kept


def points(rig: Rig, small: bool) -> bool:
    """A kill at each of the seven points."""
    rig.clear()
    times = 3 if small else 50
    found = rig.inside("dying", "kill", times)
    verdict = judge(rig, found["deliveries"])
    for point, what in found["points"].items():
        print(f"{point:<24} {what['as_told']} of {times} as told", *what["otherwise"][:3], flush=True)
    print(verdict, flush=True)
    return verdict.clean and all(what["as_told"] == times for what in found["points"].values())


def frozen_workers(rig: Rig, small: bool) -> bool:
    """Workers that sleep past their lease."""
    rig.clear()
    found = rig.inside("dying", "freeze", 5 if small else 100)
    verdict = judge(rig, found["deliveries"])
    print(found, verdict, sep="\n", flush=True)
    return verdict.clean and not found["late_outcomes"] and not found["duplicates"]


def long_outage(rig: Rig, small: bool) -> bool:
    """72 hours without the vendors."""
    rig.clear()
    found = rig.inside("outage", 20 if small else 100, "crego_crm", "ispcrm")
    verdict = judge(rig, found["deliveries"])
    print(found, verdict, sep="\n", flush=True)
    arrived = found["delivered"] == found["deliveries"] and found["most_tries"] <= 11
    return verdict.clean and arrived and (small or found["busiest_share"] <= 0.05)


def swallowed_calls(rig: Rig, small: bool) -> bool:
    """One vendor that never answers."""
    result = swallowed.run(rig, 20, 1) if small else swallowed.run(rig, 400, 3)
    print(result, flush=True)
    return result.good


def soaked(rig: Rig, small: bool) -> bool:
    """Every fault at once."""
    result = soak.run(rig, 20, 15, workers=1, chunk=20) if small else soak.run(rig, 10_000, 1800)
    print(result, flush=True)
    return result.good


def tests(rig: Rig, small: bool) -> bool:
    """What pytest tells: model and races in full size, the table of faults, the vendor that swallows everything."""
    files = [f"tests/crm_integrations/{name}.py" for name in ("test_machine", "test_chaos_faults")]
    files += ["tests/crm_integrations/test_health.py", "tests/crm_integrations/test_races.py"]
    full = {} if small else {"CHAOS_FULL": "200"}
    command = [sys.executable, "-m", "pytest", "-q", *files]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **full}, check=False).returncode == 0


PARTS: dict[str, Part] = {
    "kills": killed_workers,
    "silent": silent_broker,
    "canaries": canaries,
    "points": points,
    "freezes": frozen_workers,
    "outage": long_outage,
    "swallowed": swallowed_calls,
    "tests": tests,
    "soak": soaked,
}

if __name__ == "__main__":
    sys.exit(main())
