"""How many calls of each key were answered how, day by day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from leadops.models import CallCount, CallWindow
from leadops.prepared import UNHURRIED, Statement, run

KEPT = timedelta(days=400)
"""A year and a month, so that a month can be held against the same one of the year before."""
MOST_FINDINGS = 20
"""Different errors of one call that are counted."""

ADD = Statement(
    "count_call",
    """
    INSERT INTO leadops_callcount AS c (api_key_id, day, status, problem, finding, calls)
    SELECT %(key)s, %(day)s, %(status)s, %(problem)s, finding, 1 FROM unnest(%(findings)s) finding
    ON CONFLICT (api_key_id, day, status, problem, finding) DO UPDATE SET calls = c.calls + 1
    """,
    key="uuid",
    day="date",
    status="int",
    problem="text",
    findings="text[]",
)


def add(key_id: UUID, status: int, problem: str = "", findings: Iterable[str] = ()) -> None:
    """Count one call of a key: its status, the kind of problem it was, and each error in it once."""
    named = told(key_id, status, problem, findings)
    with connection.cursor() as cursor:
        run(cursor, named, *(() if connection.in_atomic_block else (UNHURRIED,)), ADD)


def told(key_id: UUID, status: int, problem: str = "", findings: Iterable[str] = ()) -> dict[str, Any]:
    """The parameters of `ADD`."""
    different = sorted(set(findings))[:MOST_FINDINGS]  # in one order, so that no two wait for each other
    day = timezone.localdate()
    return {"key": key_id, "day": day, "status": status, "problem": problem, "findings": ["", *different]}


def prune() -> None:
    """Remove counts that are past their time, and the minutes that are over."""
    CallCount.objects.filter(day__lt=timezone.localdate() - KEPT).delete()
    CallWindow.objects.filter(began_at__lt=Now() - timedelta(minutes=5)).delete()
