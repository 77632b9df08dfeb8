"""What an error, a fault of ours, or not knowing means for a delivery: the table in docs/architecture.md."""

from __future__ import annotations

import random

from django.conf import settings
from django.db.models import Count, Q

from crm_integrations import errors, registry, retry
from crm_integrations.calls import ClaimCaller
from crm_integrations.connector import Kind
from crm_integrations.document_records import FileAway, FileGone
from crm_integrations.models import Delivery, Exchange, State
from crm_integrations.outbox import Barred, LeadEnded, Settlement, TooLate, bars, ended_leads
from crm_integrations.records import DocumentRecord, LoanAccountRecord, Record


def is_looked_up(delivery: Delivery) -> bool:
    """Whether it is looked up and not sent just now; a yes without an id comes at any time."""
    return delivery.accepted or delivery.state == State.UNKNOWN


def after_stop(delivery: Delivery, stopped: TooLate | LeadEnded | Barred) -> Settlement:
    """What it means that a call was not made: no time was left, or it may not be made.

    For a consent that is missing it waits; across a border it is not sent.
    """
    if isinstance(stopped, TooLate):
        return _as_it_was(delivery, "Too little time was left in the lease; the next worker takes it.")
    if isinstance(stopped, LeadEnded):
        return Settlement(State.CANCELLED, str(stopped))
    if stopped.by == bars.CONSENT:
        return Settlement(State.WAITING, stopped.said, due_in=bars.LOOK_AGAIN_SECONDS)
    return Settlement(State.SKIPPED, stopped.said)


def _as_it_was(delivery: Delivery, reason: str) -> Settlement:
    state = State.UNKNOWN if is_looked_up(delivery) else State.QUEUED
    asked, absent = delivery.lookups, delivery.absences
    return Settlement(state, reason, due_in=0, accepted=delivery.accepted, lookups=asked, absences=absent)


def without_lead(delivery: Delivery, record: Record) -> Settlement | None:
    """What goes with a lead waits while its vendor does not hold that lead, as when it is doubted; else None.

    An officer may have what waited sent again: it comes here, and waits on.
    """
    if not isinstance(record, LoanAccountRecord | DocumentRecord) or record.lead_reference:
        return None
    first = delivery.connection.vendor if delivery.kind == Kind.DOCUMENT else delivery.depends_on
    return Settlement(State.WAITING, registry.waits_for(first)) if first else None


def after_fault(caller: ClaimCaller, error: Exception) -> Settlement:
    """A fault of ours: before anything was sent it is `failed`; afterwards nobody knows whether it arrived."""
    delivery, words = caller.delivery, f"A fault in leadops: {type(error).__name__}."
    if not caller.may_have_sent and not is_looked_up(delivery):
        return Settlement(State.FAILED, words)
    if delivery.connection.connector_class.knows_repeats:
        return _later(delivery, words)
    lookups = delivery.lookups + (not caller.may_have_sent)
    return unknown(delivery, words, accepted=delivery.accepted, lookups=lookups, absences=delivery.absences)


def without_file(error: FileGone | FileAway) -> Settlement:
    """A document whose file can't be read is not sent: it is tried again, unless the file is gone."""
    if isinstance(error, FileGone):
        return Settlement(State.FAILED, str(error.__doc__))
    return Settlement(State.RETRYING, str(error.__doc__), due_in=bars.LOOK_AGAIN_SECONDS)


def after_error(caller: ClaimCaller, error: errors.DeliveryError) -> Settlement:
    """What an error of a call means."""
    delivery, words = caller.delivery, caller.said(error.message)
    if isinstance(error, errors.Transient):
        return _later(delivery, words, error.retry_after)
    if isinstance(error, errors.Misconfigured) and not _about_documents_alone(caller):
        return Settlement(State.QUEUED, words, due_in=0, pause=words)
    if isinstance(error, errors.OutcomeUnknown):
        knows_repeats = delivery.connection.connector_class.knows_repeats
        return _later(delivery, words) if knows_repeats else unknown(delivery, words)
    state = State.SKIPPED if isinstance(error, errors.Unsupported) else State.REJECTED
    return Settlement(state, words)


def _about_documents_alone(caller: ClaimCaller) -> bool:
    """Whether what is wrong may be wrong for documents only, whose leads must not wait for it: 401 is of all calls."""
    answered = caller.exchange.status if caller.exchange is not None else None
    return caller.delivery.kind == Kind.DOCUMENT and answered not in (None, 401)


def _later(delivery: Delivery, words: str, retry_after: float | None = None) -> Settlement:
    """It is sent again, on a schedule, until it was often enough."""
    # Where not even signing in works, nothing was sent, and the waits have to grow all the same.
    tries = max(delivery.attempts, _sign_ins(delivery))
    wait = retry.retry_in(tries, settings.DELIVERY_RETRIES, random.uniform(*retry.JITTER), retry_after)
    if wait is None:
        return Settlement(State.DEAD, f"{_ended(words)} Tried {tries} times.")
    return Settlement(State.RETRYING, words, due_in=wait)


def after_absences(delivery: Delivery) -> Settlement:
    """The vendor said again that it has none: it is sent again, on the schedule, until it was often enough.

    What the look-ups took counts as waited. What the lender has ended is cancelled where it would be sent; of an
    erased lead nothing is left that a request could be made of.
    """
    if delivery.is_erased:
        return Settlement(State.CANCELLED, ended_leads.ERASED)
    wait = retry.retry_in(delivery.attempts, settings.DELIVERY_RETRIES, random.uniform(*retry.JITTER))
    if wait is None and not delivery.is_ended:
        return Settlement(State.DEAD, f"Looked up twice, not found. Tried {delivery.attempts} times.")
    waited = sum(settings.DELIVERY_LOOKUPS[: delivery.lookups + 1])
    due_in = max(0.0, (wait or 0.0) - waited)
    return Settlement(State.QUEUED, "Looked up twice, not found: it is sent again.", due_in=due_in)


def _sign_ins(delivery: Delivery) -> int:
    """How often we signed in for it since an officer last gave it a new start; to renew a token is within one try."""
    signing_in, since = Q(purpose=Exchange.Purpose.TOKEN), delivery.sent_again_at
    made = delivery.exchanges.filter(Q() if since is None else Q(created_at__gt=since))
    renewed = Count("pk", filter=~signing_in & Q(status=401))
    counts = made.aggregate(all=Count("pk", filter=signing_in), renewed=renewed)
    return int(counts["all"] - counts["renewed"])


def _ended(words: str) -> str:
    """`words` as a sentence that another can follow."""
    return f"{words.rstrip('. ')}."


def unasked(delivery: Delivery) -> Settlement:
    """What its vendor can't be asked about is for a person to decide."""
    return unknown(
        delivery, delivery.reason or "Nobody knows whether it arrived.", accepted=delivery.accepted
    )


def unknown(
    delivery: Delivery, words: str, *, lookups: int = 0, absences: int = 0, accepted: bool = False
) -> Settlement:
    """Nobody knows: the vendor is asked, on a schedule, while it can be and was not often enough; then a person is."""
    can_ask = delivery.connection.connector_class.can_find
    wait = retry.look_up_in(lookups, settings.DELIVERY_LOOKUPS) if can_ask else None
    if wait is None:
        asked = f"The vendor was asked {lookups} times." if can_ask else "This vendor can't be asked."
        return Settlement(State.REVIEW, f"{_ended(words)} {asked}", accepted=accepted)
    return Settlement(State.UNKNOWN, words, wait, accepted=accepted, lookups=lookups, absences=absences)
