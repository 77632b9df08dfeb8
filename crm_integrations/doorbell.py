"""Waking the workers. A ring may get lost, and nothing with it: the sweep finds every delivery that is due."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


def ring_on_commit() -> None:
    """Wake a worker once the caller's transaction is committed; it wakes others while there is more to do."""
    transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Wake a worker; never fails and hardly waits, because the outbox row is already safe."""
    try:
        current_app.send_task("crm_integrations.tasks.work", retry=False, ignore_result=True)
    except Exception as error:  # any broker, any trouble
        logger.warning(
            "The broker could not be reached (%s); the sweep will find the work.", type(error).__name__
        )
