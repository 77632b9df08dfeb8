"""Keeping what a vendor answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from crm_integrations import health
from crm_integrations.models import Exchange
from crm_integrations.outbox.ended_leads import OF_ERASED
from leadops import statements

COMPLETE = f"""
UPDATE crm_integrations_exchange x SET status = e.status, response_headers = e.response_headers,
    response_body = CASE WHEN {OF_ERASED} THEN '' ELSE e.response_body END,
    error = e.error, duration_ms = e.duration, finished_at = now(), updated_at = now()
FROM e WHERE x.id = e.exchange AND x.id BETWEEN %(first_call)s AND %(last_call)s
"""
"""Of rows `e` with the columns of ANSWER, whose calls are the first to the last: an id tells the month of its call.

As they are known before it runs, the other months are left alone. And even by a plan that was made while the month held
nothing, no calls are read but these and those that were begun between them.
"""
ANSWER = """lead uuid, exchange uuid, status int, response_headers jsonb, response_body text, error text,
    duration int"""
COMPLETE_ONE = f"WITH e AS (SELECT * FROM json_to_record(%(answer)s) AS e({ANSWER})) {COMPLETE}"


def answered(exchange: Exchange) -> dict[str, Any]:
    """What COMPLETE writes, by the names of ANSWER."""
    lead_id = exchange.delivery.lead_id if exchange.delivery is not None else None
    return {
        "lead": lead_id and lead_id.hex,
        "exchange": exchange.pk.hex,
        "status": exchange.status,
        "response_headers": exchange.response_headers,
        "response_body": exchange.response_body,
        "error": exchange.error,
        "duration": exchange.duration_ms,
    }


def span_of(calls: Collection[str]) -> dict[str, str | None]:
    """The first and the last of these calls' ids, between which COMPLETE looks; none where no call was answered."""
    return {"first_call": min(calls, default=None), "last_call": max(calls, default=None)}


def complete_exchange(exchange: Exchange) -> None:
    """Keep what the vendor answered, and what it tells of the connection."""
    answer = orjson.dumps(answered(exchange)).decode()
    statements.run(COMPLETE_ONE, {"answer": answer, **span_of([exchange.pk.hex])})
    tell_health(exchange)


def tell_health(exchange: Exchange) -> None:
    """What a call that is over tells of its connection."""
    about = exchange.delivery
    health.learn_from(about.connection if about is not None else exchange.connection, exchange)
