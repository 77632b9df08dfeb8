"""A session that was kept is looked at before it is used again, without asking the server."""

from __future__ import annotations

import pytest
from django.db import close_old_connections, connection
from django.db.backends.postgresql import base

from tests import patience

pytestmark = pytest.mark.django_db(transaction=True)


def _next_request() -> None:
    close_old_connections()


def _pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture(autouse=True)
def kept_session():
    """As a server has it between two requests."""
    connection.close()
    connection.ensure_connection()
    connection.close_at = None


def test_a_session_that_works_is_not_asked(monkeypatch):
    before = _pid()
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: pytest.fail("asked"))
    _next_request()
    assert _pid() == before


def test_a_session_that_was_ended_is_seen_and_replaced():
    before = _pid()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [before])
        patience.wait_until(lambda: _gone(cursor, before), "the session ends")
    other.close()
    _next_request()
    assert _pid() != before


def _gone(cursor, pid: int) -> bool:
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
    return cursor.fetchone() == (0,)


def test_after_an_error_the_server_is_asked(monkeypatch):
    asked = []
    usual = base.DatabaseWrapper.is_usable
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: asked.append(1) or usual(self))
    connection.errors_occurred = True
    _next_request()
    assert asked == [1]
