"""Taking deliveries in hand, and keeping what is done with them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db.models import Case, Exists, F, OuterRef, Value, When, prefetch_related_objects
from django.db.models.functions import Now

from crm_integrations import health
from crm_integrations.connector import Connector
from crm_integrations.models import Connection, Delivery, Exchange, State
from crm_integrations.outbox import ended_leads, taking
from crm_integrations.prepared import Statement, run
from leadops.models import Lead

FIRST_BATCH, LARGEST_BATCH = 20, 50
BATCH_SECONDS = 1.0
"""Work for about so long is taken at once: few claims where a vendor is quick, and where it is slow no worker sits on
rows that another could send."""


class LostLease(Exception):
    """Another worker has this delivery now."""


class Paused(Exception):
    """The connection was paused, or its breaker opened, after the delivery was claimed."""


class TooLate(Exception):
    """Too little of the lease was left to begin a call in it; nothing was sent."""


@dataclass
class Claim:
    """Deliveries of one connection that are this worker's until the lease ends.

    `safe_until` is a moment of the monotonic clock: a call begun before it ends before the lease does. `probe`: it is
    the one trial at a vendor whose breaker opened. `called`: the deliveries that used up their token of the rate.
    """

    lease: uuid.UUID
    deliveries: list[Delivery]
    safe_until: float
    probe: bool = False
    called: set[uuid.UUID] = field(default_factory=set)

    @property
    def ends_at(self) -> float:
        """The monotonic moment at which the lease ends."""
        return self.safe_until + settings.DELIVERY_DEADLINE_SECONDS

    @cached_property
    def connector(self) -> Connector:
        """The vendor's connector; made when it is first needed, because a broken connection breaks it."""
        return self.deliveries[0].connection.connector


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


# Written out, like all that every claim asks.
ROWS = "SELECT * FROM crm_integrations_delivery WHERE id = ANY(%s) ORDER BY due_at, id"
CONNECTION = "SELECT * FROM crm_integrations_connection WHERE id = %s"


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
    ours.update(
        state=Case(When(state=State.SENDING, then=Value(State.QUEUED)), default=F("state")),
        lease=None,
        leased_until=None,
        updated_at=Now(),
    )


def _safe_until(leased_at: float) -> float:
    return leased_at + settings.DELIVERY_LEASE_SECONDS - settings.DELIVERY_DEADLINE_SECONDS


def ensure_time(claim: Claim, delivery: Delivery) -> None:
    """Renew the lease on `delivery` when too little of it is left for a call; LostLease when it is no longer ours."""
    began = time.monotonic()
    if began < claim.safe_until:
        return
    until = Now() + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    ours = Delivery.objects.filter(lease=claim.lease, leased_until__gt=Now())
    if delivery.pk not in set(ours.values_list("pk", flat=True)) or not ours.update(leased_until=until):
        raise LostLease
    claim.safe_until = _safe_until(began)


def still_ours(claim: Claim) -> None:
    """The last look before the first byte: a worker that slept past its lease does not send."""
    if time.monotonic() >= claim.safe_until:
        raise TooLate


# One statement, so one commit and one round trip: this stands before every call's first byte. What sends a record looks
# here, and only here, whether the lender still wants its lead sent: between claim and call, it may have ended it.
OPEN = f"""
WITH held AS (
    UPDATE crm_integrations_delivery d SET attempts = attempts + %(attempt)s, updated_at = now()
    WHERE id = %(delivery)s AND lease = %(lease)s AND EXISTS (
        SELECT 1 FROM crm_integrations_connection c LEFT JOIN crm_integrations_health h ON h.connection_id = c.id
        WHERE c.id = d.connection_id AND c.enabled AND (c.paused_until IS NULL OR c.paused_until <= now())
            AND (h.hold_until IS NULL OR h.hold_until <= now()) AND (h.opened_at IS NULL OR %(probe)s)
    ) AND (%(attempt)s = 0 OR NOT EXISTS (
        SELECT 1 FROM leadops_lead l WHERE l.id = d.lead_id AND {ended_leads.IS_ENDED}
    )) RETURNING id, connection_id
)
INSERT INTO crm_integrations_exchange (
    id, created_at, updated_at, delivery_id, connection_id, purpose, version, operation, method, url,
    request_headers, request_body, response_headers, response_body, error
)
SELECT %(id)s, now(), now(), held.id, held.connection_id, %(purpose)s, %(version)s::int, %(operation)s, %(method)s,
    %(url)s, %(headers)s, %(body)s, '{{}}', '', '' FROM held
RETURNING created_at, EXISTS (
    SELECT 1 FROM crm_integrations_health h WHERE h.connection_id = crm_integrations_exchange.connection_id
    AND (h.failures > 0 OR h.opened_at IS NOT NULL)
)
"""
CALL = {
    "delivery": "uuid",
    "lease": "uuid",
    "attempt": "int",
    "probe": "bool",
    "id": "uuid",
    "purpose": "text",
    "version": "int",
    "operation": "text",
    "method": "text",
    "url": "text",
    "headers": "jsonb",
    "body": "text",
}
OPENING = Statement("open_exchange", OPEN, **CALL)


def open_exchange(claim: Claim, delivery: Delivery, exchange: Exchange) -> None:
    """Keep, before its first byte, that a call is about to be made; a create counts as an attempt.

    Raises Paused when the connection was paused or disabled meanwhile, or holds back, LeadEnded when it would send what
    the lender has ended, LostLease when the delivery is another's.
    """
    attempt = int(exchange.purpose == Exchange.Purpose.CREATE)
    told: dict[str, Any] = {
        name: getattr(exchange, name) for name in ("purpose", "version", "operation", "method", "url")
    }
    named = {
        "delivery": delivery.pk,
        "lease": claim.lease,
        "attempt": attempt,
        "id": exchange.pk,
        "probe": claim.probe,
    }
    sent = {"headers": json.dumps(exchange.request_headers), "body": exchange.request_body}
    with database.cursor() as cursor:
        run(cursor, told | named | sent, OPENING)
        opened = cursor.fetchone()
    if opened is None:
        raise _why_not(claim, delivery, sends=bool(attempt))
    exchange.created_at, exchange.troubled = opened
    exchange.probe = claim.probe
    delivery.attempts += attempt
    if delivery.pk in claim.called and delivery.connection.rate is not None:
        taking.owe(delivery.connection_id)
    claim.called.add(delivery.pk)


def _why_not(claim: Claim, delivery: Delivery, *, sends: bool) -> Exception:
    """Why no call could be opened."""
    ours = Delivery.objects.filter(pk=delivery.pk, lease=claim.lease)
    status = ours.values_list("lead__status", flat=True).first()
    if status is None:
        return LostLease()
    return ended_leads.LeadEnded(ended_leads.said(status)) if sends and status in Lead.STOPPED else Paused()


COMPLETE = """
UPDATE crm_integrations_exchange SET status = %(status)s, response_headers = %(headers)s, response_body = %(body)s,
    error = %(error)s, duration_ms = %(duration)s, finished_at = now(), updated_at = now()
WHERE id = %(exchange)s
"""
ANSWER = {
    "exchange": "uuid",
    "status": "int",
    "headers": "jsonb",
    "body": "text",
    "error": "text",
    "duration": "int",
}


def answered(exchange: Exchange) -> dict[str, Any]:
    """The parameters of COMPLETE."""
    return {
        "exchange": exchange.pk,
        "status": exchange.status,
        "headers": json.dumps(exchange.response_headers),
        "body": exchange.response_body,
        "error": exchange.error,
        "duration": exchange.duration_ms,
    }


def complete_exchange(exchange: Exchange) -> None:
    """Keep what the vendor answered, and what it tells of the connection."""
    with database.cursor() as cursor:
        cursor.execute(COMPLETE, answered(exchange))
    tell_health(exchange)


def tell_health(exchange: Exchange) -> None:
    """What a call that is over tells of its connection."""
    about = exchange.delivery
    health.learn_from(about.connection if about is not None else exchange.connection, exchange)
