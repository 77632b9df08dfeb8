"""Events become deliveries to those who subscribed to them, some at a time, after the commit that wrote them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from crm_integrations import doorbell, notices
from crm_integrations.connector import Kind
from crm_integrations.models import Delivery, Notice, PartnerEvent, State, Subscription, Untold
from leadops import statements
from leadops.faults import place_of
from leadops.ids import uuid7

logger = logging.getLogger(__name__)
PART = 500
"""Events of one note that are turned into deliveries at a time."""
OVER = (
    State.DELIVERED,
    State.REJECTED,
    State.REVIEW,
    State.DEAD,
    State.FAILED,
    State.SKIPPED,
    State.CANCELLED,
)
"""States in which a replay has an event sent again; in all others it is on its way."""

# Within a note there may be events of others that were written meanwhile: those have their deliveries, or get them.
PART_OF = """
SELECT number, id, type FROM crm_integrations_partnerevent
WHERE partner_id = %s AND number BETWEEN %s AND %s ORDER BY number LIMIT %s
"""
MAKE = """
INSERT INTO crm_integrations_delivery AS d (
    id, created_at, updated_at, connection_id, kind, event_id, record_id, version, ref, state,
    accepted, attempts, lookups, absences, due_at, depends_on, reference, vendor_status, reason
)
SELECT n.id, now(), now(), n.connection_id, %(kind)s, n.event_id, n.record_id, 1, replace(n.record_id::text, '-', ''),
    'queued', false, 0, 0, 0, now(), '', '', '', %(reason)s
FROM unnest(%(id)s::uuid[], %(connection_id)s::uuid[], %(event_id)s::bigint[], %(record_id)s::uuid[])
    AS n(id, connection_id, event_id, record_id)
ON CONFLICT (connection_id, kind, record_id, version) DO {repeated}
"""
AGAIN = """
UPDATE SET state = 'queued', reason = excluded.reason, cause = '', due_at = now(), attempts = 0, sent_again_at = now(),
    updated_at = now()
WHERE d.state = ANY(%(over)s) AND d.leased_until IS NULL
"""
REPLAYED = "It was replayed."


def tell(stop: Callable[[], bool] = lambda: False) -> int:
    """Make the deliveries of all events that were noted, or until `stop` says so; returns of how many events."""
    done = 0
    while not stop() and (count := tell_next()):
        done += count
    return done


def tell_next() -> int:
    """Make the deliveries of the next events; returns of how many events, 0 when there are none, or it broke."""
    try:
        with transaction.atomic():
            noted = Untold.objects.select_for_update(skip_locked=True).first()
            return _make(noted) if noted is not None else 0
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # leads must go on to their vendors
        logger.error("Events can't be told: %s.", place_of(error))
        return 0


def _make(noted: Untold) -> int:
    events = statements.rows(PART_OF, [noted.partner_id, noted.first, noted.last, PART])
    if len(events) == PART and events[-1][0] < noted.last:
        Untold.objects.filter(pk=noted.pk).update(first=events[-1][0] + 1)
    else:
        noted.delete()
    subscribed = _subscribed(noted)
    wanted = [
        (connection, number, key)
        for number, key, kind in events
        for connection, kinds in subscribed
        if kind in kinds
    ]
    if wanted:
        _insert(wanted, replayed=noted.connection_id is not None)
    return max(len(events), 1)


def _subscribed(noted: Untold) -> list[tuple[UUID, list[str]]]:
    """To whom the events go, and which of them."""
    theirs = Subscription.objects.kept().filter(
        partner=noted.partner_id, partner__active=True, connection__enabled=True
    )
    if noted.connection_id is not None:
        theirs = theirs.filter(connection=noted.connection_id)
    return list(theirs.values_list("connection", "events"))


def _insert(wanted: Sequence[tuple[UUID, int, UUID]], *, replayed: bool) -> None:
    connections, numbers, keys = map(list, zip(*wanted, strict=True))
    named: dict[str, Any] = {
        "id": [uuid7() for _ in wanted],
        "connection_id": connections,
        "event_id": numbers,
        "record_id": keys,
        "kind": Kind.EVENT.value,
        "reason": REPLAYED if replayed else "",
        "over": [state.value for state in OVER],
    }
    statements.run(MAKE.format(repeated=AGAIN if replayed else "NOTHING"), named)
    doorbell.ring_on_commit()


def send_test(subscription: Subscription, event: PartnerEvent) -> None:
    """Send `event` to this subscription alone, in the caller's transaction."""
    _insert([(subscription.connection_id, event.number, event.id)], replayed=False)


def enabled_again(subscription: Subscription) -> None:
    """What was said of its troubles is over."""
    notices.close(subscription.connection, Notice.Kind.DISABLED)
    doorbell.ring_on_commit()


def withdraw(subscription: Subscription) -> None:
    """Nothing that was not sent yet goes there any more, and nobody has to see to its troubles."""
    notices.close(subscription.connection, Notice.Kind.DISABLED)
    waiting = Delivery.objects.filter(connection=subscription.connection_id, leased_until=None)
    waiting.filter(state__in=(State.QUEUED, State.RETRYING)).update(
        state=State.CANCELLED, reason="The subscription was deleted.", updated_at=Now()
    )
