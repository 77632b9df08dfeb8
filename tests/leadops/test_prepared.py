"""Statements that are planned once, and the transactions that begin and end with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg import Connection

from leadops.models import CallWindow
from leadops.prepared import COMMIT, Along, Statement, has_ended, run

ADD = Statement(
    "add_window",
    "INSERT INTO leadops_callwindow (subject, began_at, calls) VALUES (%(subject)s, now(), 1) RETURNING subject",
    subject="text",
)
pytestmark = pytest.mark.django_db(transaction=True)


def _add(subject: str, *behind: str) -> str:
    with connection.cursor() as cursor:
        run(cursor, {"subject": subject}, ADD, *behind)
        return str(cursor.fetchone()[0])


def _add_by_django(subject: str) -> None:
    CallWindow.objects.create(subject=subject, began_at=timezone.now(), calls=1)


def _added() -> set[str]:
    return set(CallWindow.objects.values_list("subject", flat=True))


@contextmanager
def _counted(monkeypatch) -> Iterator[list[str]]:
    """What the driver sends by itself: BEGIN, COMMIT and ROLLBACK."""
    sent: list[str] = []
    usual = Connection._exec_command

    def send(self, command, *more):
        sent.append(command.decode() if isinstance(command, bytes) else str(command))
        return usual(self, command, *more)

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "_exec_command", send)
        yield sent


def test_a_transaction_begins_in_one_string_with_its_first_statements(monkeypatch):
    _add("known")  # the session knows the statement
    with _counted(monkeypatch) as sent, transaction.atomic():
        assert _add("one") == "one"
        assert not has_ended()
    assert sent == ["COMMIT"]
    assert _added() == {"one", "known"}


def test_what_began_so_is_undone_as_a_whole():
    with transaction.atomic():
        _add("one")
        _add_by_django("two")
        transaction.set_rollback(True)
    assert _added() == set()


def test_a_first_statement_that_fails_leaves_the_next_one_in_a_transaction():
    with transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError):
            run(cursor, {}, "THIS IS NO STATEMENT")
        _add_by_django("two")
        transaction.set_rollback(True)
    assert _added() == set()


def test_a_string_that_ends_its_transaction_leaves_django_nothing_to_do(monkeypatch):
    _add("known")
    with _counted(monkeypatch) as sent, transaction.atomic():
        _add("one", COMMIT)
        assert has_ended()
    assert sent == []
    with transaction.atomic():
        _add_by_django("two")
    assert _added() == {"known", "one", "two"}


@pytest.mark.parametrize("begun", [False, True])
def test_what_goes_along_has_its_own_values_and_answer(begun):
    word = Statement("word", "SELECT %(subject)s || '!'", subject="text")
    along = Along(word, subject="told")
    with transaction.atomic(), connection.cursor() as cursor:
        if begun:
            cursor.execute("SELECT 1")
        run(cursor, {"subject": "one"}, ADD, along, word)
        assert (cursor.fetchall(), along.rows) == ([("one",)], [("told!",)])
        assert cursor.nextset()
