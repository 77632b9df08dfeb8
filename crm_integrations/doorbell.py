"""Waking the workers. A ring may get lost, and nothing with it: the sweep finds every delivery that is due."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)
MOST_RINGS = 8
"""As many as there are threads in a worker; each of them goes on until nothing is due."""


def ring_on_commit(deliveries: int) -> None:
    """Wake workers for that many new deliveries, once the caller's transaction is committed."""
    if deliveries:
        transaction.on_commit(lambda: ring(min(deliveries, MOST_RINGS)), robust=True)


def ring(times: int = 1) -> None:
    """Wake up to `times` workers; never fails and hardly waits, because the outbox row is already safe."""
    try:
        for _ in range(times):
            current_app.send_task("crm_integrations.tasks.work", retry=False, ignore_result=True)
    except Exception as error:  # any broker, any trouble
        logger.warning(
            "The broker could not be reached (%s); the sweep will find the work.", type(error).__name__
        )
