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

from leadops.api.lead_answers import AddressAnswer, ApplicantAnswer, BankAnswer, LeadAnswer, ProgramAnswer
from leadops.api.lead_shapes import ConsentShape, IdentityDocumentShape
from leadops.fields import EncryptedTextField, place
from leadops.models import Address, Applicant, Bank, Consent, Lead, Program
from leadops.prepared import Statement, run
from leadops.sealing import open_sealed

Make = Callable[[Any], Any]


class Row:
    """A stored row by its columns' names, with what belongs to it."""

    id: str

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ = values

    @property
    def pk(self) -> str:
        return self.id


class Rows(list[Row]):
    """The rows that belong to another, given as a manager gives them."""

    def all(self) -> Rows:
        return self


_OF_JSON: dict[type[models.Field[Any, Any]], Make] = {
    models.DateTimeField: datetime.fromisoformat,
    models.DateField: date.fromisoformat,
    models.DecimalField: Decimal,
    models.JSONField: lambda text: (
        {} if text == "{}" else json.loads(text)
    ),  # as it keeps numbers of any length
}
_NOTHING = r"\x"
"""How JSON says that nothing was sealed."""


class _Table:
    """What is read of a model, in SQL and out of JSON; `parts` are the rows that belong to each, `of` the one it names.

    Of its columns only those that are `told`: the others cost as much. A row is a list in JSON, its names said here
    alone: with every row they would be half of what is sent.
    """

    def __init__(
        self,
        model: type[Model],
        told: Iterable[str],
        of: dict[str, _Table] | None = None,
        **parts: tuple[_Table, str],
    ) -> None:
        self.model, self.told, self.of, self.parts = model, told, of or {}, parts

    @cached_property
    def _fields(self) -> list[models.Field[Any, Any]]:
        """Also the key: what is sealed is bound to it."""
        told = {"id", *self.told}
        return [field for field in self.model._meta.concrete_fields if field.attname in told]

    @cached_property
    def _names(self) -> list[str]:
        return [*(field.attname for field in self._fields), *self.of, *self.parts]

    @cached_property
    def _makers(self) -> list[tuple[int, Make]]:
        made = [_OF_JSON.get(type(field)) for field in self._fields]
        inner = [*(each.row for each in self.of.values()), *(each.rows for each, _ in self.parts.values())]
        return [(at, make) for at, make in enumerate([*made, *inner]) if make]

    @cached_property
    def _sealed(self) -> list[tuple[int, str]]:
        """Where sealed values stand, and what binds them to their column."""
        return [
            (at, place(self.model, field.attname, ""))
            for at, field in enumerate(self._fields)
            if isinstance(field, EncryptedTextField)
        ]

    @cached_property
    def _pk(self) -> int:
        return self._names.index("id")

    def sql(self, where: str) -> str:
        """The rows as one JSON list."""
        name = self.model._meta.db_table
        order = ", ".join(map(str, self.model._meta.ordering or ())).replace("-id", "id DESC")
        rows = f"json_agg({self._list()} ORDER BY {order})"
        # Of the models' own names alone: nothing here comes from a caller.
        return f"(SELECT coalesce({rows}, '[]') FROM \"{name}\" WHERE {where})"  # noqa: S608

    def _list(self) -> str:
        """One row as a JSON list."""
        name = self.model._meta.db_table
        wanted = [self._column(field) for field in self._fields]
        for one, table in self.of.items():
            its = table.model._meta.db_table
            where = f'"{its}"."id" = "{name}"."{one}_id"'
            wanted.append(f'(SELECT {table._list()} FROM "{its}" WHERE {where})')  # noqa: S608
        for table, owner in self.parts.values():
            wanted.append(table.sql(f'"{table.model._meta.db_table}"."{owner}" = "{name}"."id"'))
        return f"json_build_array({', '.join(wanted)})"

    def _column(self, field: models.Field[Any, Any]) -> str:
        column = f'"{self.model._meta.db_table}"."{field.column}"'
        return f"{column}::text" if isinstance(field, models.DecimalField | models.JSONField) else column

    def rows(self, found: Iterable[list[Any]]) -> Rows:
        """What JSON's lists say."""
        return Rows([self.row(values) for values in found])

    def row(self, values: list[Any]) -> Row:
        """What one of them says, opened where it is sealed."""
        for at, make in self._makers:
            if values[at] is not None:
                values[at] = make(values[at])
        for at, column in self._sealed:
            text = values[at]
            values[at] = (
                "" if text == _NOTHING else open_sealed(bytes.fromhex(text[2:]), column + values[self._pk])
            )
        return Row(dict(zip(self._names, values, strict=True)))


_identity = (f"identity_{name}" for name in IdentityDocumentShape().fields)
_LEADS = _Table(
    Lead,
    LeadAnswer().fields,
    of={"program": _Table(Program, ["country", *ProgramAnswer().fields])},
    applicants=(
        _Table(
            Applicant,
            [*ApplicantAnswer().fields, *_identity],
            addresses=(_Table(Address, AddressAnswer().fields), "applicant_id"),
            banks=(_Table(Bank, BankAnswer().fields), "applicant_id"),
        ),
        "lead_id",
    ),
    consents=(_Table(Consent, ConsentShape().fields), "lead_id"),
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
        return _LEADS.rows(orjson.loads(cursor.fetchone()[0]))
