"""The events by month: a partition for each, made ahead, and dropped as a whole when its time is over."""

from __future__ import annotations

import logging
import re
from datetime import UTC, date, datetime, timedelta

from django.db import OperationalError, transaction
from django.utils import timezone

from leadops import statements
from leadops.audit.triggers import READY

logger = logging.getLogger(__name__)
AHEAD = 3
PATIENCE = "3s"
"""How long making a month may wait for others: while it waits, all others wait behind it."""
KNOWN = """
SELECT relname FROM pg_class WHERE relname LIKE 'leadops\\_auditevent\\_2%%' AND relkind = 'r' ORDER BY relname
"""


def known() -> list[date]:
    """The months that have a partition, oldest first."""
    names = [re.fullmatch(r"leadops_auditevent_(\d{4})_(\d{2})", name) for (name,) in statements.rows(KNOWN)]
    return [date(int(found[1]), int(found[2]), 1) for found in names if found]


def make_ahead() -> None:
    """Make the partitions of this month and the next ones; what finds none lands in the rest."""
    if statements.rows(READY) != [(True,)]:
        return
    month = timezone.now().astimezone(UTC).date().replace(day=1)
    there = set(known())
    for _ in range(AHEAD + 1):
        if month not in there:
            _make(month)
        month = after(month)


def after(month: date) -> date:
    """The month after `month`, both named by their first days."""
    return (month + timedelta(days=31)).replace(day=1)


def _make(month: date) -> None:
    try:
        with transaction.atomic():
            statements.rows(f"SELECT set_config('lock_timeout', '{PATIENCE}', true)")
            statements.rows("SELECT leadops_audit_make_month(%s)", [month])
    except OperationalError as error:
        logger.warning("No partition of events for %s yet (%s).", month, type(error).__name__)


def drop_before(moment: datetime) -> list[date]:
    """Drop the months that are over before `moment`; the database refuses what is younger than a year."""
    old = [month for month in known() if after(month) <= moment.astimezone(UTC).date()]
    for month in old:
        statements.rows("SELECT leadops_audit_drop_month(%s)", [month])
    return old
