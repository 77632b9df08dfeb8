"""What the vendor shows of a record beside what we sent, field by field, personal numbers masked on both sides.

The stored request is masked. The whole values are those of the record as it would go today, and are trusted where they
mask to what was sent: then every digit is compared. Where the record was edited since, the masked ones are compared.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from crm_integrations import redaction, snapshots
from crm_integrations.answers import fields_of_body, texts
from crm_integrations.connector import Connector, Kind
from crm_integrations.models import Delivery, Exchange
from crm_integrations.records import Record
from leadops.faults import place_of

logger = logging.getLogger(__name__)
DECIMAL = re.compile(r"-?\d+\.\d+")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
HIDDEN = " (differs where it is masked)"
Fields = Mapping[str, str]


class Differing(NamedTuple):
    """One field the two sides do not agree about, as it may be shown."""

    name: str
    ours: str
    theirs: str


@dataclass
class Values:
    """What was sent of deliveries, by the path in the request's body: `applicants[0].name`."""

    sent: dict[UUID, Fields] = field(default_factory=dict)
    today: dict[UUID, Fields] = field(default_factory=dict)

    @classmethod
    def of(cls, deliveries: Sequence[Delivery]) -> Values:
        """Those of `deliveries`, which are of one connection, in a fixed number of queries."""
        if not deliveries:
            return cls()
        connector = deliveries[0].connection.connector
        records, _ = snapshots.readable(deliveries, snapshots.of_deliveries)
        today = {
            each.pk: _built(connector, each, records[each.pk]) for each in deliveries if each.pk in records
        }
        return cls(_sent(deliveries), today)

    def differing(self, delivery: Delivery, shown: Fields) -> Iterator[Differing]:
        """The fields of `shown` whose values are not those we sent; what we did not send is not compared."""
        today = self.today.get(delivery.pk, {})
        sent = self.sent.get(delivery.pk) or {name: masked(name, value) for name, value in today.items()}
        for name, theirs in shown.items():
            if name not in sent:
                continue
            ours, whole, hidden = sent[name], today.get(name), masked(name, theirs)
            edited = whole is None or masked(name, whole) != ours
            if not (_alike(theirs, whole) or (edited and _alike(hidden, ours))):
                yield Differing(name, ours, hidden + (HIDDEN if hidden == ours else ""))


def masked(name: str, value: str) -> str:
    """`value` as the body of a call would be stored with it."""
    leaf = re.sub(r"\[\d+\]$", "", name.rpartition(".")[2])
    kept = json.loads(redaction.body(json.dumps({leaf: value}).encode()))
    return str(next(iter(kept.values())))


def _alike(theirs: str, ours: str | None) -> bool:
    """The same, or the same number written otherwise: 250000 and 250000.00. An id is compared as it is written."""
    if ours is None or theirs.strip() == ours.strip():
        return ours is not None
    numbers = NUMBER.fullmatch(theirs) and NUMBER.fullmatch(ours)
    written = DECIMAL.fullmatch(theirs) or DECIMAL.fullmatch(ours)
    return bool(numbers and written and Decimal(theirs) == Decimal(ours))


def _sent(deliveries: Sequence[Delivery]) -> dict[UUID, Fields]:
    """The body of the last create call of each, as it is stored."""
    calls = Exchange.objects.filter(delivery__in=deliveries, purpose=Exchange.Purpose.CREATE)
    last = calls.order_by("delivery_id", "-id").distinct("delivery_id")
    return {key: _read(body) for key, body in last.values_list("delivery_id", "request_body") if key}


def _built(connector: Connector, delivery: Delivery, record: Record) -> Fields:
    try:
        return _read(connector.build(Kind(delivery.kind), record).body)
    except Exception as error:  # edited, so that it can't be sent any more; or a fault of ours in saying it
        logger.info("Delivery %s can't be built today: %s.", delivery.pk, place_of(error))
        return {}


def _read(body: str | bytes) -> Fields:
    return texts((fields_of_body(body) or {}).items())
