"""Waking the workers. A ring may get lost, and nothing with it: the sweep finds every delivery that is due."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction

from crm_integrations.models import Connection

logger = logging.getLogger(__name__)


DELIVER = "crm_integrations.tasks.work"


def ring_on_commit(task: str = DELIVER) -> None:
    """Wake a worker once the caller's transaction is committed; it wakes others while there is more to do."""
    transaction.on_commit(lambda: ring(task), robust=True)


def ring(task: str = DELIVER, **sent: Any) -> None:
    """Wake a worker; never fails and hardly waits, because the row it is about is already safe."""
    try:
        current_app.send_task(task, retry=False, ignore_result=True, **sent)
    except Exception as error:  # any broker, any trouble
        logger.warning(
            "The broker could not be reached (%s); the sweep will find the work.", type(error).__name__
        )


# A queue for each connection, where operations asked for some: the oldest has the first, and so on around. Whoever is
# rung by the wrong one after a connection was deleted finds nothing to do, and the sweep rings anew.


def ring_queue(number: int) -> None:
    """Wake a worker for the connections of one queue."""
    ring(args=[number], queue=settings.DELIVERY_QUEUE_NAMES[number])


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
