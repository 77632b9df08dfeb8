"""Keeping, before its first byte, that a call is about to be made."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import connection as database
from django.db.backends.utils import CursorWrapper

from crm_integrations import health
from crm_integrations.models import Delivery, Exchange
from crm_integrations.outbox import bars, ended_leads, settling, taking
from crm_integrations.outbox.claims import Claim, LostLease, Outdated, Paused
from crm_integrations.outbox.leaving import left_to_others
from crm_integrations.outbox.settlements import Ending
from leadops.faults import place_of
from leadops.models import Lead
from leadops.prepared import Statement, run

logger = logging.getLogger(__name__)

# One statement, so one commit and one round trip: this stands before every call's first byte. What sends a record looks
# here, and only here, whether the lender still wants its lead sent, and whether what was read is still the newest:
# between claim and call, an officer may have ended or changed it.
OPEN = f"""
WITH held AS (
    UPDATE crm_integrations_delivery d SET attempts = attempts + %(attempt)s, updated_at = now()
    WHERE id = %(about)s AND lease = %(lease)s AND EXISTS (
        SELECT 1 FROM crm_integrations_connection c LEFT JOIN crm_integrations_health h ON h.connection_id = c.id
        WHERE c.id = d.connection_id AND {health.RUNNING} AND {health.NOT_HELD}
            AND (h.opened_at IS NULL OR %(probe)s)
    ) AND (%(attempt)s = 0 OR NOT EXISTS (
        SELECT 1 FROM leadops_lead l LEFT JOIN leadops_loanaccount a ON a.id = d.loan_account_id
        WHERE l.id = d.lead_id AND ({ended_leads.IS_ENDED} OR coalesce(a.version, l.version) <> %(version)s)
    ) AND NOT EXISTS ({bars.bar("d.lead_id", "d.connection_id")})) RETURNING id, connection_id
)
INSERT INTO crm_integrations_exchange (
    id, created_at, updated_at, delivery_id, connection_id, purpose, version, operation, method, url,
    request_headers, request_body, response_headers, response_body, error
)
SELECT %(id)s, now(), now(), held.id, held.connection_id, %(purpose)s, %(version)s::int, %(operation)s, %(method)s,
    %(url)s, %(request_headers)s, %(request_body)s, '{{}}', '', '' FROM held
RETURNING created_at, EXISTS (
    SELECT 1 FROM crm_integrations_health h WHERE h.connection_id = crm_integrations_exchange.connection_id
    AND (h.failures > 0 OR h.opened_at IS NOT NULL)
)
"""
CALL = {
    "about": "uuid",
    "lease": "uuid",
    "attempt": "int",
    "probe": "bool",
    "id": "uuid",
    "purpose": "text",
    "version": "int",
    "operation": "text",
    "method": "text",
    "url": "text",
    "request_headers": "jsonb",
    "request_body": "text",
}
OPENING = Statement("open_exchange", OPEN, **CALL)


def open_exchange(claim: Claim, delivery: Delivery, exchange: Exchange) -> None:
    """Keep, before its first byte, that a call is about to be made; a create counts as an attempt.

    The outcome that the claim holds unwritten is written with it. Raises Paused when the connection was paused or
    disabled meanwhile, or holds back, LeadEnded when it would send what the lender has ended, Outdated when what it
    would send is not the newest, Barred when it may not go there any more, LostLease when the delivery is another's.
    """
    attempt = int(exchange.purpose == Exchange.Purpose.CREATE)
    opened = _opened(claim, _call(claim, delivery, exchange, attempt))
    if opened is None:
        raise _why_not(claim, delivery, exchange)
    exchange.created_at, exchange.troubled = opened
    exchange.probe = claim.probe
    delivery.attempts += attempt
    if delivery.pk in claim.called and delivery.connection.rate is not None:
        taking.owe(delivery.connection_id)
    claim.called.add(delivery.pk)


def _call(claim: Claim, delivery: Delivery, exchange: Exchange, attempt: int) -> dict[str, Any]:
    """The parameters of OPEN."""
    told: dict[str, Any] = {
        name: getattr(exchange, name) for name in ("purpose", "version", "operation", "method", "url")
    }
    named = {
        "about": delivery.pk,
        "lease": claim.lease,
        "attempt": attempt,
        "id": exchange.pk,
        "probe": claim.probe,
    }
    sent = {
        "request_headers": json.dumps(exchange.request_headers),
        "request_body": exchange.request_body,
    }
    return told | named | sent


def _opened(claim: Claim, call: dict[str, Any]) -> tuple[Any, ...] | None:
    """What OPEN tells, the unwritten outcome written in the same string; None when no call could be opened."""
    if claim.unwritten is not None:
        try:
            return _opened_with(claim, claim.unwritten, call)
        except Exception as error:  # whichever of the two it was: neither may fail for the other
            logger.warning("An outcome is written alone: %s.", place_of(error))
            database.close_if_unusable_or_obsolete()
            settling.write_unwritten(claim)
    with database.cursor() as cursor:
        run(cursor, call, OPENING)
        return _row(cursor)


def _opened_with(claim: Claim, ending: Ending, call: dict[str, Any]) -> tuple[Any, ...] | None:
    """That the lease of `ending` was lost is no matter of the call that comes now."""
    statements, named = settling.writing(claim, ending)
    with database.cursor() as cursor:
        run(cursor, named | call, *statements, OPENING)
        claim.unwritten = None
        with left_to_others(ending.delivery):
            settling.check_written(cursor)
        cursor.nextset()
        return _row(cursor)


def _row(cursor: CursorWrapper) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = cursor.fetchone()
    return found


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
