"""Sending many deliveries again, on an officer's order: the oldest first, a few at a time, so that new leads pass.

The order and its items are rows: whoever dies in between, the next worker goes on where they say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from crm_integrations import doorbell, health, summary
from crm_integrations.models import CLAIMABLE, REPEATABLE, Delivery, Replay, ReplayItem, State
from crm_integrations.outbox.decisions import NEW_START, NOT_ASKED_YET
from crm_integrations.outbox.ended_leads import ERASED
from leadops import statements
from leadops.errors import LeadopsError
from leadops.models import AuditEvent, Officer
from leadops.services import audit

AT_ONCE = 100
"""How many of a connection's deliveries may be due before no more are fed to it."""
REPLAYABLE = (*REPEATABLE, State.REVIEW)
"""States a replay takes up. What is delivered is not sent again, and what is on its way needs no replay."""
ON_ITS_WAY = "It is on its way already."
DELIVERED = "It was delivered meanwhile."
REPLACED = "A newer version took its place."
STOPPED = "The lender has dropped or declined the lead."
CANT_ASK = "It may be at the vendor, which can't be asked: look it up there, and decide on its own page."


class NothingToReplay(LeadopsError):
    """None of these can be sent again: they are delivered, on their way, or in another replay."""


# In one statement, so that a hundred thousand take seconds; twice pressed, the second finds nothing.
COLLECT = """
INSERT INTO crm_integrations_replayitem (replay_id, delivery_id, connection_id, "left")
SELECT %s, d.id, d.connection_id, '' FROM crm_integrations_delivery d
WHERE d.id IN ({chosen}) AND d.state = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM crm_integrations_replayitem i JOIN crm_integrations_replay r ON r.id = i.replay_id
    WHERE i.delivery_id = d.id AND i.taken_at IS NULL AND i."left" = '' AND r.state = 'running'
)
ORDER BY d.id
"""


def start(
    officer: Officer, reason: str, what: str, deliveries: QuerySet[Delivery], at_once: int | None = None
) -> Replay:
    """Have those of `deliveries` that can be sent again sent again; `what` tells the choice in words.

    More than `at_once` of them are proposed only, and sent once `go_ahead` was said. Raises NothingToReplay.
    """
    chosen, values = deliveries.order_by().values("pk").query.sql_with_params()
    with transaction.atomic():
        replay = Replay.objects.create(officer=officer, reason=reason[:500], what=what[:500])
        replay.total = statements.run(COLLECT.format(chosen=chosen), [replay.pk, *values, list(REPLAYABLE)])
        if not replay.total:
            raise NothingToReplay
        if at_once is not None and replay.total > at_once:
            replay.state = Replay.State.PROPOSED
        replay.save(update_fields=["total", "state"])
        audit.note(AuditEvent.Action.REPLAYED, replay, reason, deliveries=replay.total)
        if replay.state == Replay.State.RUNNING:
            doorbell.ring_on_commit()
    return replay


def go_ahead(replay: Replay) -> bool:
    """Begin what was proposed; False when it is no more to be begun."""
    proposed = Replay.objects.filter(pk=replay.pk, state=Replay.State.PROPOSED)
    begun = bool(proposed.update(state=Replay.State.RUNNING, updated_at=Now()))
    if begun:
        doorbell.ring_on_commit()
    return begun


def cancel(replay: Replay) -> bool:
    """Queue no more of it; what is queued already goes on. False when it was over, or all of it was queued."""
    ended = {"state": Replay.State.CANCELLED, "ended_at": Now(), "updated_at": Now()}
    begun = (Replay.State.PROPOSED, Replay.State.RUNNING)
    with transaction.atomic():
        held = Replay.objects.select_for_update().filter(pk=replay.pk, state__in=begun).first()
        if held is None or not held.items.filter(taken_at=None, left="").exists():
            return False
        return bool(Replay.objects.filter(pk=replay.pk).update(**ended))


# Feeding ----------------------------------------------------------------------------------------------------------

STATES = summary.listed(CLAIMABLE)
NEXT = f"""
SELECT next.delivery_id, next.lead_id FROM crm_integrations_connection c
CROSS JOIN LATERAL (
    SELECT count(*) AS due FROM (
        SELECT 1 FROM crm_integrations_delivery d
        WHERE d.connection_id = c.id AND d.state IN ({STATES}) AND d.due_at <= now() AND d.leased_until IS NULL
        LIMIT %(limit)s
    ) waiting
) queue
CROSS JOIN LATERAL (
    SELECT i.delivery_id, d.lead_id FROM crm_integrations_replayitem i
    JOIN crm_integrations_delivery d ON d.id = i.delivery_id
    WHERE i.replay_id = %(replay)s AND i.connection_id = c.id AND i.taken_at IS NULL AND i."left" = ''
    ORDER BY i.delivery_id LIMIT %(limit)s - queue.due
) next
WHERE {health.RUNNING}
"""
# From the end: what was queued last is what is not sent yet.
IN_HAND = """
SELECT i.id FROM crm_integrations_replayitem i JOIN crm_integrations_delivery d ON d.id = i.delivery_id
WHERE i.replay_id = %(replay)s AND i.taken_at IS NOT NULL AND d.state IN ('queued', 'sending')
ORDER BY i.delivery_id DESC LIMIT 1
"""


def feed(limit: int = AT_ONCE) -> int:
    """Queue what running replays have next, as far as `limit` are due at a connection; returns how many."""
    running = Replay.objects.filter(state=Replay.State.RUNNING).order_by("id")
    return sum(_feed(key, limit) for key in running.values_list("pk", flat=True))


def _feed(key: UUID, limit: int) -> int:
    """One replay's turn. Who holds its row feeds it alone; others go on to the next."""
    with transaction.atomic():
        alone = Replay.objects.select_for_update(skip_locked=True).filter(pk=key, state=Replay.State.RUNNING)
        if alone.first() is None:
            return 0
        chosen = statements.rows(NEXT, {"replay": key, "limit": limit})
        if not chosen:
            _end(key)
            return 0
        queued = _take(key, [row[0] for row in chosen], {row[1] for row in chosen})
        if queued:
            doorbell.ring_on_commit()
    return queued


def _end(key: UUID) -> None:
    """It is done once nothing of it waits to be queued, and nothing that it queued waits to be sent."""
    left = ReplayItem.objects.filter(replay=key, taken_at=None, left="").exists()
    if not left and not statements.rows(IN_HAND, {"replay": key}):
        done = {"state": Replay.State.DONE, "ended_at": Now(), "updated_at": Now()}
        Replay.objects.filter(pk=key).update(**done)


def _take(key: UUID, delivery_ids: Sequence[UUID], lead_ids: set[UUID | None]) -> int:
    """Queue these, or write why not; how many were queued."""
    held = summary.lock({lead_id for lead_id in lead_ids if lead_id})
    chosen = Delivery.objects.filter(pk__in=delivery_ids).select_related("connection", "lead")
    deliveries = list(chosen.select_for_update(of=("self",)))  # some have no lead that is locked
    ways: dict[str, list[UUID]] = defaultdict(list)
    for delivery in deliveries:
        ways[_way(delivery)].append(delivery.pk)
    replay = Replay.objects.only("reason", "officer").select_related("officer").get(pk=key)
    said = f"{replay.officer} had it replayed: {replay.reason}"
    again = {"reason": said, "cause": "", "updated_at": Now(), **NOT_ASKED_YET, **NEW_START}
    items = ReplayItem.objects.filter(replay=key)
    for state in (State.QUEUED, State.UNKNOWN):
        ids = ways.pop(state, [])
        Delivery.objects.filter(pk__in=ids).update(state=state, **again)
        items.filter(delivery__in=ids).update(taken_at=Now())
    for why_not, ids in ways.items():
        items.filter(delivery__in=ids).update(left=why_not)
    summary.derive(held)
    return items.filter(delivery__in=delivery_ids, taken_at__isnull=False).count()


def _way(delivery: Delivery) -> str:
    """The state it is to go on in, or why it is left as it is."""
    if delivery.state not in REPLAYABLE:
        return {State.DELIVERED: DELIVERED, State.SUPERSEDED: REPLACED}.get(State(delivery.state), ON_ITS_WAY)
    if delivery.is_ended:
        return ERASED if delivery.is_erased else STOPPED
    if not delivery.may_be_there:
        return State.QUEUED
    if delivery.state == State.REVIEW and not delivery.connection.connector_class.can_find:
        return CANT_ASK
    return State.UNKNOWN


# How far it is ----------------------------------------------------------------------------------------------------

COUNTS = """
SELECT d.state, i.taken_at IS NOT NULL AS taken, i."left" <> '' AS left_out, count(*)
FROM crm_integrations_replayitem i JOIN crm_integrations_delivery d ON d.id = i.delivery_id
WHERE i.replay_id = %(replay)s GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the deliveries of a replay stand now; the parts add up to its total.

    `waiting` are not queued yet, `on_the_way` are queued, being sent, looked up or tried again later.
    """

    waiting: int = 0
    on_the_way: int = 0
    delivered: int = 0
    failed: int = 0
    left: int = 0

    @property
    def percent(self) -> int:
        """Of those it is about, how many are neither waiting nor on the way."""
        over = self.delivered + self.failed + self.left
        return 100 * over // max(over + self.waiting + self.on_the_way, 1)


def progress(replay: Replay) -> Progress:
    """How far `replay` is."""
    counts: dict[str, int] = defaultdict(int)
    for state, taken, left_out, count in statements.rows(COUNTS, {"replay": replay.pk}):
        counts[_part(state, taken, left_out)] += count
    return Progress(**counts)


def _part(state: str, taken: bool, left_out: bool) -> str:
    if not taken:
        return "left" if left_out else "waiting"
    if state == State.DELIVERED:
        return "delivered"
    return "failed" if state in (*REPLAYABLE, State.SUPERSEDED) else "on_the_way"


class FailedAgain(NamedTuple):
    connection_id: UUID
    connection: str
    cause: str
    deliveries: int


def failed_again(replay: Replay) -> list[FailedAgain]:
    """What was queued and needs a person again, by connection and cause, the most first."""
    failed = replay.items.filter(taken_at__isnull=False, delivery__state__in=REPLAYABLE)
    grouped = failed.values_list("connection_id", "connection__name", "delivery__cause").annotate(Count("pk"))
    return sorted(map(FailedAgain._make, grouped), key=lambda each: (-each.deliveries, each.connection))


def left_out(replay: Replay) -> Mapping[str, int]:
    """What was not queued: how many for which reason."""
    return dict(replay.items.exclude(left="").values_list("left").annotate(Count("pk")).order_by("left"))
