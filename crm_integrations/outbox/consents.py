"""What a consent that was withdrawn, or given later, means for deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from crm_integrations import registry, summary
from crm_integrations.models import UNSENT, Delivery, State
from crm_integrations.outbox import bars, ended_leads
from crm_integrations.outbox.decisions import cancel
from crm_integrations.outbox.settling import wake
from leadops import statements
from leadops.models import Lead

AT_ONCE = 500
WITHDRAWN = "The borrower withdrew their consent."


class Found(NamedTuple):
    """A delivery and what bars it, None where nothing does."""

    delivery_id: UUID
    by: str | None


FIND = f"""
SELECT d.id, bar.by FROM crm_integrations_delivery d
LEFT JOIN LATERAL ({bars.bar("d.lead_id", "d.connection_id")}) bar ON true
WHERE d.lead_id = ANY(%s) AND d.state = ANY(%s)
"""


def withdraw(leads: Iterable[Lead]) -> int:
    """Cancel what was not sent yet and has no consent any more; returns how many."""
    found = _found({lead.pk for lead in leads}, UNSENT)
    return cancel([each.delivery_id for each in found if each.by == bars.CONSENT], WITHDRAWN)


def stop(leads: Iterable[Lead]) -> int:
    """Cancel all that was not sent yet of leads whose personal data is erased; returns how many."""
    unsent = Delivery.objects.filter(lead__in=[lead.pk for lead in leads])
    return cancel(unsent.values_list("pk", flat=True), ended_leads.ERASED)


def look_again(lead_ids: Collection[UUID]) -> int:
    """Let those of these leads' deliveries go on that waited for a consent that is there now; returns how many."""
    waiting = Delivery.objects.filter(state=State.WAITING, no_consent=True)
    if not waiting.filter(lead__in=lead_ids).exists():
        return 0
    with transaction.atomic():
        summary.lock(lead_ids)
        free = [each.delivery_id for each in _found(lead_ids, [State.WAITING]) if each.by != bars.CONSENT]
        free = list(waiting.filter(pk__in=free).values_list("pk", flat=True))
        released = Delivery.objects.filter(pk__in=free)
        for vendor in set(released.exclude(depends_on="").values_list("depends_on", flat=True)):
            said = registry.waits_for(vendor)
            released.filter(depends_on=vendor).update(no_consent=False, reason=said, updated_at=Now())
        wake(released.filter(depends_on=""))
        released.update(no_consent=False)
    return len(free)


def look_again_in_turn() -> int:
    """Look whether what waits for a consent may go on, those first that were not looked at for longest."""
    waiting = Delivery.objects.filter(state=State.WAITING, no_consent=True, due_at__lte=Now())
    found = dict(waiting.order_by("due_at").values_list("pk", "lead_id")[:AT_ONCE])
    if not found:
        return 0
    Delivery.objects.filter(pk__in=found, state=State.WAITING).update(
        due_at=Now() + timedelta(seconds=bars.LOOK_AGAIN_SECONDS)
    )
    return look_again({lead_id for lead_id in found.values() if lead_id})


def _found(lead_ids: Collection[UUID], states: Sequence[State]) -> list[Found]:
    return [Found(*row) for row in statements.rows(FIND, [list(lead_ids), [str(each) for each in states]])]
