"""Finding what dead workers and lost messages left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from crm_integrations import events, health, notices, summary
from crm_integrations.models import Delivery, Exchange, Lease, Notice, State
from crm_integrations.models.exchange import UNANSWERED
from crm_integrations.outbox import consents, low_water, replays
from crm_integrations.outbox.settling import cause_of, wake
from leadops import statements

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
    health.grow()
    replays.feed()


def reap() -> int:
    """End the leases of dead workers; returns how many deliveries were freed.

    One whose create call was opened and never completed may be at the vendor, and one that was accepted is: their
    outcome is unknown. All others were not sent and are queued again; but one that workers died over again and again,
    the last times with nothing else in hand, is taken out.
    """
    expired = Delivery.objects.filter(leased_until__lte=Now())
    with transaction.atomic():
        # Leads first, as everywhere: who locks in two orders deadlocks.
        chosen = set(expired.values_list("lead_id", flat=True)[:BATCH])
        held = summary.lock(chosen - {None})
        of_no_lead = Q(lead=None) if None in chosen else Q(pk__in=[])
        ours = expired.filter(Q(lead_id__in=held) | of_no_lead).select_related("connection")
        rows = list(ours.select_for_update(skip_locked=True, of=("self",)))
        dangling = Exchange.objects.filter(delivery__in=rows, finished_at=None)
        sent = set(dangling.filter(purpose=Exchange.Purpose.CREATE).values_list("delivery_id", flat=True))
        dangling.update(error=UNANSWERED, finished_at=Now())
        for delivery in rows:
            may_be_there = delivery.accepted or delivery.pk in sent
            columns = _after_death(delivery, may_be_there)
            if "reason" in columns:
                columns["cause"] = cause_of(columns["state"], columns["reason"])
            Delivery.objects.filter(pk=delivery.pk).update(**columns)
            if "cause" in columns:
                events.of_deliveries([delivery.pk], columns["state"])
        summary.derive(held)
    Lease.objects.filter(until__lte=Now()).delete()
    return len(rows)


def _after_death(delivery: Delivery, sent: bool) -> dict[str, Any]:
    lost = delivery.leases_lost + 1
    freed: dict[str, Any] = {"lease": None, "leased_until": None, "updated_at": Now(), "leases_lost": lost}
    if lost >= DEATHS:
        return freed | _taken_out(delivery, sent)
    if delivery.state == State.UNKNOWN:
        return freed
    if not sent or delivery.connection.connector_class.knows_repeats:
        return freed | {"state": State.QUEUED, "due_at": Now()}
    wait = settings.DELIVERY_LOOKUPS[0] if settings.DELIVERY_LOOKUPS else 0
    unknown = State.UNKNOWN if delivery.connection.connector_class.can_find else State.REVIEW
    return freed | {"state": unknown, "reason": UNANSWERED, "lookups": 0, "absences": 0, "once_unknown": True,
                    "due_at": Now() + timedelta(seconds=wait)}  # fmt: skip


def _taken_out(delivery: Delivery, sent: bool) -> dict[str, Any]:
    """Nothing tries it again by itself; what may be at the vendor is for a person to decide."""
    said = "A record is not tried again by itself, because workers died over it; see its delivery."
    notices.raise_notice(delivery.connection, Notice.Kind.POISON, said, subject=str(delivery.pk))
    knows_repeats = delivery.connection.connector_class.knows_repeats
    if (sent and not knows_repeats) or delivery.state == State.UNKNOWN:
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
