"""What became of a pending change, in the history of the change itself and of what it changed."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model

from leadops.models import Officer


def log(officer: Officer, record: Model, said: str, flag: int = CHANGE) -> None:
    """Write one line of history, within the caller's transaction: who, which record, what."""
    manager: Any = LogEntry.objects
    manager.log_actions(officer.pk, [record], flag, said, single_object=True)
