"""The one story of a delivery, top to bottom: claimed, built, sent, understood, settled."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from crm_integrations import (
    announcements,
    consequences,
    document_records,
    errors,
    health,
    outbox,
    redaction,
    snapshots,
)
from crm_integrations.calls import ClaimCaller
from crm_integrations.connector import Kind, Outcome, Response
from crm_integrations.document_records import FileAway, FileGone
from crm_integrations.models import Delivery, Exchange, State
from crm_integrations.outbox import Barred, Claim, LeadEnded, LostLease, Outdated, Paused, Settlement, TooLate
from crm_integrations.records import DocumentRecord, EventRecord, Record
from leadops.faults import place_of

T = TypeVar("T")
logger = logging.getLogger(__name__)
Purpose = Exchange.Purpose
LONGEST_REFERENCE = 200
SHORTEST_NAP, LONGEST_NAP = 0.02, 1.0
ABSENCES_BEFORE_RESENDING = 2
"""A vendor may need a moment until its own search finds what it took: once absent proves nothing."""


def drain(stop: Callable[[], bool] = lambda: False) -> int:
    """Deliver what is due until nothing is, or until `stop` says so; returns how many deliveries were acted on."""
    done, batch = 0, outbox.FIRST_BATCH
    while not stop():
        began = time.monotonic()
        if (claim := outbox.claim(batch)) is not None:
            acted_on = deliver(claim, stop)
            done, batch = done + acted_on, outbox.batch_after(acted_on, time.monotonic() - began)
        elif announcements.unfold_next() or outbox.telling.tell_next() or outbox.replays.feed():
            continue
        elif (seconds := outbox.tokens_in()) is not None:  # what is due waits for its connection's rate only
            time.sleep(min(max(seconds, SHORTEST_NAP), LONGEST_NAP))
        else:
            break
    return done


def deliver(claim: Claim, stop: Callable[[], bool] = lambda: False) -> int:
    """Act on every delivery of `claim`, one bad row never stopping the others; what `stop` spares is given back."""
    records, unread = snapshots.readable(claim.deliveries, snapshots.of_deliveries)
    done = 0
    try:
        for delivery in claim.deliveries:
            if stop():
                raise Paused
            with _sparing_others(delivery):
                _act(
                    claim,
                    delivery,
                    records.get(delivery.pk) or _without_record(delivery, unread.get(delivery)),
                )
            done += 1
    except Paused:
        _end(claim, outbox.release)
    finally:
        _end(claim, outbox.finish)  # writes the last outcome, which no further call writes
    return done


@contextmanager
def _sparing_others(delivery: Delivery) -> Iterator[None]:
    """What happens to `delivery` in here is told and stops nothing, other than a pause and a database that is away.

    When the database is away the others are given back too: they were not begun, and need not wait for the lease.
    """
    with outbox.left_to_others(delivery):
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            connection.close_if_unusable_or_obsolete()
            logger.error("Delivery %s is left to the sweep: %s.", delivery.pk, place_of(error))
            raise Paused from error


def _end(claim: Claim, how: Callable[[Claim], None]) -> None:
    """Give back or finish `claim`; while the database is away neither can be, and the sweep does it."""
    with suppress(Paused), _sparing_others(claim.deliveries[-1]):
        how(claim)


def _without_record(delivery: Delivery, why: Exception | None = None) -> Settlement:
    """What becomes of a delivery whose record can't be read, or is gone."""
    if isinstance(why, snapshots.WrongSpace):
        return Settlement(State.CANCELLED, str(why.__doc__))
    if why is not None:
        return Settlement(State.FAILED, f"The record can't be read: {type(why).__name__}.")
    is_document = delivery.kind == Kind.DOCUMENT
    return Settlement(
        State.CANCELLED, outbox.documents.CHANGED if is_document else "The record no longer exists."
    )


def _act(claim: Claim, delivery: Delivery, record: Record | Settlement) -> None:
    """Look up, or build and send, and settle; also when something of ours breaks on the way."""
    if isinstance(record, Settlement):
        if consequences.is_looked_up(delivery):  # only what is surely not at the vendor may end as such
            record = replace(record, state=State.REVIEW, accepted=delivery.accepted)
        outbox.settle(claim, delivery, record)
        return
    caller = ClaimCaller(claim, delivery)
    try:
        if consequences.is_looked_up(delivery):
            _look_up(caller, record)
        else:
            _create(caller, record)
    except (TooLate, LeadEnded, Barred) as stopped:
        outbox.settle(claim, delivery, consequences.after_stop(delivery, stopped), caller.exchange)
    except Outdated:
        delivery.refresh_from_db(fields=["loan_account"])  # which was read with the claim
        records = snapshots.of_deliveries([delivery])
        _act(claim, delivery, records.get(delivery.pk) or _without_record(delivery))
    except (LostLease, Paused, DatabaseError):
        raise
    except Exception as error:
        logger.error("Delivery %s failed here: %s.", delivery.pk, place_of(error))
        outbox.settle(claim, delivery, consequences.after_fault(caller, error), caller.exchange)


# Sending -----------------------------------------------------------------------------------------------------------


def _create(caller: ClaimCaller, record: Record) -> None:
    """Build, send once, and settle by what came back."""
    claim, delivery = caller.claim, caller.delivery
    if (waits := consequences.without_lead(delivery, record)) is not None:
        outbox.settle(claim, delivery, waits)
        return
    try:
        request = caller.connector.build(Kind(delivery.kind), _for_this_try(record))
        response = caller.send(request, Purpose.CREATE)
    except (FileGone, FileAway) as error:
        outbox.settle(claim, delivery, consequences.without_file(error))
        return
    except errors.DeliveryError as error:
        outbox.settle(claim, delivery, consequences.after_error(caller, error), caller.exchange)
        return
    outcome = _understood(lambda: _with_a_usable_id(caller, caller.connector.outcome(response)))
    if not isinstance(outcome, Outcome):
        outbox.settle(claim, delivery, consequences.after_error(caller, outcome), caller.exchange)
    elif outcome.look_up:
        outbox.accept(claim, delivery, caller.exchange)
        _look_up_accepted(caller, record)
    else:
        assert caller.exchange is not None
        outbox.settle_with_next(claim, delivery, _delivered(caller, outcome), caller.exchange)


def _for_this_try(record: Record) -> Record:
    """`record` with what is of this very try: the second that an event is told in, the file of a document."""
    if isinstance(record, EventRecord):
        return replace(record, sent_at=int(time.time()))
    if isinstance(record, DocumentRecord):
        if (filled := document_records.with_content(record)) is None:
            raise Outdated
        return filled
    return record


def _understood(read: Callable[[], T]) -> T | errors.DeliveryError:
    """What the connector reads in an answer; a fault of ours in reading leaves the outcome unknown."""
    try:
        return read()
    except errors.DeliveryError as error:
        return error
    except Exception as error:
        logger.error("An answer could not be read: %s.", place_of(error))
        return errors.OutcomeUnknown(f"leadops could not read the answer: {type(error).__name__}.")


def _with_a_usable_id(caller: ClaimCaller, outcome: Outcome) -> Outcome:
    """`outcome` without an id that is none: blank, unprintable, too long for its column, or a credential of ours.

    A vendor that can be asked is asked for a better one.
    """
    reference = outcome.reference.strip()
    storable = redaction.storable(reference, LONGEST_REFERENCE, caller.secrets)
    if reference and reference.isprintable() and storable == reference:
        return replace(outcome, reference=reference)
    look_up = outcome.look_up or (bool(outcome.reference) and caller.connector.can_find)
    return replace(outcome, reference="", look_up=look_up)


def _delivered(caller: ClaimCaller, outcome: Outcome) -> Settlement:
    """The vendor holds it; its words are cut to what the columns take, after it took the record anyway."""
    status = redaction.storable(outcome.status, 100, caller.secrets)
    said = caller.said(outcome.message)
    facts = {name: caller.said(value) for name, value in outcome.facts.items()}
    return Settlement(State.DELIVERED, said, reference=outcome.reference, vendor_status=status, facts=facts)


# Looking up ---------------------------------------------------------------------------------------------------------


def _look_up_accepted(caller: ClaimCaller, record: Record) -> None:
    """The vendor said yes without an id: ask for it at once, and never send it again."""
    delivery, found = caller.delivery, _ask(caller, record)
    if isinstance(found, Outcome) and not outbox.held_by_another(delivery, found.reference):
        settlement = _delivered(caller, found)
    else:
        words = "The vendor accepted it but gave no id, and the look-up did not find it yet."
        settlement = consequences.unknown(delivery, words, accepted=True)
    outbox.settle(caller.claim, delivery, settlement, caller.exchange)


def _look_up(caller: ClaimCaller, record: Record) -> None:
    """Ask the vendor whether it holds what was sent; twice absent, it is sent again."""
    if not caller.connector.can_find:
        outbox.settle(caller.claim, caller.delivery, consequences.unasked(caller.delivery))
        return
    found = _ask(caller, record)
    outbox.settle(caller.claim, caller.delivery, _after_look_up(caller, found), caller.exchange)


def _ask(caller: ClaimCaller, record: Record) -> Outcome | errors.DeliveryError | None:
    try:
        response = caller.send(caller.connector.find(record), Purpose.FIND)
    except errors.DeliveryError as error:
        return error
    return _understood(lambda: _found(caller, response, record))


def _found(caller: ClaimCaller, response: Response, record: Record) -> Outcome | None:
    found = caller.connector.found(response, record)
    if found is None:
        return None
    found = _with_a_usable_id(caller, found)
    if found.reference:
        return found
    raise errors.OutcomeUnknown("The vendor has it, but gives no id that can be read.")


def _after_look_up(caller: ClaimCaller, found: Outcome | errors.DeliveryError | None) -> Settlement:
    delivery = caller.delivery
    absences, accepted = delivery.absences, delivery.accepted
    pause = ""
    if isinstance(found, Outcome):
        if not outbox.held_by_another(delivery, found.reference):
            return _delivered(caller, found)
        words = f"The id {found.reference} that was found belongs to another record."
    elif found is None:
        absences += 1
        words = "The vendor said it has none."
        if absences >= ABSENCES_BEFORE_RESENDING and not accepted:
            return consequences.after_absences(delivery)
    else:
        said = caller.said(found.message)
        words = f"The look-up gave no certain answer: {said}"
        pause = said if isinstance(found, errors.Misconfigured) else ""
    # A look-up that the vendor would not even hear is not counted: it goes on once the connection does.
    limited = caller.exchange is not None and caller.exchange.status == health.TOO_MANY
    lookups = delivery.lookups + (not pause and not limited)
    settlement = consequences.unknown(delivery, words, lookups=lookups, absences=absences, accepted=accepted)
    return replace(settlement, pause=pause)
