"""Values in a statement's text reach the database as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DataError, connection

from leadops.prepared import Statement, run

ID = UUID("0198c0de-0000-7000-8000-000000000001")
ODD = ["", "it's", "a\\b", 'say "so"', "{a,b}", "100 %", "%(name)s", "; DROP TABLE x; --", "नमस्ते", "NULL"]


def _through(type_: str, value: object) -> object:
    statement = Statement(f"through_{type_.replace('[]', 's')}", "SELECT %(value)s", value=type_)
    with connection.cursor() as cursor:
        run(cursor, {"value": value}, statement)
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type_", "value"),
    [
        *(("text", text) for text in ODD),
        ("text[]", ODD),
        ("text[]", []),
        ("text[]", ["a", None]),
        ("int", -5),
        ("bool", True),
        ("uuid", ID),
        ("uuid[]", [ID, ID]),
        ("bytea", b"\x00\xff'\\"),
        ("bytea[]", [b"\x00\xff", b""]),
        ("date", date(2026, 2, 28)),
        ("timestamptz", datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=UTC)),
        ("numeric", Decimal("-1.50")),
        ("float8", 1.5),
        ("text", None),
    ],
)
def test_a_value_comes_back_as_it_was_sent(type_, value):
    found = _through(type_, value)
    assert (bytes(found) if isinstance(value, bytes) else found) == value


@pytest.mark.django_db
def test_a_nul_is_refused_and_not_where_the_text_ends():
    with pytest.raises(DataError):
        _through("text", "a\0b")
