"""Taking deliveries in hand, and keeping what is done with them."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db.models import Case, Exists, F, OuterRef, Value, When
from django.db.models.functions import Now

from crm_integrations.models import CLAIMABLE, Delivery, Exchange, State

BATCH = 20


class LostLease(Exception):
    """Another worker has this delivery now."""


class Paused(Exception):
    """The connection was paused after the delivery was claimed."""


class TooLate(Exception):
    """Too little of the lease was left to begin a call in it; nothing was sent."""


@dataclass(slots=True)
class Claim:
    """Deliveries of one connection that are this worker's until the lease ends.

    `safe_until` is a moment of the monotonic clock: a call begun before it ends before the lease does.
    """

    lease: uuid.UUID
    deliveries: list[Delivery]
    safe_until: float

    @property
    def ends_at(self) -> float:
        """The monotonic moment at which the lease ends."""
        return self.safe_until + settings.DELIVERY_DEADLINE_SECONDS


# One connection at a time, the one with the fewest calls under way: so a slow vendor holds up only its own rows.
CLAIM = """
WITH chosen AS (
    SELECT c.id FROM crm_integrations_connection c
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT b.lease) AS calls FROM crm_integrations_delivery b
        WHERE b.connection_id = c.id AND b.leased_until > now()
    ) busy
    WHERE c.enabled AND (c.paused_until IS NULL OR c.paused_until <= now()) AND busy.calls < c.parallel AND EXISTS (
        SELECT 1 FROM crm_integrations_delivery d WHERE d.connection_id = c.id AND d.state IN ({states})
        AND d.due_at <= now() AND (d.leased_until IS NULL OR d.leased_until <= now())
    )
    ORDER BY busy.calls, random() LIMIT 1
), due AS (
    SELECT d.id FROM crm_integrations_delivery d JOIN chosen ON d.connection_id = chosen.id
    WHERE d.state IN ({states}) AND d.due_at <= now() AND (d.leased_until IS NULL OR d.leased_until <= now())
    ORDER BY d.due_at, d.id LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
)
UPDATE crm_integrations_delivery d SET
    state = CASE WHEN d.state = 'unknown' THEN 'unknown' ELSE 'sending' END,
    lease = %(lease)s, leased_until = now() + %(seconds)s * interval '1 second', updated_at = now()
FROM due WHERE d.id = due.id RETURNING d.id
""".format(states=", ".join(f"'{state.value}'" for state in CLAIMABLE))


def claim(limit: int = BATCH) -> Claim | None:
    """Take up to `limit` due deliveries of one connection; None when there is nothing to do.

    A delivery in `unknown` keeps its state: it is to be looked up, not sent.
    """
    began, lease = time.monotonic(), uuid.uuid4()
    for _ in range(3):  # others may have locked what was chosen
        with database.cursor() as cursor:
            cursor.execute(
                CLAIM, {"limit": limit, "lease": lease, "seconds": settings.DELIVERY_LEASE_SECONDS}
            )
            ids = [row[0] for row in cursor.fetchall()]
        if ids:
            related = ("connection", "loan_account__program")
            rows = Delivery.objects.select_related(*related).filter(pk__in=ids).order_by("due_at", "id")
            return Claim(lease, list(rows), _safe_until(began))
        if not Delivery.objects.due().filter(leased_until=None).exists():
            return None
    return None


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


# One statement, so one commit and one round trip: this stands before every call's first byte.
OPEN = """
WITH held AS (
    UPDATE crm_integrations_delivery SET attempts = attempts + %(attempt)s, updated_at = now()
    WHERE id = %(delivery)s AND lease = %(lease)s AND EXISTS (
        SELECT 1 FROM crm_integrations_connection c
        WHERE c.id = connection_id AND c.enabled AND (c.paused_until IS NULL OR c.paused_until <= now())
    ) RETURNING id, connection_id
)
INSERT INTO crm_integrations_exchange (
    id, created_at, updated_at, delivery_id, connection_id, purpose, version, operation, method, url, request_headers, request_body,
    response_headers, response_body, error
)
SELECT %(id)s, now(), now(), held.id, held.connection_id, %(purpose)s, %(version)s::int, %(operation)s, %(method)s, %(url)s, %(headers)s, %(body)s,
    '{}', '', '' FROM held
"""


def open_exchange(claim: Claim, delivery: Delivery, exchange: Exchange) -> None:
    """Keep, before its first byte, that a call is about to be made; a create counts as an attempt.

    Raises Paused when the connection was paused or disabled meanwhile, LostLease when the delivery is another's.
    """
    attempt = int(exchange.purpose == Exchange.Purpose.CREATE)
    told: dict[str, Any] = {
        name: getattr(exchange, name) for name in ("purpose", "version", "operation", "method", "url")
    }
    named = {"delivery": delivery.pk, "lease": claim.lease, "attempt": attempt, "id": exchange.pk}
    sent = {"headers": json.dumps(exchange.request_headers), "body": exchange.request_body}
    with database.cursor() as cursor:
        cursor.execute(OPEN, told | named | sent)
        if not cursor.rowcount:
            ours = Delivery.objects.filter(pk=delivery.pk, lease=claim.lease).exists()
            raise Paused if ours else LostLease
    delivery.attempts += attempt


COMPLETE = """
UPDATE crm_integrations_exchange SET status = %(status)s, response_headers = %(headers)s, response_body = %(body)s,
    error = %(error)s, duration_ms = %(duration)s, finished_at = now(), updated_at = now()
WHERE id = %(exchange)s
"""


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
    """Keep what the vendor answered."""
    with database.cursor() as cursor:
        cursor.execute(COMPLETE, answered(exchange))
