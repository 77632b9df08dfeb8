"""Writing many new rows at once: past the ORM's object building, which costs four times the database's share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from typing import Any, cast

import orjson
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from leadops.audit import acting
from leadops.fields import BlindIndexField, EncryptedTextField, Sealed
from leadops.fields import place as binding
from leadops.instances import stored
from leadops.literals import in_json
from leadops.prepared import Along, Statement, run
from leadops.sealing import seal
from leadops.services.copy_lines import Lines

FEW = 20
"""Up to here one INSERT is quicker than a COPY's extra round trips."""


class NewRow(list[Any]):
    """The values of a row, in the order of the model's concrete fields; `line`: as COPY takes them, once it is made."""

    __slots__ = ("line",)
    line: bytes | None


_EMPTY = Sealed()
Parts = Sequence[tuple["Table", Sequence[NewRow]]]


class Table:
    """How rows of a model are made from plain values and written, worked out once."""

    def __init__(self, model: type[models.Model], attributes: Sequence[str]) -> None:
        """`attributes` names the values that `row` is given; all other fields get their defaults."""
        fields = model._meta.concrete_fields
        at = {field.attname: place for place, field in enumerate(fields)}
        self.model = model
        self.table = model._meta.db_table
        self.attributes = [field.attname for field in fields]
        self.pk: Callable[[NewRow], Any] = itemgetter(at[str(model._meta.pk.attname)])
        self._values = _Values(self.table, fields, attributes)
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
        self._names = [str(field.column) for field in fields]
        self._columns = ", ".join(f'"{name}"' for name in self._names)
        self._target = f'"{self.table}" ({self._columns})'
        self._lines = Lines(
            self.table,
            {at[field.attname]: field for field in fields if field not in self._values.empty},
            [at[field.attname] for field in self._values.moments],
        )

    def row(self, values: Sequence[Any]) -> NewRow:
        """A new row with these `values` of the attributes, its texts sealed and their blind indexes made."""
        row = NewRow(self._values.of(values))
        row.line = None
        for place, source, index in self._indexes:
            row[place] = index.index(row[source])
        pk = ""
        for place, column in self._sealed:
            if text := row[place]:
                pk = pk or str(self.pk(row))
                row[place] = Sealed(seal(text, column + pk))
            else:
                row[place] = _EMPTY
        return row

    def instance(self, row: NewRow) -> Any:
        """The written `row` as the ORM would read it back."""
        return stored(self.model, self.attributes, row, connection.alias)

    def write(self, rows: Sequence[NewRow]) -> None:
        """Insert `rows` in the caller's transaction; raises IntegrityError as an INSERT would, sends no signals."""
        write([(self, rows)])

    def insertion(self, rows: str) -> str:
        """The INSERT of the rows that a JSON list called `rows` tells, each an object by its columns' names."""
        record = f'json_populate_recordset(NULL::"{self.table}", {rows})'
        return f"INSERT INTO {self._target} SELECT {self._columns} FROM {record}"  # noqa: S608  a table's own names

    def as_json(self, rows: Sequence[NewRow]) -> str:
        """`rows` as `insertion` reads them: what is NULL is left out."""
        return orjson.dumps([self._told(row) for row in rows], default=_as_text).decode()

    def _told(self, row: NewRow) -> dict[str, Any]:
        told = {name: value for name, value in zip(self._names, row, strict=True) if value is not None}
        for place in self._json:
            told[self._names[place]] = orjson.Fragment(in_json(row[place]))  # of numbers of any length
        return told

    def make_lines(self, rows: Sequence[NewRow]) -> None:
        """Have `rows` as COPY takes them, which asks no database; the rows must not change any more."""
        for row, line in zip(rows, self._lines.of(rows), strict=True):
            row.line = line

    def copy(self, rows: Sequence[NewRow]) -> None:
        """Send `rows` by COPY."""
        self.make_lines([row for row in rows if row.line is None])
        statement = acting.note() + self._lines.statement
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(b"".join(cast("list[bytes]", [row.line for row in rows])))


class _Values:
    """Where the values of a new row come from: given, made for it, its moment, or the same in every row."""

    def __init__(
        self, table: str, fields: Sequence[models.Field[Any, Any]], attributes: Sequence[str]
    ) -> None:
        others = [field for field in fields if field.attname not in attributes]
        self.moments = [field for field in others if _is_moment_of_writing(field)]
        made = [each for each in others if each.has_default() and callable(each.default)]
        made = [each for each in made if each not in self.moments]
        blank = [field for field in others if field not in self.moments and field not in made]
        self._made = [cast("Callable[[], Any]", field.default) for field in made]
        self._blank = [field.get_default() for field in blank]
        self.empty = {
            field
            for field, value in zip(blank, self._blank, strict=True)
            if value is None and not isinstance(field, BlindIndexField)
        }
        self._table = table
        self._width = len(attributes) + len(made) + 1 + len(blank)
        places = {name: place for place, name in enumerate([*attributes, *(each.attname for each in made)])}
        places |= {field.attname: len(places) for field in self.moments}
        places |= {field.attname: self._width - len(blank) + place for place, field in enumerate(blank)}
        self._picked: Callable[[Sequence[Any]], tuple[Any, ...]] = itemgetter(
            *(places[field.attname] for field in fields)
        )

    def of(self, given: Sequence[Any]) -> tuple[Any, ...]:
        """The values in the order of the fields."""
        told = (*given, *[make() for make in self._made], datetime.now(UTC), *self._blank)
        if len(told) != self._width:
            raise ValueError(f"A row of {self._table} can't be made of {len(given)} values.")
        return self._picked(told)


def _as_text(value: Any) -> str:
    """What JSON has no kind for, as PostgreSQL reads it: bytes and amounts."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


@cache
def _insertion(tables: tuple[Table, ...]) -> Statement:
    """One statement for rows of all `tables`, which PostgreSQL plans once in a session.

    By one parameter a table: the driver takes longer to write a lead's values into SQL, and the server to read it.
    """
    *first, last = [table.insertion(f"%({table.table})s") for table in tables]
    together = ", ".join(f"part{at} AS ({sql})" for at, sql in enumerate(first))
    name = "insert_" + "_".join(table.table.rpartition("_")[2] for table in tables)
    types = {table.table: "json" for table in tables}
    return Statement(name, f"WITH {together} {last}" if first else last, **types)


SAVE, KEEP, TAKE_BACK = "SAVEPOINT rows", "RELEASE SAVEPOINT rows", "ROLLBACK TO SAVEPOINT rows"


def write(parts: Parts, *besides: Statement | Along | str, **named: Any) -> None:
    """Insert rows of several tables, parents first: few rows in one statement, many by a COPY each.

    `besides`: what is to be done after it, in the same round trip where they are few, with the parameters `named`.
    """
    _write((), parts, *besides, **named)


def write_or_nothing(parts: Parts, *besides: Statement | Along | str, **named: Any) -> None:
    """As `write`, for who goes on where a row is refused: IntegrityError leaves the transaction as it was before.

    Its savepoint goes in the same round trip, where one of the ORM's would take two more. Who has no transaction gets
    one of these rows alone.
    """
    if not connection.in_atomic_block:
        with transaction.atomic():
            _write((), parts, *besides, **named)
        return
    try:
        _write((SAVE,), parts, *besides, KEEP, **named)
    except IntegrityError:
        with connection.cursor() as cursor:
            cursor.execute(TAKE_BACK)
        raise


def _write(before: tuple[str, ...], parts: Parts, *besides: Statement | Along | str, **named: Any) -> None:
    parts = [(table, rows) for table, rows in parts if rows]
    with connection.cursor() as cursor:
        if sum(len(rows) for _, rows in parts) > FEW:
            for statement in before:
                cursor.execute(statement)
            for table, rows in parts:
                table.copy(rows)
        elif parts:
            named |= {table.table: table.as_json(rows) for table, rows in parts}
            besides = (*before, _insertion(tuple(table for table, _ in parts)), *besides)
        if besides:
            run(cursor, named, *besides)


def _is_moment_of_writing(field: models.Field[Any, Any]) -> bool:
    return getattr(field, "auto_now", False) or field.default is timezone.now
