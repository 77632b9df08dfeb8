"""Holding a whole connection, and letting it go on."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from crm_integrations import doorbell, health, notices, redaction
from crm_integrations.models import Connection, Notice


def pause(connection: Connection, reason: str, by: str = "") -> None:
    """Hold all deliveries of `connection` until a person resumes it; `by` is the officer who paused it.

    A call that was under way and is refused then takes nothing of the officer's word, and says nothing of the
    connection where that was changed meanwhile.
    """
    told = redaction.mask_inside(reason, connection.credentials)
    held = Connection.objects.filter(pk=connection.pk)
    if not by:
        as_called = held.filter(version=connection.version)
        held = as_called.exclude(~Q(paused_by=""), paused_until=Connection.UNTIL_RESUMED)
    with transaction.atomic():
        if not held.update(paused_until=Connection.UNTIL_RESUMED, pause_reason=told, paused_by=by):
            return
        # Without the reason, which may hold the vendor's words: a notice is mailed.
        said = "Nothing is sent until an officer resumes it; the reason is on the connection's page."
        notices.raise_notice(connection, Notice.Kind.PAUSED, said)


def resume(connection: Connection) -> None:
    """Let the deliveries of `connection` go on, also past a breaker that is open."""
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(paused_until=None, pause_reason="", paused_by="")
        notices.close(connection, Notice.Kind.PAUSED)
        health.reset(connection)
        doorbell.ring_on_commit()
