"""Writing many new rows at once: past the ORM's object building, which costs four times the database's share."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone

from leadops.audit import acting
from leadops.fields import BlindIndexField, EncryptedTextField, Sealed
from leadops.fields import place as binding
from leadops.sealing import seal

FEW = 20
"""Up to here one INSERT is quicker than a COPY's extra round trips."""

Row = list[Any]
in_json = json.JSONEncoder(ensure_ascii=False).encode


class Table:
    """How rows of a model are made from plain values and written, worked out once.

    A row is a list in the order of the model's concrete fields, so `model.from_db` makes an instance of it.
    """

    def __init__(self, model: type[models.Model], attributes: Sequence[str]) -> None:
        """`attributes` names the values that `row` is given; all other fields get their defaults."""
        fields = model._meta.concrete_fields
        at = {field.attname: place for place, field in enumerate(fields)}
        self.model = model
        self.attributes = [field.attname for field in fields]
        self.pk: Callable[[Row], Any] = itemgetter(at[str(model._meta.pk.attname)])
        self._given = [at[attribute] for attribute in attributes]
        others = [field for field in fields if field.attname not in attributes]
        self._moments = [at[field.attname] for field in others if _is_moment_of_writing(field)]
        self._made = [
            (at[field.attname], field.default)
            for field in others
            if callable(field.default) and not _is_moment_of_writing(field) and field.has_default()
        ]
        made = {*self._moments, *(place for place, _ in self._made)}
        self._blank: Row = [
            None if place in made else field.get_default() for place, field in enumerate(fields)
        ]
        # What binds a value to its column is the same in every row: only the key is added.
        self._sealed = [
            (at[field.attname], binding(model, field.attname, ""))
            for field in fields
            if isinstance(field, EncryptedTextField)
        ]
        self._indexes = [
            (at[field.attname], at[field.source], field)
            for field in fields
            if isinstance(field, BlindIndexField)
        ]
        self._json = [at[field.attname] for field in fields if isinstance(field, models.JSONField)]
        self._arrays = [at[field.attname] for field in fields if isinstance(field, ArrayField)]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        self._target = f'"{model._meta.db_table}" ({columns})'

    def row(self, values: Sequence[Any]) -> Row:
        """A new row with these `values` of the attributes, its texts sealed and their blind indexes made."""
        row: Row = self._blank.copy()
        for place, value in zip(self._given, values, strict=True):
            row[place] = value
        for place, make in self._made:
            row[place] = make()
        now = datetime.now(UTC)
        for place in self._moments:
            row[place] = now
        for place, source, index in self._indexes:
            row[place] = index.index(row[source])
        if self._sealed:
            pk = str(self.pk(row))
            for place, column in self._sealed:
                text = row[place]
                row[place] = Sealed(seal(text, column + pk) if text else b"")
        return row

    def instance(self, row: Row) -> Any:
        """The written `row` as the ORM would read it back."""
        return self.model.from_db(connection.alias, self.attributes, row)

    def write(self, rows: Sequence[Row]) -> None:
        """Insert `rows` in the caller's transaction; raises IntegrityError as an INSERT would, sends no signals."""
        write([(self, rows)])

    def statement(self, rows: Sequence[Row]) -> str:
        """The INSERT of `rows`, their values quoted by the driver.

        Row by row, because it knows the marks of one row by heart and takes those of a whole lead apart every time.
        """
        with connection.cursor() as cursor:
            values = [cursor.mogrify(*_marked(self._sent(row))) for row in rows]
        return f"INSERT INTO {self._target} VALUES {', '.join(values)}"  # noqa: S608  a table's own names

    def copy(self, rows: Sequence[Row]) -> None:
        """Send `rows` by COPY."""
        statement = f"COPY {self._target} FROM STDIN{acting.note()}"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(self._sent(row))

    def _sent(self, row: Row) -> Row:
        """`row` as the driver takes it quickest: JSON and empty arrays as the texts they are sent as anyway."""
        row = row.copy()
        for place in self._json:
            row[place] = in_json(row[place])
        for place in self._arrays:
            row[place] = row[place] or "{}"
        return row


_WRITTEN = {None: "NULL", "": "''", "{}": "'{}'"}
"""What most columns of a row hold, as SQL: the driver takes as long for it as for a name."""


def _marked(row: Row) -> tuple[str, Row]:
    """Marks for a row, and what stands in their places."""
    told = [_WRITTEN.get(value) if value is None or isinstance(value, str) else None for value in row]
    marks = ", ".join(written or "%s" for written in told)
    return f"({marks})", [value for value, written in zip(row, told, strict=True) if written is None]


def write(parts: Sequence[tuple[Table, Sequence[Row]]]) -> None:
    """Insert rows of several tables, parents first: few rows in one statement, many by a COPY each."""
    parts = [(table, rows) for table, rows in parts if rows]
    if sum(len(rows) for _, rows in parts) > FEW:
        for table, rows in parts:
            table.copy(rows)
    elif parts:
        *first, last = [table.statement(rows) for table, rows in parts]
        together = ", ".join(f"part{at} AS ({sql})" for at, sql in enumerate(first))
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {together} {last}" if first else last)


def _is_moment_of_writing(field: models.Field[Any, Any]) -> bool:
    return getattr(field, "auto_now", False) or field.default is timezone.now
