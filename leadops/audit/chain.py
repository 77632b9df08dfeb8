"""The chain of seals: each closes some thousand events and is bound to the seal before it.

Writers never wait for one another at the chain's end: events are sealed afterwards, in the order of their
transactions, and only once no transaction is under way any more that could add to them.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction

from leadops import statements

EVENTS_A_SEAL = 5_000
ACTS_A_LOOK = 2_000
FOREVER = 2**62
MICROS = "(extract(epoch FROM {}) * 1000000)::bigint"
LEAF = f"""int8send(e.id) || substring(sha256(convert_to(jsonb_build_array(
    e.id, {MICROS.format("e.at")}, e.action, e.model, e.record, e.parent, e.changes, a.id, a.xact, a.who,
    a.officer_id, a.on_behalf_of, a.reason, a.request_id, a.origin, a.db_role)::text, 'UTF8')) FOR 8)"""
"""Sixteen bytes that tell an event from what somebody makes of it. In our statement, not in a function of the
database, which whoever alters events could alter too."""
CONTENT = f"""s.previous || int8send(s.number) || int8send(s.floor) || int8send(s.since) || int8send(s.upto)
    || int8send(s.last_act) || int4send(s.events) || int8send({MICROS.format("s.first_at")})
    || int8send({MICROS.format("s.last_at")}) || s.leaves"""
FOUND = f"""
SELECT max(a.id) AS last_act, count(*)::int AS events, min(e.at) AS first_at, max(e.at) AS last_at,
    coalesce(string_agg({LEAF}, ''::bytea ORDER BY e.id), '') AS leaves
FROM leadops_auditact a JOIN leadops_auditevent e ON e.act = a.id AND e.at = a.at
"""  # noqa: S608  parts of our own
WAITING = """
SELECT a.xact, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM'),
    (SELECT count(*) FROM leadops_auditevent e WHERE e.act = a.id AND e.at = a.at)
FROM leadops_auditact a WHERE a.xact >= %s AND a.xact < %s AND a.id > %s ORDER BY a.xact, a.id LIMIT %s
"""
SEAL = f"""
INSERT INTO leadops_auditseal
    (number, floor, since, upto, last_act, events, first_at, last_at, leaves, previous, hash)
SELECT s.*, sha256({CONTENT}) FROM (
    SELECT %(number)s::bigint AS number, %(floor)s::bigint AS floor, %(since)s::bigint AS since,
        %(upto)s::bigint AS upto, found.*, %(previous)s::bytea AS previous
    FROM ({FOUND} WHERE a.xact >= %(since)s AND a.xact < %(upto)s AND a.id > %(floor)s) AS found
    WHERE found.events > 0
) AS s
"""  # noqa: S608  parts of our own
LAST = "SELECT number, floor, upto, hash FROM leadops_auditseal ORDER BY number DESC LIMIT 1"
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


class Head(NamedTuple):
    """The newest seal, as far as the next one has to know it."""

    number: int = 0
    floor: int = 0
    upto: int = 0
    hash: bytes = b""


def head() -> Head:
    """The newest seal; one of zeros where there is none."""
    found = statements.rows(LAST)
    if not found:
        return Head()
    number, floor, upto, digest = found[0]
    return Head(number, floor, upto, bytes(digest))


def close() -> int:
    """Seal all events whose transactions are over; returns how many seals were made.

    Does nothing while another process seals.
    """
    with transaction.atomic():
        if statements.rows("SELECT pg_try_advisory_xact_lock(hashtext('leadops_auditseal'))") == [(False,)]:
            return 0
        before = last = head()
        [(horizon,)] = statements.rows(HORIZON)
        if horizon < last.upto:
            last = _counted_anew(_sealed(last, FOREVER))
        return _sealed(last, horizon).number - before.number


def _counted_anew(last: Head) -> Head:
    """The head from which to go on where the data was restored into a server that counts transactions from the start.

    All that came from the old server is sealed by now; what comes from this one has greater ids.
    """
    [(floor,)] = statements.rows("SELECT max(last_act) FROM leadops_auditseal")
    return last._replace(floor=floor, upto=0)


def _sealed(last: Head, horizon: int) -> Head:
    """Seal what waits behind `last`; returns the newest seal then."""
    while upto := _upto(last, horizon):
        values = {"number": last.number + 1, "floor": last.floor, "since": last.upto, "upto": upto}
        made = statements.run(SEAL, {**values, "previous": last.hash})
        last = head() if made else last._replace(upto=upto)
    return last


def _upto(last: Head, horizon: int) -> int:
    """Where the next seal ends: after some thousand events, or a month; 0 when nothing waits.

    A transaction is never cut in two, however much it wrote.
    """
    waiting = statements.rows(WAITING, [last.upto, horizon, last.floor, ACTS_A_LOOK])
    if not waiting:
        return 0
    first, first_month, _ = waiting[0]
    events = 0
    for xact, month, more in waiting:
        if xact > first and (events >= EVENTS_A_SEAL or month != first_month):
            return int(xact)
        events += more
    return int(waiting[-1][0]) + 1
