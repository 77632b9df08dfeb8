"""Model fields for personal data: an encrypted text and the blind index that finds it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Model

from leadops.sealing import blind_index, open_sealed, seal


class Sealed(bytes):
    """A value as it stands in its column."""


def place(model: type[Model], field: str, pk: Any) -> str:
    """What binds a sealed value to its row and column."""
    return f"{model._meta.label_lower}.{field}:{pk}"


class _Opening:
    """Opens a sealed attribute when it is first read: only then is the row's primary key known."""

    def __init__(self, field: EncryptedTextField) -> None:
        self.name = field.attname

    def __get__(self, instance: Model | None, owner: type[Model]) -> Any:
        if instance is None:
            return self
        try:
            value = instance.__dict__[self.name]
        except KeyError:
            instance.refresh_from_db(fields=[self.name])  # the column was deferred
            value = instance.__dict__[self.name]
        if isinstance(value, Sealed):
            value = open_sealed(value, place(type(instance), self.name, instance.pk)) if value else ""
            instance.__dict__[self.name] = value
        return value

    def __set__(self, instance: Model, value: Any) -> None:
        instance.__dict__[self.name] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs alone
    """Text that is sealed in its column; in Python it reads and writes as plain text.

    Plain text never reaches the database: what has not been sealed by `pre_save` is refused, so `update()` and
    filters on this field are errors. Find rows by the field's `BlindIndexField`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "bytea"

    def contribute_to_class(self, cls: type[Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Opening(self))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: Model, add: bool) -> Any:
        stored = model_instance.__dict__.get(self.attname, "")
        if isinstance(stored, Sealed):  # unchanged since it was read
            return stored
        return self.seal(type(model_instance), model_instance.pk, stored)

    def seal(self, model: type[Model], pk: Any, text: str) -> Sealed:
        """`text` as it goes into this column of row `pk`; an empty text stays empty."""
        return Sealed(seal(text, place(model, self.attname, pk)) if text else b"")

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Sealed) or hasattr(value, "resolve_expression"):
            return value
        if value == "":  # nothing to seal: what rows get that were there before the column
            return Sealed(b"")
        raise TypeError(f"{self.name} is encrypted: it can't be filtered or updated by its plain value.")


class BlindIndexField(models.BinaryField):  # type: ignore[type-arg]  # generic in the stubs alone
    """What equal values of an encrypted field have in common: 16 bytes of HMAC-SHA256, NULL for an empty value."""

    def __init__(self, source: str = "", purpose: str = "", **kwargs: Any) -> None:
        """`source`: the encrypted field. `purpose`: fields of one purpose (`mobile`) can be compared."""
        self.source, self.purpose = source, purpose
        kwargs.update(null=True, blank=True, editable=False, default=None)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.update(source=self.source, purpose=self.purpose)
        for fixed in ("null", "blank", "editable", "default"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs

    def pre_save(self, model_instance: Model, add: bool) -> Any:
        if isinstance(model_instance.__dict__.get(self.source), Sealed):  # unchanged, so its index is too
            return super().pre_save(model_instance, add)
        value = self.index(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, str):
            raise TypeError("A blind index is looked for by bytes, see index().")
        return super().get_prep_value(value)

    def index(self, text: str) -> bytes | None:
        """The index of `text`, also the value to filter by."""
        return blind_index(self.purpose, text)


def indexes_of(model: type[Model], names: Collection[str]) -> list[str]:
    """The blind indexes of these fields, which have to change with them."""
    fields = model._meta.concrete_fields
    return [field.name for field in fields if isinstance(field, BlindIndexField) and field.source in names]
