"""Waking the workers. A ring may get lost, and nothing with it: the sweep finds every delivery that is due."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


DELIVER = "crm_integrations.tasks.work"


def ring_on_commit(task: str = DELIVER) -> None:
    """Wake a worker once the caller's transaction is committed; it wakes others while there is more to do."""
    transaction.on_commit(lambda: ring(task), robust=True)


def ring(task: str = DELIVER) -> None:
    """Wake a worker; never fails and hardly waits, because the row it is about is already safe."""
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception as error:  # any broker, any trouble
        logger.warning(
            "The broker could not be reached (%s); the sweep will find the work.", type(error).__name__
        )
