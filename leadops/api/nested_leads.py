"""Leads with all that belongs to them, read in one statement, to be told and nothing else.

The ORM spends more on making objects of the rows, and on handing them round, than the database on finding them. Here
the database tells each column as the answer does, and what is left to do is opening what is sealed, and nesting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models

from leadops.api.lead_answers import (
    ADDRESS,
    APPLICANT,
    BANK,
    CONSENT,
    EXTRA,
    ID,
    LEAD,
    PROGRAM,
    Answer,
    Seen,
    with_identity_document,
)
from leadops.fields import EncryptedTextField, place
from leadops.models import Applicant
from leadops.prepared import Statement, run
from leadops.sealing import open_sealed

Told = dict[str, Any]

# OFFSET 0 keeps together what is inside: there is one way to read it, whatever the tables held when it was planned.
_EACH = 'CROSS JOIN LATERAL (SELECT * FROM "{table}" WHERE {column} = {given} OFFSET 0) {name}'
_GIVEN = "unnest(%(ids)s) given(id)"
_THEIR_APPLICANTS = (
    f"{_GIVEN} {_EACH.format(table=Applicant._meta.db_table, column='lead_id', given='given.id', name='a')}"
)


class _Rows:
    """The rows that an answer is made of; `where` says which of the table, for each that `source` names.

    `besides` are columns that the answer does not tell.
    """

    def __init__(
        self, answer: Answer, source: str, where: tuple[str, str], *besides: str, order: str
    ) -> None:
        self.answer, self.source, self.where, self.order = answer, source, where, order
        self.names = [*answer.ways, *besides]

    @property
    def sql(self) -> str:
        """All rows as one JSON list, each a list too: with their names they would be twice as long."""
        column, given = self.where
        each = _EACH.format(table=self.answer.model._meta.db_table, column=column, given=given, name="r")
        wanted = ", ".join(map(self._told_by_sql, self.names))
        # Of the models' own names alone: nothing here comes from a caller.
        rows = f"json_agg(json_build_array({wanted}) ORDER BY {self.order})"
        return f"(SELECT coalesce({rows}, '[]') FROM {self.source} {each})"  # noqa: S608

    def _told_by_sql(self, name: str) -> str:
        told = self.answer.ways.get(name, ID).sql.format(f"r.{name}")
        return f"nullif({told}, '')" if self._is_sealed(name) else told

    def _is_sealed(self, name: str) -> bool:
        fields: dict[str, models.Field[Any, Any]] = {
            field.attname: field for field in self.answer.model._meta.concrete_fields
        }
        return isinstance(fields[name], EncryptedTextField)

    @cached_property
    def _sealed(self) -> list[tuple[int, str, Callable[[Any, Seen], Any], Any]]:
        """Where sealed values stand, what binds them to their column, how they are told, and how nothing is."""
        return [
            (at, place(self.answer.model, name, ""), way.of, way.of("", Seen()))
            for at, (name, way) in enumerate(self.answer.ways.items())
            if self._is_sealed(name)
        ]

    @cached_property
    def _extra(self) -> list[int]:
        return [at for at, way in enumerate(self.answer.ways.values()) if way is EXTRA]

    def told(self, values: list[Any], seen: Seen) -> Told:
        """What one row says."""
        for at, column, of, nothing in self._sealed:
            if (sealed := values[at]) is None:
                values[at] = nothing
            else:
                values[at] = of(open_sealed(bytes.fromhex(sealed[2:]), column + values[0]), seen)
        for at in self._extra:
            values[at] = {} if values[at] == "{}" else json.loads(values[at])
        return dict(zip(self.names, values, strict=True))


_IN_THEIR_ORDER = "r.position, r.id"
_PROGRAMS = _Rows(
    PROGRAM,
    "(SELECT DISTINCT l.program_id FROM leadops_lead l WHERE l.id = ANY(%(ids)s)) given",
    ("id", "given.program_id"),
    "country",
    order="r.id",
)
_LEADS = _Rows(LEAD, _GIVEN, ("id", "given.id"), order="r.id DESC")
_APPLICANTS = _Rows(APPLICANT, _GIVEN, ("lead_id", "given.id"), order=_IN_THEIR_ORDER)
_ADDRESSES = _Rows(ADDRESS, _THEIR_APPLICANTS, ("applicant_id", "a.id"), order=_IN_THEIR_ORDER)
_BANKS = _Rows(BANK, _THEIR_APPLICANTS, ("applicant_id", "a.id"), order=_IN_THEIR_ORDER)
_CONSENTS = _Rows(CONSENT, _GIVEN, ("lead_id", "given.id"), "lead_id", order="r.granted_at")
_PROGRAM_ID, _LEAD_ID = _LEADS.names.index("program_id"), _APPLICANTS.names.index("lead_id")
_ALL = (_PROGRAMS, _LEADS, _APPLICANTS, _ADDRESSES, _BANKS, _CONSENTS)


class _Reading:
    """The statement, written when the models are there: one for all, so that nothing changes in between."""

    @cached_property
    def statement(self) -> Statement:
        lists = ", ".join(each.sql for each in _ALL)
        return Statement("nested_leads", f"SELECT json_build_array({lists})::text", ids="uuid[]")


_READING = _Reading()


def nested_leads(ids: Sequence[UUID], whole_pii: bool, *, with_program: bool = False) -> list[Told]:
    """The answers of these leads, newest first; `whole_pii`: without masks."""
    programs, leads, applicants, addresses, banks, consents = _read(ids)
    of_program = {program["id"]: program for program in _told(_PROGRAMS, programs, Seen())}
    seen = {pk: Seen(program.pop("country"), whole_pii) for pk, program in of_program.items()}
    answers = {values[0]: _LEADS.told(values, seen[values[_PROGRAM_ID]]) for values in leads}
    for answer in answers.values():
        answer |= {"consents": [], "applicants": []} | (
            {"program": of_program[answer["program_id"]]} if with_program else {}
        )
    people: dict[str, Told] = {}
    for values in applicants:
        answer = answers[values[_LEAD_ID]]
        person = with_identity_document(_APPLICANTS.told(values, seen[answer["program_id"]]))
        people[person["id"]] = person | {"addresses": [], "banks": []}
        answer["applicants"].append(people[person["id"]])
    for address in _told(_ADDRESSES, addresses, Seen()):
        people[address["applicant_id"]]["addresses"].append(address)
    for bank in _told(_BANKS, banks, Seen(whole_pii=whole_pii)):
        people[bank["applicant_id"]]["banks"].append(bank)
    for consent in _told(_CONSENTS, consents, Seen()):
        answers[consent.pop("lead_id")]["consents"].append(consent)
    return list(answers.values())


def _read(ids: Sequence[UUID]) -> list[list[list[Any]]]:
    """The rows of all parts."""
    # As PostgreSQL reads it: the driver takes ten times as long to write many ids.
    given = f"{{{','.join(each.hex for each in ids)}}}"
    with connection.cursor() as cursor:
        run(cursor, {"ids": given}, _READING.statement)
        found: list[list[list[Any]]] = orjson.loads(cursor.fetchone()[0])
    return found


def _told(rows: _Rows, found: Iterable[list[Any]], seen: Seen) -> Iterable[Told]:
    return (rows.told(values, seen) for values in found)
