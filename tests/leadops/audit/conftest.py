from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from leadops import statements
from leadops.models import AuditEvent


@pytest.fixture
def events(db: None) -> Callable[..., list[AuditEvent]]:
    """The events since this test began, with their acts, the oldest first."""
    [(before,)] = statements.rows("SELECT coalesce(max(id), 0) FROM leadops_auditevent")

    def of(**chosen: Any) -> list[AuditEvent]:
        found = AuditEvent.objects.filter(id__gt=before, **chosen)
        return list(found.select_related("act").order_by("id"))

    return of


@pytest.fixture
def as_owner() -> Callable[[str], None]:
    """What somebody does who owns the database, and switches its triggers off."""

    def run(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                cursor.execute(sql)
            finally:
                cursor.execute("SET session_replication_role = origin")

    return run
