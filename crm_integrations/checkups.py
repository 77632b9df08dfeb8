"""The harmless call to a vendor that did not answer, before any record is sent to it again."""

from __future__ import annotations

from django.conf import settings

from crm_integrations import errors, health, outbox
from crm_integrations.calls import kept_call
from crm_integrations.models import Connection, Exchange


def check_held() -> int:
    """Ask each vendor whose breaker has held long enough and that has a harmless call; returns how many."""
    seconds, asked = 2.0 * settings.DELIVERY_DEADLINE_SECONDS, 0  # a token may have to be fetched first
    while (connection := health.next_to_check(seconds)) is not None:
        health.checked(connection, _answers(connection))
        asked += 1
    return asked


def _answers(connection: Connection) -> bool:
    """Whether the vendor is there; that it refuses us is an answer too, but pauses the connection."""
    connector = connection.connector
    request = connector.check()
    assert request is not None
    try:
        kept_call(connection, request, Exchange.Purpose.HEALTH, connector.raise_for_status)
    except errors.Misconfigured as refusal:
        outbox.pause(connection, refusal.message)
    except errors.Rejected:
        return True
    except errors.DeliveryError:
        return False
    return True
