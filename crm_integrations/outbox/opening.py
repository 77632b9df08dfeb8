"""Keeping, before its first byte, that a call is about to be made."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import connection as database

from crm_integrations import health
from crm_integrations.models import Delivery, Exchange
from crm_integrations.outbox import bars, ended_leads, settling, taking
from crm_integrations.outbox.claims import Claim, LostLease, Outdated, Paused
from crm_integrations.outbox.leaving import left_to_others
from crm_integrations.outbox.together import NotWritten, Together
from leadops.models import Lead
from leadops.prepared import BY_ONE_PLAN, Statement, go_to, run

logger = logging.getLogger(__name__)

# One statement, so one commit and one round trip: this stands before every call's first byte. What sends a record looks
# here, and only here, whether the lender still wants its lead sent, and whether what was read is still the newest:
# between claim and call, an officer may have ended or changed it. Of the delivery it changes what no index has, so that
# the server writes the row and none of its index entries anew.
CALL = """about uuid, lease uuid, attempt int, probe bool, id uuid, purpose text, version int, operation text,
    method text, url text, request_headers jsonb, request_body text"""
OPEN = f"""
WITH a AS (SELECT * FROM json_to_recordset(%(calls)s) AS a({CALL})), held AS (
    UPDATE crm_integrations_delivery d SET attempts = attempts + a.attempt
    FROM a WHERE d.id = a.about AND d.lease = a.lease AND EXISTS (
        SELECT 1 FROM crm_integrations_connection c LEFT JOIN crm_integrations_health h ON h.connection_id = c.id
        WHERE c.id = d.connection_id AND {health.RUNNING} AND {health.NOT_HELD}
            AND (h.opened_at IS NULL OR a.probe)
    ) AND (a.purpose <> 'create' OR NOT EXISTS (
        SELECT 1 FROM leadops_lead l LEFT JOIN leadops_loanaccount o ON o.id = d.loan_account_id
        WHERE l.id = d.lead_id AND ({ended_leads.IS_ENDED} OR coalesce(o.version, l.version) <> a.version)
    ) AND NOT EXISTS ({bars.bar("d.lead_id", "d.connection_id")})) RETURNING a.*, d.connection_id
)
INSERT INTO crm_integrations_exchange (
    id, created_at, updated_at, delivery_id, connection_id, purpose, version, operation, method, url,
    request_headers, request_body, response_headers, response_body, error
)
SELECT id, now(), now(), about, connection_id, purpose, version, operation, method, url, request_headers, request_body,
    '{{}}', '', '' FROM held
RETURNING id, (extract(epoch FROM created_at) * 1000000)::bigint, EXISTS (
    SELECT 1 FROM crm_integrations_health h WHERE h.connection_id = crm_integrations_exchange.connection_id
    AND (h.failures > 0 OR h.opened_at IS NOT NULL)
)
"""
OPENING = Statement("open_exchange", OPEN, calls="json")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when the moment of a call is told, in microseconds: the driver takes ten times as long to read a moment."""
DESCRIBED = ("purpose", "version", "operation", "method", "url", "request_headers", "request_body")
WRITERS, MOST_AT_ONCE = 2, 32
"""While one waits for the database, another may write what came meanwhile."""
UNSTOPPED = "SET LOCAL lock_timeout TO '200ms'"
"""Who has to wait longer for a lead that another holds waits alone, and keeps no other thread from its call."""


def open_exchange(claim: Claim, delivery: Delivery, exchange: Exchange) -> None:
    """Keep, before its first byte, that a call is about to be made; a create counts as an attempt, unless made again.

    The outcome that the claim holds unwritten is written with it. Raises Paused when the connection was paused or
    disabled meanwhile, or holds back, LeadEnded when it would send what the lender has ended, Outdated when what it
    would send is not the newest, Barred when it may not go there any more, LostLease when the delivery is another's.
    """
    attempt = int(exchange.purpose == Exchange.Purpose.CREATE and not exchange.again)
    opened = _opened(claim, _call(claim, delivery, exchange, attempt))
    if opened is None:
        raise _why_not(claim, delivery, exchange)
    microseconds, exchange.troubled = opened
    exchange.created_at = _EPOCH + timedelta(microseconds=microseconds)
    exchange.probe = claim.probe
    delivery.attempts += attempt
    if delivery.pk in claim.called and delivery.connection.rate is not None:
        taking.owe(delivery.connection_id)
    claim.called.add(delivery.pk)


def _call(claim: Claim, delivery: Delivery, exchange: Exchange, attempt: int) -> dict[str, Any]:
    """What is kept of the call, by the names of CALL."""
    told = {name: getattr(exchange, name) for name in DESCRIBED}
    ids = {"about": delivery.pk.hex, "lease": claim.lease.hex, "id": exchange.pk.hex}
    return told | ids | {"attempt": attempt, "probe": claim.probe}


def _opened(claim: Claim, call: dict[str, Any]) -> tuple[int, bool] | None:
    """What OPEN tells, the unwritten outcome written in the same commit; None when no call could be opened."""
    try:
        done = writers.write(Errand(call, claim.unwritten and settling.columns_of(claim, claim.unwritten)))
    except NotWritten as error:  # whichever of them it was: none may fail for another
        logger.warning("A call is opened alone: %s.", error)
        database.close_if_unusable_or_obsolete()
        settling.write_unwritten(claim)
        return _write([Errand(call)])[0].opened
    ending, claim.unwritten = claim.unwritten, None
    if ending is not None and not done.written:
        with left_to_others(ending.delivery):  # which is no matter of the call that comes now
            settling.settle(claim, *ending)  # finds why not
    return done.opened


class Errand(NamedTuple):
    """A call that one thread opens, and what it writes of its last one."""

    call: dict[str, Any]
    ending: settling.Columns | None = None


class Done(NamedTuple):
    """What OPEN tells of the call, if it could be opened, and whether the ending was written."""

    opened: tuple[int, bool] | None
    written: bool


def _write(errands: Sequence[Errand], *before: str) -> list[Done]:
    """Write the endings and open the calls in one commit, `before` said before."""
    endings = [each.ending for each in errands if each.ending is not None]
    statements, named = settling.writing(endings) if endings else ((BY_ONE_PLAN,), {})
    calls, written = orjson.dumps([each.call for each in errands]).decode(), set()
    with database.cursor() as cursor:
        first = run(cursor, {**named, "calls": calls}, *before, *statements, OPENING) + len(before)
        if endings:
            written = settling.written_by(cursor, first)
        go_to(cursor, first + len(statements))
        opened = {pk.hex: told for pk, *told in cursor.fetchall()}
    return [
        Done(opened.get(call["id"]), ending is not None and ending["delivery"] in written)
        for call, ending in errands
    ]


def _write_soon(errands: Sequence[Errand]) -> list[Done]:
    return _write(errands, UNSTOPPED)


writers = Together(_write_soon, WRITERS, MOST_AT_ONCE)


def _why_not(claim: Claim, delivery: Delivery, exchange: Exchange) -> Exception:
    """Why no call could be opened."""
    ours = Delivery.objects.filter(pk=delivery.pk, lease=claim.lease)
    found = ours.values_list(
        "lead__status", "lead__version", "loan_account__version", "lead__erased_at"
    ).first()
    if found is None:
        return LostLease()
    status, of_lead, of_account, erased_at = found
    if exchange.purpose == Exchange.Purpose.CREATE:
        if erased_at is not None:
            return ended_leads.LeadEnded(ended_leads.ERASED)
        if status in Lead.STOPPED:
            return ended_leads.LeadEnded(ended_leads.said(status))
        if exchange.version not in (None, of_account or of_lead):
            return Outdated()
        if (barred := bars.barred(delivery)) is not None:
            return barred
    return Paused()
