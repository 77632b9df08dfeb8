"""Leads with all that belongs to them, read in one statement, to be told and nothing else.

The ORM spends more on making objects of the rows, and on handing them round, than the database on finding them. Here
the database writes the answer's JSON, with holes where something is sealed; what is left to do is filling those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection, models
from django.utils.functional import cached_property

from leadops.api.lead_answers import (
    ADDRESS,
    APPLICANT,
    BANK,
    CONSENT,
    IDENTITY,
    LEAD,
    OR_NONE,
    PROGRAM,
    Answer,
    Seen,
    Way,
)
from leadops.fields import EncryptedTextField, place
from leadops.prepared import Statement, run
from leadops.sealing import open_sealed

EDGE = "\x01"
"""On both sides of a hole. No text that the database writes as JSON has this character in it as it is."""
MOST_PARTS = 40
CODE, PK = 2, 38
"""Where the code of a hole's column ends, and the primary key behind it."""


class _Sealed(NamedTuple):
    """A sealed column: what binds its values to it, and how they are told."""

    place: str
    of: Callable[[Any, Seen], Any]


class _Columns:
    """The JSON of a table's columns, in SQL; `sealed` are those of holes, by their codes."""

    def __init__(self, sealed: dict[str, _Sealed]) -> None:
        self.sealed = sealed
        self._codes = map("{:02}".format, count())

    def object(self, answer: Answer, row: str, **inside: str) -> str:
        """A row of the table as an object; `inside` are lists that it has besides."""
        columns = {
            name: self._told(answer, name, row) for name in answer.ways if name not in IDENTITY.values()
        }
        if len(columns) < len(answer.ways):
            columns["identity_document"] = self._identity(answer, row)
        return _object(columns | inside)

    def _identity(self, answer: Answer, row: str) -> str:
        columns = {name: self._told(answer, column, row) for name, column in IDENTITY.items()}
        some = " OR ".join(f"{row}.{column} {_something(answer, column)}" for column in IDENTITY.values())
        return f"CASE WHEN {some} THEN ({_object(columns)}) ELSE 'null' END"

    def _told(self, answer: Answer, name: str, row: str) -> str:
        way, field, column = answer.ways[name], _field(answer, name), f"{row}.{name}"
        if isinstance(field, EncryptedTextField):
            return self._hole(way, _Sealed(place(answer.model, name, ""), way.of), row, column)
        json = f"to_json({way.sql.format(column)})"
        return json if way is not OR_NONE and not field.null else f"coalesce({json}, 'null')"

    def _hole(self, way: Way, sealed: _Sealed, row: str, column: str) -> str:
        code = next(self._codes)
        self.sealed[code] = sealed
        nothing = orjson.dumps(way.of("", Seen())).decode()
        hole = f"concat(chr(1), '{code}', {row}.id, encode({column}, 'hex'), chr(1))"
        return f"CASE WHEN {column} = '' THEN '{nothing}' ELSE {hole} END"


def _object(columns: dict[str, str]) -> str:
    """An object of columns, in pieces: a function takes no more than a hundred parameters."""
    parts = [
        f"""'{"," if at else "{"}"{name}":', {told}""" for at, (name, told) in enumerate(columns.items())
    ]
    starts = range(0, len(parts), MOST_PARTS)
    pieces = [f"concat({', '.join(parts[at : at + MOST_PARTS])})" for at in starts]
    return " || ".join([*pieces, "'}'"])


def _something(answer: Answer, name: str) -> str:
    return "IS NOT NULL" if isinstance(_field(answer, name), models.DateField) else "<> ''"


def _field(answer: Answer, name: str) -> models.Field[Any, Any]:
    return next(each for each in answer.model._meta.concrete_fields if each.attname == name)


def _list(answer: Answer, row: str, told: str, where: str, order: Sequence[str] = ("position", "id")) -> str:
    """What belongs to a row, in its order: told first and then sorted, since rows are wider than what they tell."""
    by = ", ".join(order)
    # Of the models' own names alone: nothing here comes from a caller.
    rows = f"SELECT {by}, {told} AS told FROM {_table(answer)} {row} WHERE {where} OFFSET 0"  # noqa: S608
    return f"(SELECT concat('[', string_agg(told, ',' ORDER BY {by}), ']') FROM ({rows}) each)"  # noqa: S608


def _table(answer: Answer) -> str:
    return f'"{answer.model._meta.db_table}"'


class _Reading:
    """The statement, written when the models are there: one for all, so that nothing changes in between."""

    @cached_property
    def _made(self) -> tuple[Statement, dict[str, _Sealed]]:
        sealed: dict[str, _Sealed] = {}
        table = _Columns(sealed).object
        addresses = _list(ADDRESS, "d", table(ADDRESS, "d"), "d.applicant_id = a.id")
        banks = _list(BANK, "b", table(BANK, "b"), "b.applicant_id = a.id")
        person = table(APPLICANT, "a", addresses=addresses, banks=banks)
        lead = table(
            LEAD,
            "l",
            consents=_list(CONSENT, "c", table(CONSENT, "c"), "c.lead_id = l.id", ["granted_at", "id"]),
            applicants=_list(APPLICANT, "a", person, "a.lead_id = l.id"),
        )
        # OFFSET 0: there is one way to read it, whatever the tables held when it was planned.
        text = f"""
            SELECT each.* FROM unnest(%(ids)s) given(id) CROSS JOIN LATERAL (
                SELECT l.id, p.country, {lead}, CASE WHEN %(with_program)s THEN {table(PROGRAM, "p")} END
                FROM {_table(LEAD)} l JOIN {_table(PROGRAM)} p ON p.id = l.program_id WHERE l.id = given.id OFFSET 0
            ) each ORDER BY each.id DESC
        """  # noqa: S608
        return Statement("nested_leads", text, ids="uuid[]", with_program="boolean"), sealed

    @property
    def statement(self) -> Statement:
        return self._made[0]

    @property
    def sealed(self) -> dict[str, _Sealed]:
        return self._made[1]


_READING = _Reading()


def nested_leads(ids: Sequence[UUID], whole_pii: bool, *, with_program: bool = False) -> dict[UUID, str]:
    """The answers of these leads as JSON, newest first; `whole_pii`: without masks."""
    return {
        pk: with_member(_filled(lead, Seen(country, whole_pii)), "program", program)
        for pk, country, lead, program in _read(ids, with_program)
    }


def with_member(told: str, name: str, json: str | None) -> str:
    """The object that `told` is, with one member more if there is any."""
    return told if json is None else f'{told[:-1]},"{name}":{json}}}'


def _read(ids: Sequence[UUID], with_program: bool) -> list[tuple[UUID, str, str, str | None]]:
    """Of each lead its program's country, its answer with holes, and its program."""
    # As PostgreSQL reads it: the driver takes ten times as long to write many ids.
    given = f"{{{','.join(each.hex for each in ids)}}}"
    with connection.cursor() as cursor:
        run(cursor, {"ids": given, "with_program": with_program}, _READING.statement)
        found: list[tuple[UUID, str, str, str | None]] = cursor.fetchall()
    return found


def _filled(told: str, seen: Seen) -> str:
    """The JSON with what its holes are for."""
    parts = told.split(EDGE)
    parts[1::2] = [_opened(hole, seen) for hole in parts[1::2]]
    return "".join(parts)


def _opened(hole: str, seen: Seen) -> str:
    column = _READING.sealed[hole[:CODE]]
    value = open_sealed(bytes.fromhex(hole[PK:]), column.place + hole[CODE:PK])
    return orjson.dumps(column.of(value, seen)).decode()
