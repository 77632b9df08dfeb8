"""What becomes of a delivery, before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from crm_integrations.models import Delivery, Exchange, State


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a delivery becomes.

    `due_in`: seconds; None leaves it to be woken or decided. `pause`: why the whole connection has to stop.
    `facts`: what the record was sent there to learn.
    """

    state: State
    reason: str
    due_in: float | None = None
    reference: str = ""
    vendor_status: str = ""
    accepted: bool = False
    lookups: int = 0
    absences: int = 0
    pause: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


class Ending(NamedTuple):
    """What became of `delivery`, with the exchange that told it."""

    delivery: Delivery
    settlement: Settlement
    exchange: Exchange | None
