"""Waking the workers. A ring may get lost, and nothing with it: the sweep finds every row that has work."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import current_app

from leadops import embedded_broker

logger = logging.getLogger(__name__)
HUSH_SECONDS = 5.0
"""Once a ring failed, nobody in this process tries another for so long: it might wait for the broker, too."""
hushed = {"until": 0.0}
"""A moment of the monotonic clock."""


def ring(task: str, **sent: Any) -> None:
    """Wake a worker; never fails and hardly waits, because the row it is about is already safe."""
    if not sent and embedded_broker.lies_unread(task, current_app.conf.task_default_queue):
        return  # a bell that nobody has heard yet calls for this row too
    if time.monotonic() < hushed["until"]:
        return
    try:
        current_app.send_task(task, retry=False, ignore_result=True, **sent)
    except Exception as error:  # any broker, any trouble
        hushed["until"] = time.monotonic() + HUSH_SECONDS
        logger.warning(
            "The broker could not be reached (%s); the sweep will find the work.", type(error).__name__
        )
