"""Which program a body means."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from leadops.ids import uuid_in
from leadops.models import Program
from leadops.prepared import Along, Statement, run

NAMED = re.compile(rb'"program_id"\s*:\s*"([0-9A-Fa-f-]{32,36})"')


def active_program(program_id: UUID | None) -> Program | None:
    """The program with this id, if it takes new records; as the ORM would load it, but asked at every new lead."""
    if program_id is None:
        return None
    with connection.cursor() as cursor:
        run(cursor, {"id": program_id}, _active())
        return _read(cursor.fetchall())


def asked_along(body: bytes) -> Along | None:
    """What asks for the program that `body` seems to name, to go with what is asked before the body is read."""
    named = NAMED.search(body)
    program_id = uuid_in(named[1].decode()) if named else None
    return Along(_active(), id=program_id) if program_id else None


def program_of(along: Along | None, program_id: UUID | None) -> Program | None:
    """As `active_program`, by what `asked_along` gave where that was for this program."""
    if along is not None and along.named["id"] == program_id:
        return _read(along.rows)
    return active_program(program_id)


def _read(rows: list[Any]) -> Program | None:
    return Program.from_db(connection.alias, _names(), rows[0]) if rows else None


@cache
def _active() -> Statement:
    columns = ", ".join(f'"{name}"' for name in _names())
    text = f"SELECT {columns} FROM leadops_program WHERE id = %(id)s AND active"  # noqa: S608  the model's own names
    return Statement("active_program", text, id="uuid")


@cache
def _names() -> list[str]:
    return [field.attname for field in Program._meta.concrete_fields]
