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
    """Deliver what is due; ring again when there is more than one turn's worth."""
    delivery.drain_for(TURN_SECONDS)
    if Delivery.objects.due().filter(leased_until=None).exists():
        doorbell.ring()


@shared_task
def sweep() -> None:
    """Find whatever was lost: ended leases, missed wake-ups, unheard bells."""
    outbox.reap()
    outbox.wake_waiting()
    due = Delivery.objects.due().filter(leased_until=None)[: doorbell.MOST_RINGS].count()
    doorbell.ring(due)


@shared_task
def prune() -> None:
    """Empty the stored bodies that are older than they need to be kept; the rows stay."""
    old = Exchange.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.EXCHANGE_BODY_DAYS))
    old.exclude(request_body="", response_body="").update(request_body="", response_body="")
