"""What the doorbell and the clock start; each is thin, because the outbox tells what there is to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings

from crm_integrations import (
    announcements,
    archiving,
    checkups,
    delivery,
    doorbell,
    event_log,
    following,
    gaps,
    notices,
    outbox,
    partitions,
    reconciling,
    watching,
    webhooks,
)
from crm_integrations.models import Delivery

TURN_SECONDS = 60.0
DELIVERING_SECONDS = 10.0
"""A turn at delivering, after which whatever else waits for a thread comes first: the sweep, above all."""
TELLING_SECONDS = 1.0
"""Of such a turn, at most, for making the deliveries of events: some hundred thousand a minute."""
stopping = threading.Event()


@worker_shutting_down.connect
def stop_between_calls(**_: Any) -> None:
    """A worker that is told to stop ends the call it is in, and begins no other."""
    stopping.set()


@shared_task
def work(queue: int | None = None) -> None:
    """Deliver what is due, with a second worker's help when it is more than one thing.

    Where connections have queues of their own, the bell for all only passes the ring on to theirs.
    """
    if queue is None and settings.DELIVERY_QUEUE_NAMES:
        announcements.unfold(_until(DELIVERING_SECONDS))
        outbox.telling.tell(_until(DELIVERING_SECONDS))
        doorbell.ring_queues(outbox.with_work())
        return
    announcements.unfold_next()  # also while there is never nothing to deliver
    outbox.telling.tell(_until(TELLING_SECONDS))
    ours = None if queue is None else [pk for pk, number in doorbell.queue_of().items() if number == queue]
    with outbox.serving(ours):
        _work(doorbell.ring if queue is None else partial(doorbell.ring_queue, queue), _due(2, ours))


def _work(ring: Callable[[], None], due: int) -> None:
    """A turn at what is served just now; `ring` calls for another one."""
    if due > 1 and outbox.can_claim():
        ring()
    delivery.drain(_until(DELIVERING_SECONDS))
    if outbox.can_claim() or outbox.tokens_in() is not None:
        ring()


@shared_task
def sweep() -> None:
    """Find whatever was lost: ended leases, missed wake-ups, unheard bells; then look at who did not answer."""
    outbox.sweep()
    announcements.unfold_next()
    outbox.telling.tell(_until(TELLING_SECONDS))
    if announcements.waiting() or outbox.can_claim() or outbox.tokens_in() is not None:
        doorbell.ring()
    checkups.check_held()


@shared_task
def tell_operations() -> None:
    """Mail the notices that operations were not told of."""
    notices.tell()


def _until(seconds: float) -> Callable[[], bool]:
    """Tells when so much time is over, or the worker is to stop."""
    end = time.monotonic() + seconds
    return lambda: stopping.is_set() or time.monotonic() >= end


def _due(most: int, connection_ids: Collection[UUID] | None) -> int:
    """How many deliveries are due and in nobody's hands, counted up to `most`; of these connections, None: of all."""
    due = Delivery.objects.due().filter(leased_until=None)
    due = due if connection_ids is None else due.filter(connection__in=connection_ids)
    return due[:most].count()


@shared_task
def follow() -> None:
    """Read the webhooks that came in, and ask vendors how delivered records stand."""
    until = _until(TURN_SECONDS)
    webhooks.read_new()
    following.follow(until)


@shared_task
def reconcile() -> None:
    """Compare with the vendors' lists what an officer asked for, and every night the day that is over."""
    reconciling.start_nightly()
    reconciling.go_on(stopping.is_set)


@shared_task
def refresh_gaps() -> None:
    """Find what leads miss for each connection; what a turn does not reach is found at the next."""
    gaps.refresh(_until(TURN_SECONDS))


@shared_task
def watch() -> None:
    """Count the calls that are over, and see whether a vendor does otherwise than usual."""
    watching.watch(_until(TURN_SECONDS))


@shared_task
def prune() -> None:
    """Make room for the next months' calls; empty old bodies, and let go of counts and months that need not be kept."""
    partitions.make_ahead()
    partitions.empty_bodies(partitions.today() - timedelta(days=settings.EXCHANGE_BODY_DAYS))
    watching.prune()
    archiving.end_old()
    event_log.prune()
