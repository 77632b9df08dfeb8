"""Statements of our own, where the ORM would take longer or can't say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection


def run(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> int:
    """Run `sql`; returns how many rows it is about."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def rows(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
    """Run `sql`; returns the rows it answers with, each a tuple."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Any] = cursor.fetchall()
    return found
