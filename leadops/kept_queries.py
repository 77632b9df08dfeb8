"""Querysets whose SQL is made once: making it takes the ORM longer than the database takes to answer.

For pages that ask the same many things of another record each time. What is read are the same objects that the
queryset itself would give.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.utils.functional import cached_property

from leadops.instances import stored

M = TypeVar("M", bound=Model)
MARKS: dict[type, Callable[[], Any]] = {
    UUID: uuid4,
    int: lambda: secrets.randbelow(2**50),
    str: secrets.token_hex,
    datetime: lambda: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=secrets.randbelow(2**50)),
}
"""What stands for a value while the SQL is made: nothing else in it is the same."""
Place = tuple[int | None, Any]
"""The number of the value that goes there, or None beside what always does."""
PLACE = re.compile(r"(%%|%s)")


class Kept(Generic[M]):
    """What `build` makes of values of these types, `[UUID]` being a list of ids, in SQL that is made at the first use.

    `build` must make the same query of whatever values, and its queryset prefetches nothing.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], *types: type | list[type]) -> None:
        self.build, self.types = build, types

    def __call__(self, *values: Any) -> Asked[M]:
        """The query with these values, to be `read`."""
        return Asked(self, values)

    def sql(self, *values: Any) -> tuple[str, list[Any]]:
        """The SQL and its parameters, to be a part of another statement."""
        text, places, _ = self._made
        return text, [fixed if at is None else values[at] for at, fixed in places]

    @cached_property
    def _made(self) -> tuple[str, list[Place], Any]:
        """The text, what goes into its places, and the compiler that knows what its columns are."""
        marks = [MARKS[each[0] if isinstance(each, list) else each]() for each in self.types]
        given = (
            [mark] if isinstance(kind, list) else mark for kind, mark in zip(self.types, marks, strict=True)
        )
        compiler: Any = self.build(*given).query.get_compiler(DEFAULT_DB_ALIAS)
        text, params = compiler.as_sql()
        compiler.klass_info = _made_quickly(compiler.klass_info)
        places: list[Place] = [(marks.index(each) if each in marks else None, each) for each in params]
        asked = [at for at, _ in places]
        assert set(range(len(marks))) <= set(asked), "A value is not asked for."
        return (
            _with_lists(text, [at is not None and isinstance(self.types[at], list) for at in asked]),
            places,
            compiler,
        )

    def rows(self, found: Iterable[tuple[Any, ...]]) -> list[M]:
        """The objects that these rows of the result are."""
        compiler = copy(self._made[2])
        compiler.connection = connection
        compiler.execute_sql = lambda *args, **kwargs: [found]
        query = SimpleNamespace(get_compiler=lambda using: compiler)
        made: Any = SimpleNamespace(query=query, db=DEFAULT_DB_ALIAS, _known_related_objects={})
        return list(ModelIterable(made))


class _Maker:
    """Makes objects of what was read, in place of the model's own `from_db`: half of the time of a page of leads."""

    def __init__(self, model: type[Model]) -> None:
        self.model, self._meta = model, model._meta

    def from_db(self, db: str, names: Sequence[str], values: Sequence[Any]) -> Model:
        return stored(self.model, names, values, db)


def _made_quickly(told: dict[str, Any]) -> dict[str, Any]:
    """What a compiler knows of the classes of its rows, with makers in their place."""
    related = [_made_quickly(each) for each in told.get("related_klass_infos", [])]
    return told | {"model": _Maker(told["model"]), "related_klass_infos": related}


def _with_lists(text: str, is_list: Sequence[bool]) -> str:
    """`IN (%s)` for one value becomes `= ANY(%s)` where a list of any length is given."""
    parts, place = PLACE.split(text), 0
    for at, part in enumerate(parts):
        if part != "%s":
            continue
        if is_list[place]:
            assert parts[at - 1].endswith(" IN ("), "A list stands in `__in` alone."
            parts[at - 1] = parts[at - 1].removesuffix("IN (") + "= ANY("
        place += 1
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Asked(Generic[M]):
    """A kept query with values."""

    kept: Kept[M]
    values: tuple[Any, ...]


def read(asked: Asked[M]) -> list[M]:
    """What the query finds."""
    return read_together(asked)[0]


def read_together(*asked: Asked[Any]) -> list[list[Any]]:
    """What each of the queries finds, all of them in one round trip."""
    texts, values = zip(*(each.kept.sql(*each.values) for each in asked), strict=True)
    found = []
    with connection.cursor() as cursor:
        cursor.execute("; ".join(texts), [value for each in values for value in each])
        for each in asked:
            found.append(each.kept.rows(cursor.fetchall()))
            cursor.nextset()
    return found


def attach(owners: Iterable[Any], name: str, found: Iterable[Any]) -> None:
    """Have each owner's `name` be those of `found` that are its own, as after a prefetch."""
    groups: dict[Any, tuple[Any, list[Any]]] = {}
    field: Any = None
    for owner in owners:
        own: list[Any] = []
        manager = getattr(owner, name)
        field, queryset = manager.field, manager.get_queryset()
        queryset._result_cache, queryset._prefetch_done = own, True
        owner.__dict__.setdefault("_prefetched_objects_cache", {})[field.remote_field.cache_name] = queryset
        groups[owner.pk] = (owner, own)
    for each in found:
        owner, own = groups[getattr(each, field.attname)]
        own.append(each)
        setattr(each, field.name, owner)
