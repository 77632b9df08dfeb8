"""Writing what became of a delivery."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as database
from django.db.backends.utils import CursorWrapper
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now

from crm_integrations import causes, doorbell, events, registry, retry, summary
from crm_integrations.connector import Kind
from crm_integrations.models import NEEDS_PERSON, Delivery, Exchange, State
from crm_integrations.outbox import documents, ended_leads, vendor_ids
from crm_integrations.outbox.claims import Claim, LostLease, let_go
from crm_integrations.outbox.exchanges import (
    ANSWER,
    COMPLETE,
    answered,
    complete_exchange,
    span_of,
    tell_health,
)
from crm_integrations.outbox.leaving import left_to_others
from crm_integrations.outbox.pausing import pause
from crm_integrations.outbox.settlements import Ending, Settlement
from crm_integrations.outbox.subscribers import learn_from
from leadops.prepared import AS_BEFORE, BY_ONE_PLAN, Statement, go_to, run
from leadops.services import bank_verification, loan_accounts

Columns = dict[str, Any]
"""What is written of one ending, as JSON takes it."""
TRY_AGAIN_SECONDS = 0.5
ANOTHER_ACCOUNT = "The account was changed before its bank told of it."


# Written out, like the statements of `claims`: the ORM's making of these few is half of a delivery's cost.
SETTLE = f"""
UPDATE crm_integrations_delivery d SET state = e.state, reason = e.reason, cause = e.cause, lease = NULL,
    leased_until = NULL, leases_lost = 0,
    no_consent = e.state = 'waiting' AND e.due_in IS NOT NULL, -- who waits for a lead is woken, and not looked at again
    once_unknown = once_unknown OR e.state IN ('unknown', 'review'),
    updated_at = now(), accepted = e.accepted, lookups = e.lookups, absences = e.absences,
    due_at = coalesce(now() + e.due_in * interval '1 second', due_at),
    reference = coalesce(e.reference, d.reference), vendor_status = coalesce(e.vendor_status, d.vendor_status),
    delivered_at = CASE WHEN e.state = 'delivered' THEN now() ELSE delivered_at END,
    ask_at = CASE WHEN e.ask_in IS NULL THEN ask_at WHEN {ended_leads.OF_ERASED} THEN NULL
        ELSE now() + e.ask_in * interval '1 second' END
FROM e WHERE d.id = e.delivery AND d.lease = e.lease AND {vendor_ids.FREE}
"""
HOW = """state text, reason text, cause text, accepted bool, lookups int, absences int, due_in float, ask_in float,
    reference text, vendor_status text, held_as text, delivery uuid, lease uuid"""
KEPT = ("reason", "accepted", "lookups", "absences", "due_in")
"""Of these, what a settlement names as its column."""
ENDED = f"e AS (SELECT * FROM json_to_recordset(%(endings)s) AS e({HOW}, {ANSWER}, {events.SETTLED}))"
ANSWERED = f"WITH {ENDED}, answered AS ({COMPLETE})"
GIVEN = {"endings": "json", "first_call": "uuid", "last_call": "uuid"}
WRITE = Statement("settle", f"{ANSWERED} {SETTLE} RETURNING d.id", **GIVEN)
# With the events for the leads' partners, if they asked for events: the answer is the same.
WRITE_TOLD = Statement(
    "settle_told",
    f"{ANSWERED}, written AS ({SETTLE} RETURNING d.*, e.event, e.told), {events.WRITE_SETTLED} SELECT id FROM written",
    **GIVEN,
)
WRITES = 3
"""The place of these among the statements of `writing`."""


def settle(
    claim: Claim, delivery: Delivery, settlement: Settlement, exchange: Exchange | None = None
) -> None:
    """Write what became of `delivery`, with the exchange that told it, and all that follows from it.

    One transaction: the lead's lock, the exchange, the delivery, the lead's summary, who waited for it. Raises
    LostLease, having written nothing but the exchange, when the lease has gone to another. What the claim holds
    unwritten is written before. What the vendor gave another record's id a person has to decide.
    """
    write_unwritten(claim)
    while True:
        try:
            _settle(claim, delivery, settlement, exchange)
            return
        except LostLease:
            if settlement.reference and vendor_ids.held_by_another(delivery, settlement.reference):
                settlement = _anothers(settlement.reference)  # which is why nothing was written
                continue
            if exchange is not None:  # what came back too late is evidence all the same
                complete_exchange(exchange)
            raise
        except (OperationalError, InterfaceError):
            # The database went away with the vendor's answer in our hands: it may be back before the lease ends.
            if time.monotonic() >= claim.ends_at:
                raise
            database.close()
            time.sleep(TRY_AGAIN_SECONDS)


def _anothers(reference: str) -> Settlement:
    words = f"The id {reference} that the vendor gave belongs to another record."
    return Settlement(State.REVIEW, words, accepted=True)


def settle_with_next(claim: Claim, delivery: Delivery, settlement: Settlement, exchange: Exchange) -> None:
    """Write what became of `delivery` in the transaction that opens the claim's next call: one commit, not two.

    Whoever works on the claim calls `finish` when no next call comes. What concerns others is written at once.
    """
    if _concerns_others(claim, delivery, settlement, exchange):
        settle(claim, delivery, settlement, exchange)
    else:
        claim.unwritten = Ending(delivery, settlement, exchange)


def finish(claim: Claim) -> None:
    """Write the outcome that no next call has written, and let go of the claim."""
    try:
        write_unwritten(claim)
    finally:
        let_go(claim)


def write_unwritten(claim: Claim) -> None:
    """Write what waits for the claim's next call, alone; what can't be written is left to the sweep."""
    ending, claim.unwritten = claim.unwritten, None
    if ending is not None:
        with left_to_others(ending.delivery):
            settle(claim, *ending)


def _settle(claim: Claim, delivery: Delivery, settlement: Settlement, exchange: Exchange | None) -> None:
    with transaction.atomic() if _concerns_others(claim, delivery, settlement, exchange) else nullcontext():
        _write(claim, delivery, settlement, exchange)
        pass_on(delivery, settlement)
        if settlement.pause:
            pause(delivery.connection, settlement.pause)
        if exchange is not None:  # after the pause: all lock the connection before its health
            tell_health(exchange)


def _concerns_others(
    claim: Claim, delivery: Delivery, settlement: Settlement, exchange: Exchange | None
) -> bool:
    """Whether more has to be written in the same transaction than the delivery, its exchange and its lead."""
    plain = settlement.state == State.DELIVERED and delivery.kind == Kind.LEAD
    if not plain or exchange is None or exchange.troubled or _waited_for(delivery.connection.vendor):
        return True
    return bool(claim.connector.document_types)


def _write(claim: Claim, delivery: Delivery, settlement: Settlement, exchange: Exchange | None) -> None:
    """The lead's lock, the delivery with its exchange, the lead's summary; LostLease when the lease is another's."""
    statements, named = writing([columns_of(claim, Ending(delivery, settlement, exchange))])
    with database.cursor() as cursor:
        first = run(cursor, named, *statements, AS_BEFORE)
        if delivery.pk.hex not in written_by(cursor, first):
            raise LostLease


def writing(endings: Sequence[Columns]) -> tuple[tuple[Statement | str, ...], dict[str, Any]]:
    """The statements that write `endings`, to be sent in one string, and their parameters.

    Sent so they are one round trip, and one transaction even where none was begun.
    """
    leads = {each["lead"] for each in endings} - {None}
    write = WRITE_TOLD if any("event" in each for each in endings) else WRITE
    ids = sorted({vendor_ids.lock_of(each["held_as"]) for each in endings if "held_as" in each})
    calls = span_of([each["exchange"] for each in endings if "exchange" in each])
    written = {"leads": orjson.dumps(list(leads)).decode(), "endings": orjson.dumps(endings).decode()}
    named = {**written, "ids": ids, **calls}
    return (BY_ONE_PLAN, summary.LOCK_GIVEN, vendor_ids.LOCK_IDS, write, summary.DERIVE_GIVEN), named


def columns_of(claim: Claim, ending: Ending) -> Columns:
    """What is written of `ending`, by the names of ENDED, and the lead it is about."""
    delivery, settlement, exchange = ending
    columns: Columns = {name: getattr(settlement, name) for name in KEPT}
    if settlement.state == State.DELIVERED:
        columns |= {"reference": settlement.reference, "vendor_status": settlement.vendor_status}
    if settlement.reference:
        columns["held_as"] = vendor_ids.held_as(delivery, settlement.reference)
    columns |= {"state": settlement.state.value, "delivery": delivery.pk.hex, "lease": claim.lease.hex}
    columns |= {"lead": delivery.lead_id and delivery.lead_id.hex}
    columns |= {
        "ask_in": _ask_in(delivery, settlement),
        "cause": cause_of(settlement.state, settlement.reason),
    }
    return columns | (answered(exchange) if exchange else {}) | events.of_settled(delivery, settlement.state)


def written_by(cursor: CursorWrapper, first: int) -> set[str]:
    """Once `writing`'s statements ran, the first of them at this place: the deliveries that were written."""
    go_to(cursor, first + WRITES)
    return {pk.hex for (pk,) in cursor.fetchall()}


def _ask_in(delivery: Delivery, settlement: Settlement) -> float | None:
    """Seconds until the vendor is first asked how the record stands; None where it is not, or can't be."""
    can_ask = settlement.state == State.DELIVERED and bool(settlement.reference)
    if not can_ask or not delivery.connection.connector_class.can_follow:
        return None
    return retry.ask_in(0, settings.STATUS_POLLS)


def cause_of(state: State, reason: str) -> str:
    """What failed alike, for a delivery that goes no further by itself; none for any other."""
    return causes.normalised(reason) if state in NEEDS_PERSON or state == State.SKIPPED else ""


def accept(claim: Claim, delivery: Delivery, exchange: Exchange | None) -> None:
    """Write that the vendor said yes without an id, with the exchange that told it: it is never sent again."""
    with transaction.atomic():
        if not Delivery.objects.filter(pk=delivery.pk, lease=claim.lease).update(
            accepted=True, updated_at=Now()
        ):
            raise LostLease
        if exchange is not None:
            complete_exchange(exchange)
    delivery.accepted = True


def pass_on(delivery: Delivery, settlement: Settlement) -> None:
    """What one delivery's end means for others: who waits goes on or is told why not, and a lead's documents follow."""
    if delivery.kind == Kind.EVENT:
        learn_from(delivery, settlement)
    elif delivery.kind == Kind.LEAD and delivery.lead_id is not None:
        _tell_waiting(delivery, delivery.lead_id, settlement)
        if settlement.state == State.DELIVERED:
            documents.send_along([delivery.lead_id], [delivery.connection])
    elif delivery.kind == Kind.BANK and delivery.lead_id and settlement.facts:
        told = [settlement.facts.get(name, "") for name in ("name_at_bank", "reason")]
        if not bank_verification.record(delivery.lead_id, delivery.record_id, *told):
            # So it is asked anew if it becomes this account again.
            Delivery.objects.filter(pk=delivery.pk).update(state=State.SUPERSEDED, reason=ANOTHER_ACCOUNT)
    elif settlement.state == State.DELIVERED and delivery.loan_account_id and settlement.vendor_status:
        loan_accounts.record_status(delivery.loan_account_id, settlement.vendor_status)


def _tell_waiting(delivery: Delivery, lead_id: UUID, settlement: Settlement) -> None:
    to = delivery.connection
    if not _waited_for(to.vendor) and not to.takes_documents:
        return
    with_it = Q(depends_on=to.vendor) | Q(kind=Kind.DOCUMENT, connection=to)
    waiting = Delivery.objects.filter(with_it, lead_id=lead_id, state=State.WAITING, no_consent=False)
    if settlement.state == State.DELIVERED:
        wake(waiting)
    else:
        said = f"Waiting for the lead at {to}: {settlement.reason}"
        waiting.update(reason=said, updated_at=Now())


def wake(waiting: QuerySet[Delivery]) -> int:
    """Let those that wait go on; what may be at its vendor, since a database was restored, is looked up first."""
    state = Case(When(once_unknown=True, then=Value(State.UNKNOWN)), default=Value(State.QUEUED))
    woken = waiting.update(state=state, reason="", due_at=Now(), lookups=0, absences=0, updated_at=Now())
    if woken:
        doorbell.ring_on_commit()
    return woken


def _waited_for(vendor: str) -> bool:
    return any(connector.depends_on == vendor for connector in registry.vendors().values())
