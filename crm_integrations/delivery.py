"""The one story of a delivery, top to bottom: claimed, built, sent, understood, settled."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

from django.conf import settings

from crm_integrations import errors, outbox, redaction, retry, snapshots
from crm_integrations.calls import Caller
from crm_integrations.connector import Kind, Outcome, Request
from crm_integrations.models import Delivery, Exchange, State
from crm_integrations.outbox import Claim, LostLease, Settlement
from crm_integrations.records import Record

T = TypeVar("T")
logger = logging.getLogger(__name__)
Purpose = Exchange.Purpose
ABSENCES_BEFORE_RESENDING = 2
"""A vendor may need a moment until its own search finds what it took: once absent proves nothing."""


def drain(stop: Callable[[], bool] = lambda: False) -> int:
    """Deliver what is due until nothing is, or until `stop` says so; returns how many deliveries were acted on."""
    done = 0
    while not stop() and (claim := outbox.claim()) is not None:
        done += deliver(claim, stop)
    return done


def deliver(claim: Claim, stop: Callable[[], bool] = lambda: False) -> int:
    """Act on every delivery of `claim`, one bad row never stopping the others; what `stop` spares is given back."""
    records = snapshots.of_deliveries(claim.deliveries)
    for done, delivery in enumerate(claim.deliveries):
        if stop():
            outbox.release(claim)
            return done
        try:
            _act(claim, delivery, records.get(delivery.pk))
        except LostLease:
            logger.warning("Delivery %s was taken over by another worker.", delivery.pk)
        except Exception:
            logger.exception("Delivery %s could not be settled; its lease will end.", delivery.pk)
    return len(claim.deliveries)


def _act(claim: Claim, delivery: Delivery, record: Record | None) -> None:
    if record is None:
        outbox.settle(claim, delivery, Settlement(State.CANCELLED, "The record no longer exists."))
    elif delivery.state == State.UNKNOWN:
        _look_up(claim, delivery, record)
    else:
        _create(claim, delivery, record)


# Sending -----------------------------------------------------------------------------------------------------------


def _create(claim: Claim, delivery: Delivery, record: Record) -> None:
    """Build, send once, and settle by what came back."""
    request = _built(delivery, record)
    if isinstance(request, Settlement):
        outbox.settle(claim, delivery, request)
        return
    caller = Caller(claim, delivery, delivery.connection.connector)
    try:
        response = caller.send(request, Purpose.CREATE)
    except errors.DeliveryError as error:
        outbox.settle(claim, delivery, _after_error(delivery, error), caller.exchange)
        return
    outcome = _understood(lambda: caller.connector.outcome(response))
    if not isinstance(outcome, Outcome):
        outbox.settle(claim, delivery, _after_error(delivery, outcome), caller.exchange)
    elif outcome.look_up:
        outbox.accept(claim, delivery, caller.exchange)
        _look_up_accepted(caller, record)
    else:
        outbox.settle(claim, delivery, _delivered(outcome), caller.exchange)


def _built(delivery: Delivery, record: Record) -> Request | Settlement:
    """The request, else what becomes of a delivery that can't be built; nothing was sent yet."""
    try:
        return delivery.connection.connector.build(cast(Kind, delivery.kind), record)
    except errors.DeliveryError as error:
        return _after_error(delivery, error)
    except Exception as error:
        logger.exception("Delivery %s failed before it was sent.", delivery.pk)
        return Settlement(State.FAILED, f"A fault in leadops: {type(error).__name__}.")


def _understood(read: Callable[[], T]) -> T | errors.DeliveryError:
    """What the connector reads in an answer; a fault of ours in reading leaves the outcome unknown."""
    try:
        return read()
    except errors.DeliveryError as error:
        return error
    except Exception as error:
        logger.exception("An answer could not be read.")
        return errors.OutcomeUnknown(f"leadops could not read the answer: {type(error).__name__}.")


def _delivered(outcome: Outcome) -> Settlement:
    """The vendor holds it; its words are cut to what the columns take, after it took the record anyway."""
    status, reference = redaction.storable(outcome.status, 100), redaction.storable(outcome.reference, 200)
    said = redaction.mask_inside(outcome.message)
    return Settlement(State.DELIVERED, said, reference=reference, vendor_status=status)


def _after_error(delivery: Delivery, error: errors.DeliveryError) -> Settlement:
    """What an error means for the delivery: the table in docs/architecture.md."""
    words = redaction.mask_inside(error.message)
    if isinstance(error, errors.Transient):
        wait = retry.retry_in(
            delivery.attempts, settings.DELIVERY_RETRIES, random.uniform(*retry.JITTER), error.retry_after
        )
        if wait is None:
            return Settlement(State.DEAD, f"Given up after {delivery.attempts} tries: {words}")
        return Settlement(State.RETRYING, words, due_in=wait)
    if isinstance(error, errors.Misconfigured):
        return Settlement(State.QUEUED, f"The connection is paused: {words}", due_in=0, pause=words)
    if isinstance(error, errors.OutcomeUnknown):
        return _unknown(delivery, words)
    state = State.SKIPPED if isinstance(error, errors.Unsupported) else State.REJECTED
    return Settlement(state, words)


# Looking up ---------------------------------------------------------------------------------------------------------


def _unknown(
    delivery: Delivery, words: str, *, lookups: int = 0, absences: int = 0, accepted: bool = False
) -> Settlement:
    """Nobody knows: the vendor is asked, on a schedule, while it can be and was not often enough; then a person is."""
    can_ask = delivery.connection.connector_class.can_find
    wait = retry.look_up_in(lookups, settings.DELIVERY_LOOKUPS) if can_ask else None
    if wait is None:
        asked = f"The vendor was asked {lookups} times." if can_ask else "This vendor can't be asked."
        return Settlement(State.REVIEW, f"{words} {asked} Please decide.", accepted=accepted)
    return Settlement(State.UNKNOWN, words, wait, accepted=accepted, lookups=lookups, absences=absences)


def _look_up_accepted(caller: Caller, record: Record) -> None:
    """The vendor said yes without an id: ask for it at once, and never send it again."""
    delivery, found = caller.delivery, _ask(caller, record)
    if isinstance(found, Outcome) and not _held_by_another(delivery, found):
        settlement = _delivered(found)
    else:
        words = "The vendor accepted it but gave no id, and the look-up did not find it yet."
        settlement = _unknown(delivery, words, accepted=True)
    outbox.settle(caller.claim, delivery, settlement, caller.exchange)


def _look_up(claim: Claim, delivery: Delivery, record: Record) -> None:
    """Ask the vendor whether it holds what was sent; twice absent, it is sent again."""
    caller = Caller(claim, delivery, delivery.connection.connector)
    found = _ask(caller, record)
    outbox.settle(claim, delivery, _after_look_up(delivery, found), caller.exchange)


def _ask(caller: Caller, record: Record) -> Outcome | errors.DeliveryError | None:
    try:
        response = caller.send(caller.connector.find(record), Purpose.FIND)
    except errors.DeliveryError as error:
        return error
    return _understood(lambda: caller.connector.found(response, record))


def _after_look_up(delivery: Delivery, found: Outcome | errors.DeliveryError | None) -> Settlement:
    absences, accepted = delivery.absences, delivery.accepted
    pause = ""
    if isinstance(found, Outcome):
        if not _held_by_another(delivery, found):
            return _delivered(found)
        words = f"The id {found.reference} that was found belongs to another record."
    elif found is None:
        absences += 1
        words = "The vendor said it has none."
        if absences >= ABSENCES_BEFORE_RESENDING and not accepted:
            return Settlement(State.QUEUED, "Looked up twice, not found: it is sent again.", due_in=0)
    else:
        said = redaction.mask_inside(found.message)
        words = f"The look-up gave no certain answer: {said}"
        pause = said if isinstance(found, errors.Misconfigured) else ""
    # A look-up that the vendor would not even hear is not counted: it goes on once the connection does.
    lookups = delivery.lookups + (not pause)
    settlement = _unknown(delivery, words, lookups=lookups, absences=absences, accepted=accepted)
    return replace(settlement, pause=pause)


def _held_by_another(delivery: Delivery, found: Outcome) -> bool:
    """Two of our records can't be one of the vendor's: a look-up that says so has found something else."""
    same = Delivery.objects.filter(
        connection=delivery.connection, kind=delivery.kind, reference=found.reference
    )
    return same.exclude(reference="").exclude(record_id=delivery.record_id).exists()
