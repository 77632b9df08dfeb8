"""Rows as the lines that COPY reads, made column by column: what is the same in many rows costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.fields import EncryptedTextField
from leadops.literals import array, in_json

Maker = Callable[[Sequence[Any]], list[str]]
NULL = r"\N"
_ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_ESCAPES = str.maketrans(_ESCAPED)
_EMPTY: dict[Any, str] = {dict: "{}", list: "[]"}
"""What most JSON is, which the encoder takes long for."""


class Lines:
    """How rows of a table go by COPY: `statement`, and a line for each."""

    def __init__(
        self, table: str, filled: Mapping[int, models.Field[Any, Any]], moments: Sequence[int]
    ) -> None:
        """`filled` are the fields that are sent, by their places in a row; those at `moments` say the same."""
        columns = ", ".join(f'"{field.column}"' for field in filled.values())
        self.statement = f'COPY "{table}" ({columns}) FROM STDIN'
        self._filled = [(at, _maker(field)) for at, field in filled.items()]
        self._moments = frozenset(moments)

    def of(self, rows: Sequence[Sequence[Any]]) -> list[bytes]:
        """The lines of `rows`, each with its end."""
        if not rows:
            return []
        values = list(zip(*rows, strict=True))
        written: list[str] = []
        columns = []
        for at, make in self._filled:
            if at not in self._moments:
                columns.append(_column(values[at], make))
                continue
            written = written or make(values[at])
            columns.append(written)
        return [("\t".join(texts) + "\n").encode() for texts in zip(*columns, strict=True)]


def _column(values: Sequence[Any], make: Maker) -> list[str]:
    first = values[0]
    if first is values[-1] and values.count(first) == len(values):
        return (make([first]) if first is not None else [NULL]) * len(values)
    if None not in values:
        return make(values)
    made = iter(make([value for value in values if value is not None]))
    return [NULL if value is None else next(made) for value in values]


def _maker(field: models.Field[Any, Any]) -> Maker:
    """How values of `field` are written; a foreign key's are those of its target."""
    kind = field.target_field if isinstance(field, models.ForeignKey) else field
    return next((make for kinds, make in _MAKERS if isinstance(kind, kinds)), _texts)


def _texts(values: Sequence[str]) -> list[str]:
    together = "".join(values)
    if any(each in together for each in _ESCAPED):
        return [value.translate(_ESCAPES) for value in values]
    return list(values)


def _ids(values: Sequence[Any]) -> list[str]:
    return [value.hex for value in values]


def _as_spoken(values: Sequence[Any]) -> list[str]:
    return [str(value) for value in values]


def _truths(values: Sequence[bool]) -> list[str]:
    return ["t" if value else "f" for value in values]


def _bytes(values: Sequence[bytes]) -> list[str]:
    return [rf"\\x{value.hex()}" for value in values]


def _json(values: Sequence[Any]) -> list[str]:
    return _texts([(not value and _EMPTY.get(type(value))) or in_json(value) for value in values])


def _lists(values: Sequence[Iterable[str]]) -> list[str]:
    return _texts([array(value) for value in values])


_MAKERS: tuple[tuple[Any, Maker], ...] = (
    (models.UUIDField, _ids),
    ((models.DateField, models.DecimalField, models.IntegerField), _as_spoken),
    (models.BooleanField, _truths),
    ((models.BinaryField, EncryptedTextField), _bytes),
    (models.JSONField, _json),
    (ArrayField, _lists),
)
"""By the kind of the column; all other columns hold text."""
