"""Leads with all that belongs to them, read in one statement, to be told and nothing else.

The ORM spends more on making objects of the rows, and on handing them round, than the database on finding them. Here
the database nests the rows, and each becomes a `Row`: what `lead_answer` reads of a model can be read of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models
from django.db.models import Model

from leadops.fields import BlindIndexField, EncryptedTextField, place
from leadops.models import Address, Applicant, Bank, Consent, Lead, Program
from leadops.prepared import Statement, run
from leadops.sealing import open_sealed

Make = Callable[[Any], Any]


class Row:
    """A stored row by its columns' names; what is sealed is opened when it is read."""

    id: str

    def __init__(self, values: dict[str, Any], model: type[Model]) -> None:
        self.__dict__ = values
        self._model = model

    @property
    def pk(self) -> str:
        return self.id

    def __getattr__(self, name: str) -> Any:
        sealed = self.__dict__.get(_SEALED + name)
        if sealed is None:
            raise AttributeError(name)
        return (
            open_sealed(bytes.fromhex(sealed[2:]), place(self._model, name, self.id))
            if sealed != r"\x"
            else ""
        )


class Rows(list[Row]):
    """The rows that belong to another, given as a manager gives them."""

    def all(self) -> Rows:
        return self


_SEALED = "sealed "
_OF_JSON: dict[type[models.Field[Any, Any]], Make] = {
    models.DateTimeField: datetime.fromisoformat,
    models.DateField: date.fromisoformat,
    models.DecimalField: Decimal,
    models.JSONField: json.loads,  # which keeps whole numbers of any length
}


class _Table:
    """What is read of a model, in SQL and out of JSON; `parts` are the rows that belong to each."""

    def __init__(self, model: type[Model], **parts: tuple[_Table, str]) -> None:
        self.model, self.parts = model, parts

    @cached_property
    def _fields(self) -> list[models.Field[Any, Any]]:
        return [each for each in self.model._meta.concrete_fields if not isinstance(each, BlindIndexField)]

    @cached_property
    def _makers(self) -> list[tuple[str, Make]]:
        made = [(field.attname, _OF_JSON.get(type(field))) for field in self._fields]
        return [(name, make) for name, make in made if make]

    def sql(self, where: str) -> str:
        """The rows as one JSON list of objects."""
        name = self.model._meta.db_table
        wanted = [self._column(field) for field in self._fields]
        for part, (table, owner) in self.parts.items():
            its = f'"{table.model._meta.db_table}"."{owner}" = "{name}"."id"'
            wanted.append(f'{table.sql(its)} AS "{part}"')
        order = ", ".join(map(str, self.model._meta.ordering or ())).replace("-id", "id DESC")
        # Of the models' own names alone: nothing here comes from a caller.
        rows = f'SELECT {", ".join(wanted)} FROM "{name}" WHERE {where} ORDER BY {order}'  # noqa: S608
        return f"(SELECT coalesce(json_agg(found), '[]') FROM ({rows}) found)"  # noqa: S608

    def _column(self, field: models.Field[Any, Any]) -> str:
        column = f'"{self.model._meta.db_table}"."{field.column}"'
        if isinstance(field, EncryptedTextField):
            return f'{column} AS "{_SEALED}{field.attname}"'
        return f"{column}::text" if isinstance(field, models.DecimalField | models.JSONField) else column

    def rows(self, found: Iterable[dict[str, Any]]) -> Rows:
        """What JSON's objects say."""
        return Rows([self._row(values) for values in found])

    def _row(self, values: dict[str, Any]) -> Row:
        for name, make in self._makers:
            if values[name] is not None:
                values[name] = make(values[name])
        for part, (table, _) in self.parts.items():
            values[part] = table.rows(values[part])
        return Row(values, self.model)


_LEADS = _Table(
    Lead,
    applicants=(
        _Table(Applicant, addresses=(_Table(Address), "applicant_id"), banks=(_Table(Bank), "applicant_id")),
        "lead_id",
    ),
    consents=(_Table(Consent), "lead_id"),
)


class _Reading:
    """The statement, written when the models are there."""

    @cached_property
    def statement(self) -> Statement:
        return Statement("nested_leads", f"SELECT {_LEADS.sql('id = ANY(%(ids)s)')}::text", ids="uuid[]")


_READING = _Reading()


def nested_leads(ids: Sequence[UUID]) -> list[Any]:
    """These leads, newest first, with their program and their parties."""
    with connection.cursor() as cursor:
        run(cursor, {"ids": list(ids)}, _READING.statement)
        found: list[Any] = _LEADS.rows(orjson.loads(cursor.fetchone()[0]))
    programs = Program.objects.in_bulk({row.program_id for row in found})
    for row in found:
        row.program = programs[UUID(row.program_id)]
    return found
