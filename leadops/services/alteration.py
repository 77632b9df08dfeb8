"""Writing many changed rows at once: one statement for all rows of a table in which the same fields have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection, models

from leadops import statements
from leadops.fields import indexes_of


def update(changed: Iterable[tuple[models.Model, Collection[str]]]) -> None:
    """Write these fields of each row, with the blind indexes and moments that follow them; sends no signals."""
    alike: dict[tuple[type[models.Model], frozenset[str]], list[models.Model]] = defaultdict(list)
    for row, names in changed:
        alike[type(row), frozenset(names)].append(row)
    for (model, names), rows in alike.items():
        written = {*names, *indexes_of(model, names)}
        fields = [
            each
            for each in model._meta.concrete_fields
            if each.name in written or getattr(each, "auto_now", False)
        ]
        _update(model, fields, rows)


def _update(
    model: type[models.Model], fields: Sequence[models.Field[Any, Any]], rows: Sequence[models.Model]
) -> None:
    key = model._meta.pk
    marks = ", ".join(f"%s::{each.db_type(connection)}" for each in (key, *fields))
    names = ", ".join(f'"{each.column}"' for each in (key, *fields))
    said = ", ".join(f'"{each.column}" = said."{each.column}"' for each in fields)
    values: list[Any] = []
    for row in rows:
        values.append(row.pk)
        values += [each.get_db_prep_save(each.pre_save(row, add=False), connection) for each in fields]
    sql = (
        f'UPDATE "{model._meta.db_table}" AS kept SET {said}'  # noqa: S608  a table's own names
        f" FROM (VALUES {', '.join([f'({marks})'] * len(rows))}) AS said ({names})"
        f' WHERE kept."{key.column}" = said."{key.column}"'
    )
    statements.run(sql, values)
