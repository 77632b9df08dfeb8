"""Keeping what a vendor answered."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection as database

from crm_integrations import health
from crm_integrations.models import Exchange

COMPLETE = """
UPDATE crm_integrations_exchange SET status = %(status)s, response_headers = %(response_headers)s,
    response_body = %(response_body)s, error = %(error)s, duration_ms = %(duration)s, finished_at = now(),
    updated_at = now()
WHERE id = %(exchange)s
"""
ANSWER = {
    "exchange": "uuid",
    "status": "int",
    "response_headers": "jsonb",
    "response_body": "text",
    "error": "text",
    "duration": "int",
}


def answered(exchange: Exchange) -> dict[str, Any]:
    """The parameters of COMPLETE."""
    return {
        "exchange": exchange.pk,
        "status": exchange.status,
        "response_headers": json.dumps(exchange.response_headers),
        "response_body": exchange.response_body,
        "error": exchange.error,
        "duration": exchange.duration_ms,
    }


def complete_exchange(exchange: Exchange) -> None:
    """Keep what the vendor answered, and what it tells of the connection."""
    with database.cursor() as cursor:
        cursor.execute(COMPLETE, answered(exchange))
    tell_health(exchange)


def tell_health(exchange: Exchange) -> None:
    """What a call that is over tells of its connection."""
    about = exchange.delivery
    health.learn_from(about.connection if about is not None else exchange.connection, exchange)
