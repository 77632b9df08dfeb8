"""How long calls took, kept as counts that can be added up: sixteen steps for each doubling, so 4 % apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

STEPS = 16
"""So many make twice as long."""


def step(milliseconds: int) -> int:
    """The step that a duration falls on."""
    return round(STEPS * math.log2(max(milliseconds, 1)))


def quantile(durations: Mapping[str, int], share: float) -> int:
    """The milliseconds that `share` of the calls did not exceed; 0 where there are none."""
    rank = math.ceil(share * sum(durations.values()))
    for each in sorted(int(key) for key in durations):
        rank -= durations[str(each)]
        if rank <= 0:
            return round(2 ** (each / STEPS))
    return 0


def from_step(durations: Mapping[str, int], least: int) -> int:
    """How many calls fell on the step `least` or a later one."""
    return sum(count for key, count in durations.items() if int(key) >= least)


def together(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of `several`, added up."""
    added: dict[str, int] = {}
    for durations in several:
        for key, count in durations.items():
            added[key] = added.get(key, 0) + count
    return added
