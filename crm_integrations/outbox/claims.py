"""Taking deliveries in hand, keeping them, giving them back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import Case, Exists, F, OuterRef, Value, When, prefetch_related_objects
from django.db.models.functions import Now
from django.utils.functional import cached_property

from crm_integrations.connector import Connector
from crm_integrations.models import Connection, Delivery, Exchange, Lease, State
from crm_integrations.outbox import low_water, taking
from crm_integrations.outbox.settlements import Ending
from leadops import statements

FIRST_BATCH, LARGEST_BATCH = 4, 50
BATCH_SECONDS = 2.0
"""Work for about so long is taken at once: few claims where a vendor is quick, and where it is slow no worker sits on
rows that another could send."""


class LostLease(Exception):
    """Another worker has this delivery now."""


class Paused(Exception):
    """The connection was paused, or its breaker opened, after the delivery was claimed."""


class Outdated(Exception):
    """The record was changed after it was read; nothing was sent, and it has to be read again."""


class TooLate(Exception):
    """Too little of the lease was left to begin a call in it; nothing was sent."""


@dataclass
class Claim:
    """Deliveries of one connection that are this worker's until the lease ends.

    `safe_until` is a moment of the monotonic clock: a call begun before it ends before the lease does. `probe`: it is
    the one trial at a vendor whose breaker opened. `called`: the deliveries that used up their token of the rate.
    `unwritten`: the ending that is written when the next call is opened, or by `finish`.
    """

    lease: uuid.UUID
    deliveries: list[Delivery]
    safe_until: float
    probe: bool = False
    called: set[uuid.UUID] = field(default_factory=set)
    unwritten: Ending | None = None

    @property
    def ends_at(self) -> float:
        """The monotonic moment at which the lease ends."""
        return self.safe_until + settings.DELIVERY_DEADLINE_SECONDS

    @property
    def connection(self) -> Connection:
        """The one that all deliveries go to."""
        return self.deliveries[0].connection

    @cached_property
    def connector(self) -> Connector:
        """The vendor's connector; made when it is first needed, because a broken connection breaks it."""
        return self.connection.connector


def batch_after(done: int, seconds: float) -> int:
    """How many deliveries to take next, after so many took so long."""
    if done == 0:
        return FIRST_BATCH
    return max(1, min(LARGEST_BATCH, int(BATCH_SECONDS * done / max(seconds, 1e-6))))


def claim(limit: int = LARGEST_BATCH) -> Claim | None:
    """Take up to `limit` due deliveries of one connection; None when there is nothing to do.

    A delivery in `unknown` keeps its state: it is to be looked up, not sent.
    """
    began, lease = time.monotonic(), uuid.uuid4()
    for _ in range(3):  # others may have taken what was chosen
        taken = taking.take(limit, lease)
        if taken is None:
            return None
        if taken.ids:
            return Claim(lease, _rows(taken.ids), _safe_until(began), taken.probe)
    return None


# Written out, like all that every claim asks. Without the moments, which nobody on the way out asks for: Django takes
# longer to read these than all the rest.
MOMENTS = {"created_at", "updated_at", "due_at", "leased_until", "delivered_at", "ask_at"}
COLUMNS = ", ".join(str(each.column) for each in Delivery._meta.concrete_fields if each.name not in MOMENTS)
ROWS = f"SELECT {COLUMNS} FROM crm_integrations_delivery WHERE id = ANY(%s) ORDER BY due_at, id"
CONNECTION = "SELECT * FROM crm_integrations_connection WHERE id = %s"
LET_GO = "DELETE FROM crm_integrations_lease WHERE id = %s"  # by the ORM it would take three round trips


def _rows(ids: Sequence[uuid.UUID]) -> list[Delivery]:
    """The deliveries in the order they are due, all of one connection, which is read once."""
    rows = list(Delivery.objects.raw(ROWS, [list(ids)]))
    for connection in Connection.objects.raw(CONNECTION, [rows[0].connection_id]) if rows else ():
        for row in rows:
            row.connection = connection
    prefetch_related_objects([row for row in rows if row.loan_account_id], "loan_account__program")
    return rows


def release(claim: Claim) -> None:
    """Give back what of `claim` was not begun, so that another worker need not wait for the lease to end.

    What was begun and not settled keeps its lease: the reaper has to look at it.
    """
    begun = Exchange.objects.filter(delivery=OuterRef("pk"), finished_at=None)
    ours = Delivery.objects.filter(~Exists(begun), lease=claim.lease).exclude(
        state=State.SENDING, accepted=True
    )
    unused = set(ours.values_list("pk", flat=True)) - claim.called
    ours.update(
        state=Case(When(state=State.SENDING, then=Value(State.QUEUED)), default=F("state")),
        lease=None,
        leased_until=None,
        updated_at=Now(),
    )
    let_go(claim)
    low_water.forget(claim.connection.pk)
    if claim.connection.rate is not None:
        taking.owe(claim.connection.pk, -len(unused))


def let_go(claim: Claim) -> None:
    """The worker is done with `claim`: another may take its place at the connection."""
    statements.run(LET_GO, [claim.lease])


def _safe_until(leased_at: float) -> float:
    return leased_at + settings.DELIVERY_LEASE_SECONDS - settings.DELIVERY_DEADLINE_SECONDS


def ensure_time(claim: Claim, delivery: Delivery) -> None:
    """Renew the lease on `delivery` when too little of it is left for a call; LostLease when it is no longer ours."""
    began = time.monotonic()
    if began < claim.safe_until:
        return
    until = Now() + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    ours = Delivery.objects.filter(lease=claim.lease, leased_until__gt=Now())
    # The place at the connection first: rather one worker too few there than one too many.
    Lease.objects.filter(pk=claim.lease).update(until=until)
    if delivery.pk not in set(ours.values_list("pk", flat=True)) or not ours.update(leased_until=until):
        raise LostLease
    claim.safe_until = _safe_until(began)


def still_ours(claim: Claim) -> None:
    """The last look before the first byte: a worker that slept past its lease does not send."""
    if time.monotonic() >= claim.safe_until:
        raise TooLate
