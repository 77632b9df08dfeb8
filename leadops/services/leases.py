"""Leases on long work: one worker has it in hand at a time, and none for longer than its lease."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model

from leadops import statements

FREE = "(leased_until IS NULL OR leased_until < clock_timestamp())"
"""The condition of what nobody has in hand."""


class LostLease(Exception):
    """Another worker has taken the work over, or somebody has stopped it."""


def write(
    model: type[Model],
    pk: UUID,
    seconds: int,
    condition: str,
    *values: Any,
    sets: str = "",
    returning: str = "leased_until",
) -> tuple[Any, ...] | None:
    """Lease a record where `condition` holds; returns what is asked for of its row, None where it does not hold.

    What is written into `leased_until` is the token that proves the lease. It goes by the database's clock, so that
    workers on several machines agree.
    """
    found = statements.rows(
        f"UPDATE {model._meta.db_table} SET {sets} leased_until = clock_timestamp() + make_interval(secs => %s)"  # noqa: S608
        f" WHERE id = %s AND {condition} RETURNING {returning}",
        [seconds, pk, *values],
    )
    return found[0] if found else None
