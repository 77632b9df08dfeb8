"""The breaker and the pace of a connection: what its calls tell of it, and what follows for the next ones.

Kept in PostgreSQL and by its clock, so that all workers share it. `outbox.claim` obeys what is written here.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Greatest, Now

from crm_integrations import doorbell, notices, registry
from crm_integrations.connector import Connector, Response
from crm_integrations.errors import OutcomeUnknown, Transient
from crm_integrations.models import CLAIMABLE, Connection, Delivery, Exchange, Health, Notice, State
from crm_integrations.models.exchange import OF_OURS
from crm_integrations.retry import LONGEST_WAIT
from leadops import statements

FAILURES_IN_A_ROW = 5
FEWEST_CALLS, WINDOW_SECONDS, LAST_CALLS = 10, 60, 500
"""Half of at least so many calls within so many seconds; of a busy vendor the last ones are enough."""
HOLD_SECONDS, LONGEST_HOLD = 30, 600
UNSAID_WAIT = 10.0
"""Seconds to hold after a 429 that names none."""
LEAST_PACE = 1 / 64
RUNNING = "c.enabled AND (c.paused_until IS NULL OR c.paused_until <= statement_timestamp())"
"""Of a row `c` of the connections, in SQL: no officer holds it."""
NOT_HELD = "(h.hold_until IS NULL OR h.hold_until <= statement_timestamp())"
"""Of its health `h`, which may be missing: neither the breaker nor a 429 holds it."""
TOO_MANY = 429
SENDINGS = (Exchange.Purpose.CREATE, Exchange.Purpose.FIND)
ASIDE = (Exchange.Purpose.STATUS, Exchange.Purpose.LIST)
"""Nothing is sent by these, and whoever makes them leaves off by himself: that they fail must not stop sending."""


def learn_from(connection: Connection, exchange: Exchange) -> None:
    """Learn from a call that is over; writes nothing after a good call while all is well.

    What counts against the vendor, other than in ASIDE, is no connection, no whole answer, and 5xx; a 4xx is an
    answer. The harmless calls before a trial are judged by who makes them.
    """
    if exchange.purpose == Exchange.Purpose.HEALTH:
        return
    if _failed(exchange):
        if exchange.purpose not in ASIDE:
            _count(connection, exchange)
        return
    if exchange.status is not None and exchange.troubled and exchange.purpose in SENDINGS:
        _worked(connection, exchange)
    if exchange.status == TOO_MANY:
        _slow(connection, exchange)


def _failed(exchange: Exchange) -> bool:
    if exchange.status is not None:
        return exchange.status >= 500
    return isinstance(exchange.fault, Transient | OutcomeUnknown)


def _locked(connection: Connection) -> Health:
    """The row of `connection`, made when it is first needed, held until the transaction ends."""
    fresh = Health(connection=connection, paced_at=Now(), filled_at=Now())
    Health.objects.bulk_create([fresh], ignore_conflicts=True)
    return Health.objects.select_for_update().get(connection=connection)


# The breaker --------------------------------------------------------------------------------------------------------


def _count(connection: Connection, exchange: Exchange) -> None:
    """One more failure in a row; opens the breaker when it is one too many, and again when it was the trial."""
    with transaction.atomic():
        health = _locked(connection)
        health.failures += 1
        health.save(update_fields=["failures"])
        if health.opened_at is not None:
            if exchange.probe:
                _open(health, "The trial call failed too.")
        elif health.failures >= FAILURES_IN_A_ROW:
            _open(health, f"{health.failures} calls in a row failed at the vendor.")
        elif _half_failed(health):
            _open(health, "Half of the calls of the last minute failed at the vendor.")


# As `_failed` judges, by what is kept of a call. What came before the last hold ended was answered by that hold.
LAST = """
SELECT count(*), count(*) FILTER (WHERE status >= 500 OR status IS NULL) FROM (
    SELECT status, purpose, error, created_at FROM crm_integrations_exchange
    WHERE connection_id = %(connection)s AND finished_at IS NOT NULL ORDER BY id DESC LIMIT %(last)s
) made WHERE created_at > greatest(now() - %(window)s * interval '1 second', %(since)s) AND purpose <> ALL(%(aside)s)
    AND NOT EXISTS (SELECT FROM unnest(%(of_ours)s::text[]) ours(words) WHERE starts_with(error, ours.words))
"""


def _half_failed(health: Health) -> bool:
    asked = {
        "connection": health.pk,
        "last": LAST_CALLS,
        "window": WINDOW_SECONDS,
        "since": health.hold_until,
        "aside": [each.value for each in ASIDE],
        "of_ours": list(OF_OURS),
    }
    [(calls, failures)] = statements.rows(LAST, asked)
    return bool(calls >= FEWEST_CALLS and 2 * failures >= calls)


def _open(health: Health, reason: str) -> None:
    """Stop all calls for a while, each time for twice as long; afterwards one goes ahead alone."""
    health.openings = min(health.openings + 1, 1000)
    hold = min(HOLD_SECONDS * 2 ** min(health.openings - 1, 10), LONGEST_HOLD)
    until = Greatest("hold_until", Now() + timedelta(seconds=hold))
    opened_at = health.opened_at or Now()
    Health.objects.filter(pk=health.pk).update(
        openings=health.openings, opened_at=opened_at, hold_until=until, hold_reason=reason
    )
    said = f"{reason} No call is made for {hold} seconds, then one goes ahead alone."
    _tell(health.connection, Notice.Kind.BREAKER, said)


def _tell(connection: Connection, kind: Notice.Kind, said: str) -> None:
    """Operations hear of a vendor's troubles; of a partner's webhook only when it has been disabled."""
    if not connection.connector_class.is_partners:
        notices.raise_notice(connection, kind, said)


def _worked(connection: Connection, exchange: Exchange) -> None:
    """An answer: nothing failed in a row any more. An open breaker is closed by its trial only."""
    with transaction.atomic():
        health = _locked(connection)
        if health.opened_at is None:
            Health.objects.filter(pk=health.pk).update(failures=0)
        elif exchange.probe:
            _close(health)


def _close(health: Health) -> None:
    closed = {"failures": 0, "openings": 0, "opened_at": None, "hold_reason": ""}
    Health.objects.filter(pk=health.pk).update(**closed)
    notices.close(health.connection, Notice.Kind.BREAKER)
    doorbell.ring_on_commit()


def reset(connection: Connection) -> None:
    """A person says that the vendor works again: close the breaker, and call at once. A 429 is obeyed all the same."""
    with transaction.atomic():
        health = Health.objects.select_for_update().filter(connection=connection).first()
        if health is not None and health.opened_at is not None:
            Health.objects.filter(pk=health.pk).update(hold_until=None)
            _close(health)


# The harmless call before a trial -----------------------------------------------------------------------------------


def checkable() -> list[str]:
    """The vendors that have a harmless call: it goes before a trial with a record."""
    return [slug for slug, kind in registry.vendors().items() if kind.check is not Connector.check]


def next_to_check(seconds: float) -> Connection | None:
    """A connection whose harmless call is due, handed to one caller only, who has so many seconds for it."""
    # Without a join: an update through one would not look again at a row that another caller has just taken.
    due = Health.objects.filter(opened_at__isnull=False, failures__gt=0, hold_until__lte=Now())
    ours = due.filter(connection__vendor__in=checkable(), connection__enabled=True)
    ours = ours.exclude(connection__paused_until__gt=Now())
    for held in ours.select_related("connection"):
        if due.filter(pk=held.pk).update(hold_until=Now() + timedelta(seconds=seconds)):
            return held.connection
    return None


def checked(connection: Connection, answered: bool) -> None:
    """What the harmless call told: one record goes ahead alone, or nothing does for longer.

    Where no record waits, the answer alone is the trial.
    """
    with transaction.atomic():
        health = _locked(connection)
        if health.opened_at is None:
            return
        Health.objects.filter(pk=health.pk).update(hold_until=Now())
        if answered and not Delivery.objects.filter(connection=connection, state__in=CLAIMABLE).exists():
            _close(health)
        elif answered:
            Health.objects.filter(pk=health.pk).update(failures=0, hold_reason="")
            doorbell.ring_on_commit()
        else:
            _open(health, "The harmless call before a trial failed too.")


def close_what_is_over() -> None:
    """Close breakers whose vendor answered and that no record is left to try; and notices about calls nobody makes."""
    of_it = Delivery.objects.filter(connection=OuterRef("connection"), state__in=(*CLAIMABLE, State.SENDING))
    answered = Health.objects.filter(opened_at__isnull=False, failures=0, hold_until__lte=Now())
    for health in answered.exclude(Exists(of_it)).select_related("connection"):
        with transaction.atomic():
            _close(health)
    about_calls = Notice.objects.filter(kind__in=(Notice.Kind.BREAKER, Notice.Kind.SLOWED), closed_at=None)
    for notice in about_calls.filter(connection__enabled=False):
        notices.close(notice.connection, Notice.Kind(notice.kind))


# The pace -----------------------------------------------------------------------------------------------------------


def _slow(connection: Connection, exchange: Exchange) -> None:
    """429: nothing until the vendor allows it, then at half the pace.

    Calls that were under way when the pace was last changed tell nothing new, so that eight of them halve it once.
    """
    with transaction.atomic():
        health = _locked(connection)
        if health.pace >= 1 or health.paced_at < exchange.created_at:
            health.pace = max(health.pace / 2, LEAST_PACE)
        wait = _wait(exchange)
        until = Greatest("hold_until", Now() + timedelta(seconds=wait))
        reason = f"The vendor asked us to wait {wait:.0f} seconds."
        slowed = {"pace": health.pace, "hold_until": until, "hold_reason": reason}
        # The minutes of the hold are not clean ones: nothing is sent in them.
        Health.objects.filter(pk=health.pk).update(**slowed, paced_at=until)
        said = f"{reason} Calls then go at {health.pace:.0%} of the connection's limits."
        _tell(connection, Notice.Kind.SLOWED, said)


def _wait(exchange: Exchange) -> float:
    said = Response(TOO_MANY, headers=exchange.response_headers).retry_after
    return UNSAID_WAIT if said is None else min(said, LONGEST_WAIT)


GROW = """
UPDATE crm_integrations_health h SET paced_at = h.paced_at + clean.minutes * interval '1 minute',
    pace = CASE WHEN h.pace + 0.1 * clean.minutes > 0.999 THEN 1 ELSE h.pace + 0.1 * clean.minutes END
FROM (
    SELECT connection_id, floor(extract(epoch FROM now() - paced_at) / 60) AS minutes FROM crm_integrations_health
    WHERE pace < 1 AND paced_at <= now() - interval '1 minute' FOR UPDATE
) clean WHERE clean.connection_id = h.connection_id RETURNING h.connection_id, h.pace
"""


def grow() -> None:
    """A tenth of the full pace more for each minute without a 429."""
    with transaction.atomic():
        whole = [pk for pk, pace in statements.rows(GROW) if pace >= 1]
        for connection in Connection.objects.filter(pk__in=whole):
            notices.close(connection, Notice.Kind.SLOWED)
