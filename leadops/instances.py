"""Instances of a model, past `Model.__init__`, which sets field after field and takes five to eight times as long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models.base import ModelState

M = TypeVar("M", bound=models.Model)


def stored(model: type[M], names: Sequence[str], values: Sequence[Any], db: str) -> M:
    """The row of `model` with these values of its attributes, as the ORM would read it from the database `db`."""
    instance = model.__new__(model)
    instance.__dict__.update(zip(names, values, strict=True))
    instance._state = state = ModelState()
    state.db, state.adding = db, False
    return instance


class Instances(Generic[M]):
    """Makes what calling `model` makes, of a model that is made for every call; what it needs is worked out once."""

    def __init__(self, model: type[M]) -> None:
        fields = model._meta.concrete_fields
        self._model = model
        self._made: list[tuple[str, Callable[[], Any]]] = [
            (field.attname, field.default)
            for field in fields
            if field.has_default() and callable(field.default)
        ]
        made = {name for name, _ in self._made}
        self._blank = {field.attname: field.get_default() for field in fields if field.attname not in made}

        self._names = made | self._blank.keys()

    def new(self, *, related: dict[str, models.Model | None], **values: Any) -> M:
        """An instance that is not stored yet, of these `values`; `related` are those of its foreign keys."""
        if not values.keys() <= self._names:
            raise TypeError(f"{self._model.__name__} has no {', '.join(values.keys() - self._names)}.")
        instance = self._model.__new__(self._model)
        state = instance.__dict__
        state.update(self._blank)
        for name, make in self._made:
            if name not in values:
                state[name] = make()
        state.update(values)
        instance._state = ModelState()
        for name, other in related.items():
            state[f"{name}_id"] = None if other is None else other.pk
        instance._state.fields_cache.update(related)
        return instance
