"""Finding what dead workers and lost messages left behind."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from crm_integrations import events, health, notices, retry, summary
from crm_integrations.models import Delivery, Exchange, Lease, Notice, State
from crm_integrations.models.exchange import UNANSWERED
from crm_integrations.outbox import consents, low_water, replays
from crm_integrations.outbox.decisions import NOT_ASKED_YET
from crm_integrations.outbox.settling import cause_of, wake
from leadops import statements
from leadops.faults import place_of

logger = logging.getLogger(__name__)
BATCH = 500
DEATHS = 3
POISON = f"{DEATHS} workers died with it in hand, one after the other."


def sweep() -> None:
    """Find whatever was lost: ended leases, missed wake-ups, a pace that may grow, replays that wait to be fed."""
    low_water.forget_all()
    reap()
    consents.look_again_in_turn()
    wake_waiting()
    _close_what_goes_on()
    health.close_what_is_over()
    health.grow()
    replays.feed()


def reap() -> int:
    """End the leases of dead workers; returns how many deliveries were freed.

    One whose create call was opened and never completed may be at the vendor, and one that was accepted is: their
    outcome is unknown. All others were not sent and are queued again; but one that workers died over again and again,
    the last times with nothing else in hand, is taken out.
    """
    expired = list(Delivery.objects.filter(leased_until__lte=Now())[:BATCH])
    freed = sum(map(_freed, expired))
    Lease.objects.filter(until__lte=Now()).delete()
    return freed


def _freed(expired: Delivery) -> bool:
    """Free one; what breaks with it is told, and stops no other."""
    try:
        with transaction.atomic():
            # The lead first, as everywhere: who locks in two orders deadlocks.
            held = summary.lock([expired.lead_id] if expired.lead_id else [])
            still = Delivery.objects.select_related("connection").filter(leased_until__lte=Now())
            alone = still.select_for_update(skip_locked=True, of=("self",))
            delivery = alone.filter(pk=expired.pk).first()
            if delivery is not None:
                _free(delivery)
                summary.derive(held)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.error("Delivery %s can't be freed: %s.", expired.pk, place_of(error))
        return False
    return delivery is not None


def _free(delivery: Delivery) -> None:
    dangling = delivery.exchanges.filter(finished_at=None)
    sent = dangling.filter(purpose=Exchange.Purpose.CREATE).exists()
    dangling.update(error=UNANSWERED, finished_at=Now())
    columns = _after_death(delivery, delivery.accepted or sent)
    told = "reason" in columns
    if told:
        columns["cause"] = cause_of(columns["state"], columns["reason"])
    Delivery.objects.filter(pk=delivery.pk).update(**columns)
    if told:
        events.of_deliveries([delivery.pk], columns["state"])


def _after_death(delivery: Delivery, may_be_there: bool) -> dict[str, Any]:
    lost = delivery.leases_lost + 1
    freed: dict[str, Any] = {"lease": None, "leased_until": None, "updated_at": Now(), "leases_lost": lost}
    if lost >= DEATHS:
        return freed | _taken_out(delivery, may_be_there)
    if delivery.state == State.UNKNOWN:
        return freed
    if not may_be_there or delivery.connection.connector_class.knows_repeats:
        return freed | {"state": State.QUEUED, "due_at": Now()}
    can_find = delivery.connection.connector_class.can_find
    wait = retry.look_up_in(0, settings.DELIVERY_LOOKUPS) if can_find else None
    doubt = {"reason": UNANSWERED, "once_unknown": True, **NOT_ASKED_YET}
    if wait is None:
        return freed | doubt | {"state": State.REVIEW}
    return freed | doubt | {"state": State.UNKNOWN, "due_at": Now() + timedelta(seconds=wait)}


def _taken_out(delivery: Delivery, may_be_there: bool) -> dict[str, Any]:
    """Nothing tries it again by itself; what may be at the vendor is for a person to decide."""
    said = "A record is not tried again by itself, because workers died over it; see its delivery."
    notices.raise_notice(delivery.connection, Notice.Kind.POISON, said, subject=str(delivery.pk))
    knows_repeats = delivery.connection.connector_class.knows_repeats
    if (may_be_there and not knows_repeats) or delivery.state == State.UNKNOWN:
        return {
            "state": State.REVIEW,
            "reason": f"{POISON} {UNANSWERED}",
            "once_unknown": True,
            "leases_lost": 0,
        }
    return {"state": State.DEAD, "reason": POISON, "leases_lost": 0}


def _close_what_goes_on() -> None:
    """Close the notice of what workers died over once a person had it go on, or decided otherwise."""
    for notice in Notice.objects.filter(kind=Notice.Kind.POISON, closed_at=None):
        if not Delivery.objects.filter(pk=notice.subject, state__in=(State.DEAD, State.REVIEW)).exists():
            notices.close(notice.connection, Notice.Kind.POISON, notice.subject)


READY = """
SELECT w.id FROM crm_integrations_delivery w
JOIN crm_integrations_delivery l ON l.lead_id = w.lead_id AND l.kind = 'lead' AND l.state = 'delivered'
JOIN crm_integrations_connection c ON c.id = l.connection_id
    AND (c.vendor = w.depends_on OR w.kind = 'document' AND c.id = w.connection_id)
WHERE w.state = 'waiting' AND NOT w.no_consent AND l.reference <> ''
"""


def wake_waiting() -> int:
    """Queue what waits for a lead that the vendor holds by now; a net under `settle`, which does it at once."""
    ready = [row[0] for row in statements.rows(READY)]
    return wake(Delivery.objects.filter(pk__in=ready, state=State.WAITING)) if ready else 0
