"""What the doorbell and the clock start; each is thin, because the outbox tells what there is to do."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from crm_integrations import delivery, doorbell, outbox
from crm_integrations.models import Delivery, Exchange

TURN_SECONDS = 60.0


@shared_task
def work() -> None:
    """Deliver what is due, with a second worker's help when it is more than one thing."""
    if _due(2) > 1:
        doorbell.ring()
    delivery.drain_for(TURN_SECONDS)
    if _due(1):
        doorbell.ring()


@shared_task
def sweep() -> None:
    """Find whatever was lost: ended leases, missed wake-ups, unheard bells."""
    outbox.reap()
    outbox.wake_waiting()
    if _due(1):
        doorbell.ring()


def _due(most: int) -> int:
    """How many deliveries are due and in nobody's hands, counted up to `most`."""
    return Delivery.objects.due().filter(leased_until=None)[:most].count()


@shared_task
def prune() -> None:
    """Empty the stored bodies that are older than they need to be kept; the rows stay."""
    old = Exchange.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.EXCHANGE_BODY_DAYS))
    old.exclude(request_body="", response_body="").update(request_body="", response_body="")
