"""Run it: at the hub, so that the judge and the servers are where the cut host can't be heard."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.chaos import brokers
from benchmarks.hosts import network
from benchmarks.hosts.cutting import LEADS, run
from benchmarks.hosts.rig import rig

AT_THE_HUB = "--at-the-hub"


def at_the_hub(leads: int) -> int:
    try:
        with rig() as made:
            result = run(made, leads)
    except brokers.Missing as reason:
        print(f"not run: {reason}")
        return 0
    print(result)
    return 0 if result.good else 1


def main() -> int:
    words = [word for word in sys.argv[1:] if word != AT_THE_HUB]
    if AT_THE_HUB in sys.argv:
        return at_the_hub(int(words[0]) if words else LEADS)
    try:
        with network.cabled():
            again = [*network.inside("hub"), sys.executable, "-m", "benchmarks.hosts", AT_THE_HUB, *words]
            return subprocess.run(again, env=dict(os.environ), check=False).returncode
    except network.Missing as reason:
        print(f"not run: {reason}")
        return 0


if __name__ == "__main__":
    sys.exit(main())
