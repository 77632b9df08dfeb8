"""What the deliveries of events tell of their subscription: whether it works, and when it is disabled."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from crm_integrations import notices
from crm_integrations.models import Connection, Delivery, Notice, State, Subscription
from crm_integrations.outbox.settlements import Settlement

FAILED = (State.RETRYING, State.DEAD)
GONE = "The partner's system answered 410: it wants no more events."


def learn_from(delivery: Delivery, settlement: Settlement) -> None:
    """Remember since when nothing was taken, and disable what took nothing for days or wants no more."""
    of_it = Subscription.objects.filter(connection=delivery.connection_id)
    if settlement.state == State.DELIVERED:
        of_it.filter(failing_since__isnull=False).update(failing_since=None, updated_at=Now())
    elif settlement.state == State.REJECTED:
        _disable(delivery.connection, GONE)
    elif settlement.state in FAILED:
        of_it.update(failing_since=Coalesce(F("failing_since"), Now()))
        days = settings.WEBHOOK_DISABLED_AFTER_DAYS
        if of_it.filter(failing_since__lte=Now() - timedelta(days=days)).exists():
            _disable(delivery.connection, f"No event was taken for {days} days.")


def _disable(connection: Connection, reason: str) -> None:
    """Send nothing there any more, and tell operations; what is queued waits until it is enabled again."""
    if not Connection.objects.filter(pk=connection.pk, enabled=True).update(
        enabled=False, version=F("version") + 1, updated_at=Now()
    ):
        return
    Subscription.objects.filter(connection=connection).update(
        disabled_at=Now(), disabled_reason=reason, updated_at=Now()
    )
    said = f"{reason} Nothing is sent there until it is enabled again; events can then be replayed."
    notices.raise_notice(connection, Notice.Kind.DISABLED, said)
