"""Look-ups of every request, compiled once: the ORM takes longer to write such a query than the database to answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


class Compiled(Generic[M]):
    """A query for one row, and for the row it points to by `related`.

    `query` makes it with any values in the places of the parameters, which `one` then takes in the SQL's order.
    """

    def __init__(self, query: Callable[[], QuerySet[M]], related: str = "") -> None:
        self._query, self._related = query, related

    @cached_property
    def _parts(self) -> tuple[str, type[M], list[str], type[Model] | None, list[str]]:
        rows = self._query().order_by()
        other = rows.model._meta.get_field(self._related).related_model if self._related else None
        rows = rows.select_related(self._related) if self._related else rows
        assert not isinstance(other, str)
        return (
            rows.query.sql_with_params()[0],
            rows.model,
            _names(rows.model),
            other,
            _names(other) if other else [],
        )

    def one(self, *parameters: Any) -> M | None:
        """The row, as the ORM would load it; None when there is none."""
        sql, model, names, other, other_names = self._parts
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            row = cursor.fetchone()
        if row is None:
            return None
        found = model.from_db(connection.alias, names, row[: len(names)])
        if other:
            setattr(found, self._related, other.from_db(connection.alias, other_names, row[len(names) :]))
        return found


def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
