"""Writing what became of a delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from crm_integrations import doorbell, registry, summary
from crm_integrations.models import Connection, Delivery, Exchange, State
from crm_integrations.outbox.claims import Claim, LostLease, complete_exchange
from leadops.services import loan_accounts


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a delivery becomes.

    `due_in`: seconds; None leaves it to be woken or decided. `pause`: why the whole connection has to stop.
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


def settle(
    claim: Claim, delivery: Delivery, settlement: Settlement, exchange: Exchange | None = None
) -> None:
    """Write what became of `delivery`, with the exchange that told it, and all that follows from it.

    One transaction: the lead's lock, the exchange, the delivery, who waited for it, the lead's summary. Raises
    LostLease, having written nothing but the exchange, when the lease has gone to another.
    """
    try:
        with transaction.atomic():
            held = summary.lock([delivery.lead_id])
            if exchange is not None:
                complete_exchange(exchange)
            if not Delivery.objects.filter(pk=delivery.pk, lease=claim.lease).update(**_columns(settlement)):
                raise LostLease
            follow(delivery, settlement)
            summary.derive(held)
            if settlement.pause:
                pause(delivery.connection, settlement.pause)
    except LostLease:
        if exchange is not None:  # what came back too late is evidence all the same
            complete_exchange(exchange)
        raise


def accept(claim: Claim, delivery: Delivery, exchange: Exchange | None) -> None:
    """Write that the vendor said yes without an id, with the exchange that told it: it is never sent again."""
    with transaction.atomic():
        if not Delivery.objects.filter(pk=delivery.pk, lease=claim.lease).update(
            accepted=True, updated_at=Now()
        ):
            raise LostLease
        if exchange is not None:
            complete_exchange(exchange)


def _columns(settlement: Settlement) -> dict[str, Any]:
    now = Now()
    columns: dict[str, Any] = {
        "state": settlement.state,
        "reason": settlement.reason,
        "lease": None,
        "leased_until": None,
        "updated_at": now,
        "accepted": settlement.accepted,
        "lookups": settlement.lookups,
        "absences": settlement.absences,
    }
    if settlement.due_in is not None:
        columns["due_at"] = now + timedelta(seconds=settlement.due_in)
    if settlement.state == State.DELIVERED:
        columns |= {
            "reference": settlement.reference,
            "vendor_status": settlement.vendor_status,
            "delivered_at": now,
        }
    return columns


def follow(delivery: Delivery, settlement: Settlement) -> None:
    """What one delivery's end means for others: who waits for the lead goes on, or is told why not."""
    if delivery.kind == "lead":
        _tell_waiting(delivery, settlement)
    elif settlement.state == State.DELIVERED and delivery.loan_account_id and settlement.vendor_status:
        loan_accounts.record_status(delivery.loan_account_id, settlement.vendor_status)


def _tell_waiting(delivery: Delivery, settlement: Settlement) -> None:
    vendor = delivery.connection.vendor
    if not any(connector.depends_on == vendor for connector in registry.vendors().values()):
        return
    waiting = Delivery.objects.filter(lead_id=delivery.lead_id, state=State.WAITING, depends_on=vendor)
    if settlement.state == State.DELIVERED:
        woken = waiting.update(state=State.QUEUED, due_at=Now(), reason="", updated_at=Now())
        doorbell.ring_on_commit(woken)
    else:
        said = f"Waiting for the lead at {delivery.connection}: {settlement.reason}"
        waiting.update(reason=said, updated_at=Now())


def pause(connection: Connection, reason: str) -> None:
    """Hold all deliveries of `connection` until a person resumes it."""
    Connection.objects.filter(pk=connection.pk).update(
        paused_until=Connection.UNTIL_RESUMED, pause_reason=reason[:500]
    )


def resume(connection: Connection) -> None:
    """Let the deliveries of `connection` go on."""
    Connection.objects.filter(pk=connection.pk).update(paused_until=None, pause_reason="")
    doorbell.ring_on_commit(doorbell.MOST_RINGS)
