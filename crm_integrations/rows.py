"""Rows of our tables as plain tuples: the ORM compiles every query anew and makes an object of every row.

For the way out only, where that was a fifth of a delivery's cost.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import JSONField, Model

from leadops.fields import EncryptedTextField, place
from leadops.literals import array
from leadops.sealing import open_sealed


class Table:
    """What is read of one table for leads: `fields` by their names in the model, `joined` by their names elsewhere.

    `where` takes the ids of leads as `%(leads)s`.
    """

    def __init__(
        self,
        model: type[Model],
        fields: str,
        where: str,
        joins: str = "",
        joined: Mapping[str, str] | None = None,
        order: str = "",
    ) -> None:
        own, others, table = fields.split(), dict(joined or {}), model._meta.db_table
        kinds = {each.attname: each for each in model._meta.concrete_fields}
        self.row = _row(model.__name__, [*own, *others])
        sealed = [n for n, name in enumerate(own) if isinstance(kinds[name], EncryptedTextField)]
        self.sealed = [(n, place(model, own[n], "")) for n in sealed]  # its place but for the row's id
        self.json = [n for n, name in enumerate(own) if isinstance(kinds[name], JSONField)]
        columns = ", ".join([f"{table}.{kinds[name].column}" for name in own] + list(others.values()))
        self.statement = f"SELECT {columns} FROM {table} {joins} WHERE {where}"  # noqa: S608 (names of our own)
        self.statement += f" ORDER BY {order}" if order else ""

    def opened(self, values: Sequence[Any]) -> Any:
        """One row, with what is sealed in it opened, and JSON read."""
        row, key = list(values), str(values[0])
        for number, beginning in self.sealed:
            row[number] = open_sealed(row[number], beginning + key) if row[number] else ""
        for number in self.json:
            row[number] = json.loads(row[number])
        return self.row._make(row)


def _row(name: str, fields: list[str]) -> Any:
    return namedtuple(name, fields)


def rows_of_leads(lead_ids: Collection[UUID], *tables: Table) -> list[list[Any]]:
    """The rows of each of `tables`, all in one round trip. The id is the first field of each."""
    if not lead_ids:
        return [[] for _ in tables]
    with connection.cursor() as cursor:
        cursor.execute("; ".join(table.statement for table in tables), {"leads": array(lead_ids)})
        found = []
        for table in tables:
            found.append([table.opened(values) for values in cursor.fetchall()])
            cursor.nextset()
    return found
