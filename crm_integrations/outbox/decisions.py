"""What a person decides about deliveries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now

from crm_integrations import doorbell, events, summary
from crm_integrations.connector import Kind
from crm_integrations.models import REPEATABLE, UNSENT, Delivery, State
from crm_integrations.outbox import ended_leads, vendor_ids
from crm_integrations.outbox.settlements import Settlement
from crm_integrations.outbox.settling import cause_of, pass_on
from leadops.errors import LeadopsError
from leadops.models import AuditEvent, Lead, Officer
from leadops.services import audit

UNDECIDED = (State.REVIEW, State.UNKNOWN)
NOT_ASKED_YET: dict[str, Any] = {"lookups": 0, "absences": 0}
"""What was learned from the vendor, forgotten: it is asked from the start."""
NEW_START: dict[str, Any] = {"due_at": Now(), "attempts": 0, "sent_again_at": Now()}
"""What an officer's word to send it again changes: it is due, and its tries are counted anew."""


class HeldByAnother(LeadopsError):
    """Another lead already has this id at the vendor; please look again."""


def retry(delivery_ids: Iterable[uuid.UUID], said: str = "An officer sent it again") -> int:
    """Queue again what was refused, given up, failed, skipped, cancelled or waits for its next try; returns how many.

    What may be at the vendor (`unknown`, `review`) is not touched: `send_again` needs a reason. Neither is what belongs
    to a lead that was dropped or declined. What was unknown once is looked up first; where its vendor can't be asked, a
    person decides.
    """
    ids = list(delivery_ids)
    once_unknown = Delivery.objects.filter(pk__in=ids, once_unknown=True)
    doubtful = once_unknown.exclude(lead__status__in=Lead.STOPPED).values_list("pk", flat=True)
    first, anew = f"{said}: it is looked up first.", NOT_ASKED_YET | NEW_START
    looked_up = change(doubtful, REPEATABLE, state=State.UNKNOWN, reason=first, **anew)
    again = (*REPEATABLE, State.RETRYING)
    return looked_up + change(ids, again, state=State.QUEUED, reason=f"{said}.", **NEW_START)


def cancel(delivery_ids: Iterable[uuid.UUID], reason: str = "An officer cancelled it.") -> int:
    """Stop what was not sent yet; returns how many."""
    return change(delivery_ids, UNSENT, state=State.CANCELLED, reason=reason)


def cancel_ended(leads: Iterable[Lead]) -> None:
    """Stop what was not sent yet of leads that the lender has ended."""
    ended: dict[str, list[uuid.UUID]] = defaultdict(list)
    for lead in leads:
        ended[ended_leads.said_of(lead)].append(lead.pk)
    for reason, lead_ids in ended.items():
        cancel(Delivery.objects.filter(lead__in=lead_ids).values_list("pk", flat=True), reason)


def passed_over(lead_ids: Collection[uuid.UUID], connections: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Deliveries of these leads, as they are now, that these connections surely do not have and are not sent."""
    of_leads = Delivery.objects.filter(lead__in=lead_ids, connection__in=connections, kind=Kind.LEAD)
    unsent = of_leads.filter(state__in=REPEATABLE, version=F("lead__version"))
    return list(unsent.values_list("pk", flat=True))


def revive(lead_ids: Collection[uuid.UUID]) -> int:
    """Queue again what goes with these leads and was cancelled only because the lender had ended them; how many."""
    along = (Kind.LOAN_ACCOUNT, Kind.DOCUMENT)
    ended = Delivery.objects.filter(
        lead__in=lead_ids, kind__in=along, state=State.CANCELLED, reason__in=ended_leads.REASONS
    )
    ids = list(ended.values_list("pk", flat=True))
    return retry(ids, ended_leads.OPEN_AGAIN) if ids else 0


def resolve_held(delivery_id: uuid.UUID, reference: str, reason: str, officer: Officer) -> bool:
    """An officer found it at the vendor under `reference`; False when it no longer needs a decision.

    Raises HeldByAnother when the vendor's id is that of another record of ours.
    """
    with transaction.atomic():
        delivery = Delivery.objects.select_related("connection").get(pk=delivery_id)
        summary.lock([delivery.lead_id] if delivery.lead_id else [])
        vendor_ids.alone(delivery, reference)
        if vendor_ids.held_by_another(delivery, reference):
            raise HeldByAnother
        said = f"{officer} found it at the vendor: {reason}"
        held: dict[str, Any] = {"reference": reference, "delivered_at": Now(), "accepted": False}
        if delivery.connection.connector_class.can_follow and not delivery.is_erased:
            held["ask_at"] = Now()
        done = bool(change([delivery_id], UNDECIDED, state=State.DELIVERED, reason=said, **held))
        if done:
            pass_on(delivery, Settlement(State.DELIVERED, said, reference=reference))
    return done


def send_again(delivery_id: uuid.UUID, reason: str, officer: Officer) -> bool:
    """An officer made sure that the vendor has none; False when it needs no decision, as while look-ups go on.

    What belongs to a lead that was dropped or declined is not sent again: with that it is over.
    """
    absent = {"accepted": False, "once_unknown": False, **NOT_ASKED_YET}
    said = f"{officer} had it sent again: {reason}"
    with transaction.atomic():
        done = change([delivery_id], [State.REVIEW], state=State.QUEUED, reason=said, **absent, **NEW_START)
        lead = Lead.with_deleted.filter(deliveries=delivery_id).first()
        if not done and lead is not None and lead.is_stopped:
            said = ended_leads.said_of(lead)
            done = change([delivery_id], [State.REVIEW], state=State.CANCELLED, reason=said, **absent)
    return bool(done)


def look_up_again(delivery: Delivery, officer: Officer) -> bool:
    """Have the vendor asked from the start once more; False when it needs no decision, or the vendor can't be asked."""
    if not delivery.can_be_looked_up:
        return False
    said = f"{officer} had it looked up again."
    again = {"due_at": Now(), **NOT_ASKED_YET}
    return bool(change([delivery.pk], [State.REVIEW], state=State.UNKNOWN, reason=said, **again))


def change(
    delivery_ids: Iterable[uuid.UUID], states: Sequence[State], *, state: State, reason: str, **columns: Any
) -> int:
    """Change those of `delivery_ids` that are in one of `states` and in nobody's hands, and their leads' summaries.

    Nothing is queued of a lead that the lender has ended, nor what a vendor accepted, unless that is taken back.
    """
    with transaction.atomic():
        free = Delivery.objects.filter(pk__in=list(delivery_ids), state__in=states, leased_until=None)
        if state == State.QUEUED:
            # No join: an update with one overlooks what a claim changes meanwhile.
            ended = Lead.with_deleted.filter(ended_leads.ENDED, pk=OuterRef("lead_id"))
            free = free.exclude(Exists(ended))
            if "accepted" not in columns:
                free = free.filter(accepted=False)
        ids = dict(free.values_list("pk", "lead_id"))
        held = summary.lock({lead_id for lead_id in ids.values() if lead_id})
        columns |= {"state": state, "reason": reason, "cause": cause_of(state, reason)}
        changed = free.update(updated_at=Now(), **columns)
        events.of_deliveries(ids, state)
        audit.note_all(AuditEvent.Action.DECIDED, Delivery, ids, state=state.value, said=reason)
        summary.derive(held)
        doorbell.ring_on_commit()
    return changed
