"""Which deliveries may be taken just now: by pause, hold, parallel calls and rate of their connections.

Always in two statements, because one counts what was there before it waited for a lock: the connection is locked, and
only then its calls under way and its tokens are counted. Both go in one string, so that nobody waits for a round trip.

Each is planned once in a session, in the order of the index of what is due: left alone the server may read another,
with what is due at all connections and all that was, whenever it takes the table for small or that index for large.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection as database

from crm_integrations import health, summary
from crm_integrations.models import CLAIMABLE
from crm_integrations.outbox import low_water
from crm_integrations.outbox.low_water import Mark
from leadops import statements
from leadops.prepared import AS_BEFORE, IN_ORDER, Statement, run

# `rate` and `parallel` are the connection's own limits at today's pace; one call at a time once a breaker opened.
FLOW = f"""
FROM crm_integrations_connection c
LEFT JOIN crm_integrations_health h ON h.connection_id = c.id
CROSS JOIN LATERAL (
    SELECT c.rate * coalesce(h.pace, 1) AS rate, greatest(1, c.rate * coalesce(h.pace, 1)) AS burst,
        CASE WHEN h.opened_at IS NULL THEN greatest(1, floor(c.parallel * coalesce(h.pace, 1))) ELSE 1 END AS parallel
) paced
CROSS JOIN LATERAL (
    SELECT least(paced.burst, coalesce(
        h.tokens + paced.rate * greatest(0, extract(epoch FROM statement_timestamp() - h.filled_at)), paced.burst
    )) AS tokens
) bucket
CROSS JOIN LATERAL (
    SELECT count(*) AS calls FROM crm_integrations_lease l
    WHERE l.connection_id = c.id AND l.until > statement_timestamp()
) busy
LEFT JOIN unnest(%(marked)s::uuid[], %(since)s::timestamptz[]) mark(id, since) ON mark.id = c.id
WHERE {health.RUNNING} AND {health.NOT_HELD}
    AND (h.opened_at IS NULL OR h.failures = 0 OR c.vendor <> ALL (%(checkable)s)) AND busy.calls < paced.parallel
    AND (%(served)s::uuid[] IS NULL OR c.id = ANY (%(served)s::uuid[]))
"""
DUE = """
d.connection_id = {connection} AND d.state IN ({states}) AND d.due_at <= statement_timestamp()
    AND d.due_at >= coalesce({since}, '-infinity')
    AND (d.leased_until IS NULL OR d.leased_until <= statement_timestamp())
"""
FIRST_DUE = "ORDER BY d.due_at, d.id"
STATES = summary.listed(CLAIMABLE)
OF_CONNECTION = DUE.format(connection="c.id", states=STATES, since="mark.since")
ANY_DUE = f"(SELECT true FROM crm_integrations_delivery d WHERE {OF_CONNECTION} {FIRST_DUE} LIMIT 1)"
CHOSEN = "nullif(current_setting('leadops.chosen', true), '')::uuid"
OF_CHOSEN = DUE.format(connection=CHOSEN, states=STATES, since="(SELECT since FROM flow)")
AFFORDABLE = "(paced.rate IS NULL OR bucket.tokens >= 1)"
# The connection with the fewest calls under way: so a slow vendor holds up only its own rows.
CHOICE = f"SELECT c.id {FLOW} AND {AFFORDABLE} AND {ANY_DUE} ORDER BY busy.calls, random() LIMIT 1"
OF_FLOW = {"checkable": "text[]", "served": "uuid[]", "marked": "uuid[]", "since": "timestamptz[]"}
CHOOSE = Statement("choose_connection", CHOICE, **OF_FLOW)
# Held until the transaction ends, so that nobody else counts meanwhile; TAKE, in a statement of its own, reads which.
LOCK = Statement(
    "lock_connection",
    f"""
    SELECT set_config('leadops.chosen', coalesce(max(chosen.id::text), ''), true)
    FROM ({CHOICE} FOR NO KEY UPDATE OF c) chosen
    """,
    **OF_FLOW,
)
WITH_WORK = Statement("connections_with_work", f"SELECT c.id {FLOW} AND {ANY_DUE}", **OF_FLOW)
# 0 where one is allowed again by now: whoever found none a moment ago has to look once more.
SOONEST = Statement(
    "soonest_token",
    f"SELECT min(greatest(0, 1 - bucket.tokens) / paced.rate) {FLOW} AND paced.rate IS NOT NULL AND {ANY_DUE}",
    **OF_FLOW,
)
# No more than a fair share of what is due beside the calls under way, so that at the end no worker sits on rows while
# others have none. What a worker died over goes alone, so that no other row is blamed for it.
TAKE_SOME = f"""
WITH flow AS (
    SELECT mark.since, h.opened_at IS NOT NULL AS probe,
        CASE WHEN paced.rate IS NULL THEN NULL ELSE bucket.tokens END AS tokens,
        CASE WHEN h.opened_at IS NOT NULL THEN 1 WHEN paced.rate IS NULL THEN %(limit)s ELSE floor(bucket.tokens) END
            AS room, greatest(1, ceil((
                SELECT count(*) FROM (
                    SELECT FROM crm_integrations_delivery d WHERE {OF_CONNECTION} {FIRST_DUE}
                    LIMIT %(limit)s * (busy.calls + 1)
                ) few
            ) / (busy.calls + 1.0))) AS share
    {FLOW} AND c.id = {CHOSEN}
), locked AS (
    SELECT d.id, d.due_at, d.leases_lost > 0 AS suspect FROM crm_integrations_delivery d
    WHERE EXISTS (SELECT 1 FROM flow) AND {OF_CHOSEN}
    {FIRST_DUE} LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
), placed AS (
    SELECT id, suspect, row_number() OVER first_come AS place, first_value(suspect) OVER first_come AS alone
    FROM locked WINDOW first_come AS (ORDER BY due_at, id)
), due AS (
    SELECT p.id, f.probe, f.tokens FROM placed p CROSS JOIN flow f
    WHERE p.place <= least(f.room, f.share) AND CASE WHEN p.alone THEN p.place = 1 ELSE NOT p.suspect END
), held AS (
    INSERT INTO crm_integrations_lease (id, connection_id, until)
    SELECT %(lease)s, {CHOSEN}, statement_timestamp() + %(seconds)s * interval '1 second' FROM due LIMIT 1
), paid AS (
    INSERT INTO crm_integrations_health (
        connection_id, failures, openings, hold_reason, pace, paced_at, tokens, filled_at
    ) SELECT {CHOSEN}, 0, 0, '', 1, statement_timestamp(), min(tokens) - count(*), statement_timestamp()
    FROM due HAVING min(tokens) IS NOT NULL
    ON CONFLICT (connection_id) DO UPDATE SET tokens = excluded.tokens,
        filled_at = greatest(crm_integrations_health.filled_at, excluded.filled_at)
)
UPDATE crm_integrations_delivery d SET
    state = CASE WHEN d.state = 'unknown' THEN 'unknown' ELSE 'sending' END, lease = %(lease)s,
    leased_until = statement_timestamp() + %(seconds)s * interval '1 second', updated_at = statement_timestamp()
FROM due WHERE d.id = due.id RETURNING d.id, due.probe, d.connection_id, d.due_at
"""
TAKE = Statement("take_deliveries", TAKE_SOME, **OF_FLOW, limit="int", lease="uuid", seconds="float")


_served: ContextVar[list[UUID] | None] = ContextVar("served", default=None)


@contextmanager
def serving(connection_ids: Collection[UUID] | None) -> Iterator[None]:
    """Within this block only deliveries of these connections are looked at or taken; None: of all."""
    before = _served.set(None if connection_ids is None else list(connection_ids))
    try:
        yield
    finally:
        _served.reset(before)


@dataclass(frozen=True, slots=True)
class Taken:
    """Ids that are the lease's now; `probe`: it is the one trial at a vendor whose breaker opened."""

    ids: Sequence[UUID] = ()
    probe: bool = False


def take(limit: int, lease: UUID) -> Taken | None:
    """Give `lease` up to `limit` due deliveries of one connection.

    None when nothing may be taken; an empty `Taken` when another worker was quicker.
    """
    marks = low_water.marks()
    named = _named(marks) | {"limit": limit, "lease": lease, "seconds": settings.DELIVERY_LEASE_SECONDS}
    with database.cursor() as cursor:
        run(cursor, named, IN_ORDER, LOCK, TAKE, AS_BEFORE)  # in one transaction: the lock is held no longer
        cursor.nextset()
        if not cursor.fetchone()[0]:
            return None
        cursor.nextset()
        taken = cursor.fetchall()
    if not taken:
        return Taken()
    _, probe, connection_id, _ = taken[0]
    low_water.learn(connection_id, min(due_at for *_, due_at in taken), marks.get(connection_id))
    return Taken([each for each, *_ in taken], probe)


def _named(marks: Mapping[UUID, Mark]) -> dict[str, Any]:
    """The parameters of FLOW."""
    return {
        "checkable": health.checkable(),
        "served": _served.get(),
        "marked": list(marks),
        "since": [mark.since for mark in marks.values()],
    }


def _rows(statement: Statement) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        run(cursor, _named(low_water.marks()), IN_ORDER, statement, AS_BEFORE)
        cursor.nextset()
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def can_claim() -> bool:
    """Whether a claim would find something just now."""
    return bool(_rows(CHOOSE))


def with_work() -> list[UUID]:
    """The connections that have something due and are free to take it, now or once their rate allows."""
    return [row[0] for row in _rows(WITH_WORK)]


def tokens_in() -> float | None:
    """Seconds until the rate of a connection allows a delivery that is due, None when none waits for that."""
    [(soonest,)] = _rows(SOONEST)
    return None if soonest is None else float(soonest)


OWE = "UPDATE crm_integrations_health SET tokens = tokens - %(calls)s WHERE connection_id = %(connection)s"


def owe(connection_id: UUID, calls: int = 1) -> None:
    """So many more calls were made than tokens were given for: the next claims wait for it. Below 0, so many fewer."""
    statements.run(OWE, {"connection": connection_id, "calls": calls})
