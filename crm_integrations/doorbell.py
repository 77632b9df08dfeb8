"""Waking the workers for deliveries, in one queue for all or in several."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.db import transaction

from crm_integrations.models import Connection
from leadops import doorbell

DELIVER = "crm_integrations.tasks.work"


def ring_on_commit(task: str = DELIVER) -> None:
    """Wake a worker once the caller's transaction is committed; it wakes others while there is more to do."""
    transaction.on_commit(lambda: doorbell.ring(task), robust=True)


def ring() -> None:
    """Wake a worker for whatever is due."""
    doorbell.ring(DELIVER)


# A queue for each connection, where operations asked for some: the oldest has the first, and so on around. Whoever is
# rung by the wrong one after a connection was deleted finds nothing to do, and the sweep rings anew.


def ring_queue(number: int) -> None:
    """Wake a worker for the connections of one queue."""
    doorbell.ring(DELIVER, args=[number], queue=settings.DELIVERY_QUEUE_NAMES[number])


def queue_of() -> dict[UUID, int]:
    """The number of each connection's queue; none where there are no queues but the one for all."""
    names = settings.DELIVERY_QUEUE_NAMES
    ids = Connection.objects.order_by("pk").values_list("pk", flat=True) if names else []
    return {pk: place % len(names) for place, pk in enumerate(ids)}


def ring_queues(connection_ids: Collection[UUID]) -> None:
    """Wake a worker for each queue that has one of these connections."""
    numbers = queue_of()
    for number in sorted({numbers[pk] for pk in connection_ids if pk in numbers}):
        ring_queue(number)
