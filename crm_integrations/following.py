"""What becomes of a delivered record at its vendor: asked for on a schedule, and told by webhooks.

`Delivery.ask_at` is the schedule and the claim in one: whoever asks moves it past the end of the call, and writes what
came back only while it still stands where he put it. So a worker that died is followed by another, and one that slept
changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from crm_integrations import doorbell, erasing, errors, health, notices, redaction, retry
from crm_integrations.calls import kept_call
from crm_integrations.connector import Outcome, Request, Response
from crm_integrations.models import AnswerShape, Delivery, Exchange, Notice, State, StatusChange
from crm_integrations.models.exchange import UNANSWERED
from crm_integrations.outbox import taking
from leadops import statements
from leadops.faults import place_of
from leadops.services import loan_accounts

logger = logging.getLogger(__name__)
Source = StatusChange.Source
CALLS_OF_ONE = 4
"""At most: a token, the record, a token again, and the second request the answer leads to."""
LONGEST_ASKING = CALLS_OF_ONE * settings.DELIVERY_DEADLINE_SECONDS
LONGEST_PAUSE = 60.0
OURS = (Exchange.Purpose.STATUS, Exchange.Purpose.TOKEN)
UNKNOWN_WORD = (
    "A status word came that we don't know: it is kept as it came. The setting “meanings” can explain it."
)

CLAIM = f"""
UPDATE crm_integrations_delivery SET ask_at = now() + %(seconds)s * interval '1 second' WHERE id = (
    SELECT d.id FROM crm_integrations_delivery d JOIN crm_integrations_connection c ON c.id = d.connection_id
    LEFT JOIN crm_integrations_health h ON h.connection_id = c.id
    WHERE d.ask_at <= now() AND d.state = 'delivered' AND {health.RUNNING} AND {health.NOT_HELD}
        AND c.id <> ALL(%(troubled)s) AND (h.opened_at IS NULL OR h.failures = 0)
        AND (c.rate IS NULL OR h.tokens + c.rate * h.pace * extract(epoch FROM now() - h.filled_at) >= 1) IS NOT FALSE
    ORDER BY d.ask_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED
) RETURNING id, ask_at
"""  # noqa: S608 (our own words only)


class Troubled(Exception):
    """The vendor gave no answer, or has none for us at all just now; `wait`: seconds it asked for."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Asking:
    """A delivery whose vendor this worker asks; `until` is the `ask_at` that makes it his."""

    delivery: Delivery
    until: datetime


def follow(stop: Callable[[], bool] = lambda: False) -> int:
    """Ask vendors how delivered records stand until none is due or `stop` says so; returns how many were asked.

    A connection that is in trouble is asked once, so that it does not hold up the others. No transaction may be open.
    """
    asked, troubled = 0, list[UUID]()
    while not stop() and (asking := _claim(troubled)) is not None:
        connection = asking.delivery.connection
        try:
            answered = _ask(asking)
        except Exception as error:
            logger.error("Delivery %s could not be asked for: %s.", asking.delivery.pk, place_of(error))
            database.close_if_unusable_or_obsolete()
            answered = False
        asked += 1
        if not answered:
            troubled.append(connection.pk)
        elif connection.rate:
            time.sleep(min(1 / connection.rate, LONGEST_PAUSE))
    return asked


def ask_now(delivery_ids: list[UUID]) -> int:
    """Have the vendors asked at once, also about what is final, but of no erased lead; returns how many can be."""
    known = Delivery.objects.filter(state=State.DELIVERED, lead__erased_at=None).exclude(reference="")
    rows = known.filter(pk__in=delivery_ids)
    vendors = {each.connection.vendor for each in rows.select_related("connection") if each.is_followed}
    doorbell.ring_on_commit("crm_integrations.tasks.follow")
    return rows.filter(connection__vendor__in=vendors).update(ask_at=Now())


def _claim(troubled: list[UUID]) -> Asking | None:
    for pk, until in statements.rows(CLAIM, {"seconds": LONGEST_ASKING, "troubled": troubled}):
        return Asking(Delivery.objects.select_related("connection").get(pk=pk), until)
    return None


def _ask(asking: Asking) -> bool:
    """Ask, write what is new, and when to ask again; False when there is no use in asking about others now.

    Whatever fails, it is asked again when its age says so.
    """
    outcome, wait, answered = None, 0.0, True
    asking.delivery.exchanges.filter(purpose__in=OURS, finished_at=None).update(
        error=UNANSWERED, finished_at=Now()
    )
    try:
        outcome = _answer(asking.delivery)
    except Troubled as trouble:
        wait, answered = trouble.wait, False
    except errors.DeliveryError:
        pass  # it answers, and does not know this one, or tells nothing certain of it
    except Exception as error:
        logger.error("The status of delivery %s can't be read: %s.", asking.delivery.pk, place_of(error))
    with transaction.atomic():
        mine = Delivery.objects.select_related("connection").filter(pk=asking.delivery.pk)
        delivery = mine.filter(ask_at=asking.until).select_for_update(of=("self",)).first()
        # None: too late. Another asks, a webhook told of it meanwhile, or its lead was erased.
        if delivery is None:
            erasing.forget_answers(asking.delivery)
        else:
            if outcome is not None:
                _take(delivery, outcome, Source.POLL)
            _schedule(delivery, wait)
    return answered


def _answer(delivery: Delivery) -> Outcome:
    connector = delivery.connection.connector
    response = _called(delivery, connector.ask_status(delivery.reference))
    further = connector.ask_further(response)
    if further is not None:
        response = _called(delivery, further)
    outcome = connector.parse_status(response)
    if outcome.reference not in ("", delivery.reference):
        raise errors.OutcomeUnknown("The vendor answered about another record.")
    return outcome


def _called(delivery: Delivery, request: Request) -> Response:
    """The answer to one call; Troubled or Rejected where there is none.

    The connection's rate is charged with it, so that deliveries wait for it.
    """
    connection = delivery.connection
    if connection.rate:
        taking.owe(connection.pk)

    def read(response: Response) -> Response:
        connection.connector.raise_for_status(response)
        return response

    try:
        return kept_call(connection, request, Exchange.Purpose.STATUS, read, delivery)
    except errors.Rejected:
        raise
    except errors.DeliveryError as error:
        raise Troubled(getattr(error, "retry_after", None) or 0.0) from error


def take_webhook(delivery_id: UUID, outcome: Outcome) -> str:
    """Take what a webhook says of a delivery; returns in words what became of it.

    Webhooks come in any order: a word that means an earlier stage than the one we know changes nothing.
    """
    with transaction.atomic():
        rows = Delivery.objects.select_related("connection").filter(pk=delivery_id)
        delivery = rows.select_for_update(of=("self",)).get()
        connector = delivery.connection.connector
        known, said = (connector.meaning(word) for word in (delivery.vendor_status, outcome.status))
        if known and (known.is_final or (said and said.rank < known.rank)):
            return f"{delivery} stands further on already."
        if not _take(delivery, outcome, Source.WEBHOOK):
            return f"{delivery} told nothing new."
        if delivery.ask_at is not None:
            # Moved, so that an answer that is on its way now, and older, is dropped.
            _schedule(delivery)
    return f"{delivery}: {said or 'a word we do not know'}."


def _take(delivery: Delivery, outcome: Outcome, source: StatusChange.Source) -> bool:
    """Keep the vendor's word where it is a new one; the row is locked by the caller."""
    connector = delivery.connection.connector
    secrets = delivery.connection.credentials
    word, before = redaction.storable(outcome.status, 100, secrets), delivery.vendor_status
    if not word or word == before:
        return False
    meaning = connector.meaning(word)
    StatusChange.objects.create(
        delivery=delivery, source=source, before=before, after=word, meaning=meaning or ""
    )
    delivery.vendor_status = word
    Delivery.objects.filter(pk=delivery.pk).update(vendor_status=word, updated_at=Now())
    if delivery.loan_account_id is not None:
        reason = redaction.mask_inside(outcome.message, secrets)
        loan_accounts.record_status(delivery.loan_account_id, word, reason)
    if connector.explains_words and not meaning and not AnswerShape.has_word(delivery.connection, word):
        notices.raise_notice(delivery.connection, Notice.Kind.NEW_STATUS, UNKNOWN_WORD, subject=word)
    return True


def _schedule(delivery: Delivery, at_least: float = 0.0) -> None:
    """When to ask next: never about what is final, the less often the longer nothing was new."""
    changed_at = delivery.status_changes.order_by("-id").values_list("created_at", flat=True).first()
    newest = max(each for each in (changed_at, delivery.delivered_at, delivery.created_at) if each)
    wait = retry.ask_in((timezone.now() - newest).total_seconds(), settings.STATUS_POLLS)
    meaning = delivery.connection.connector.meaning(delivery.vendor_status)
    if not delivery.is_followed or (meaning and meaning.is_final):
        wait = None
    next_at = (
        None if wait is None else Now() + timedelta(seconds=max(wait, min(at_least, retry.LONGEST_WAIT)))
    )
    Delivery.objects.filter(pk=delivery.pk).update(ask_at=next_at)
