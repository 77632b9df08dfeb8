"""Which program a body means."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django.db import connection

from leadops.models import Program
from leadops.prepared import Statement, run


def active_program(program_id: UUID | None) -> Program | None:
    """The program with this id, if it takes new records; as the ORM would load it, but asked at every new lead."""
    if program_id is None:
        return None
    with connection.cursor() as cursor:
        run(cursor, {"id": program_id}, _active())
        row = cursor.fetchone()
    return Program.from_db(connection.alias, _names(), row) if row else None


@cache
def _active() -> Statement:
    columns = ", ".join(f'"{name}"' for name in _names())
    text = f"SELECT {columns} FROM leadops_program WHERE id = %(id)s AND active"  # noqa: S608  the model's own names
    return Statement("active_program", text, id="uuid")


@cache
def _names() -> list[str]:
    return [field.attname for field in Program._meta.concrete_fields]
