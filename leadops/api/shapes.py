"""Reading JSON into drafts: strict about names and types, telling every error, keeping all that is right.

The serializers are built once, at import, and hold no request's state: building their fields anew for each body
would cost five times the reading itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.timezone import is_naive, make_aware
from rest_framework import serializers
from rest_framework.fields import empty

from leadops.api.codes import CODES
from leadops.api.problems import FieldError

_PLAIN_NAME = re.compile(r"(?!.*[0-9]{5})[A-Za-z0-9_.-]{1,64}")


def error(field: str, code: str, **facts: object) -> FieldError:
    return FieldError(field, code, CODES[code].format_map(facts))


class Unreadable(serializers.ValidationError):
    """What is wrong with a value, and what could be read of it all the same (`empty`: nothing)."""

    def __init__(self, errors: list[FieldError], rest: Any = empty) -> None:
        super().__init__([each.message for each in errors])
        self.errors, self.rest = errors, rest


def _wrong(code: str, **facts: object) -> Unreadable:
    return Unreadable([error("", code, **facts)])


def _below(name: str, errors: list[FieldError]) -> list[FieldError]:
    """The errors of a part, with their place in the whole."""
    return [each._replace(field=_joined(name, each.field)) for each in errors]


def _joined(name: str, inner: str) -> str:
    return name + inner if inner[:1] in ("", "[") else f"{name}.{inner}"


class Lean(serializers.Field[Any, Any, Any, Any]):
    """A field whose `read` is all there is to do; null is as good as leaving it out, unless it is required."""

    def run_validation(self, data: Any = empty) -> Any:
        if data is empty or data is None:
            if self.required:
                raise _wrong("required")
            return empty
        return self.read(data)

    def read(self, data: Any) -> Any:
        raise NotImplementedError

    def to_representation(self, value: Any) -> Any:
        return value


class Text(Lean, serializers.CharField):
    def read(self, data: Any) -> str:
        if not isinstance(data, str):
            raise _wrong("not_a_text")
        return data


class YesNo(Lean, serializers.BooleanField):
    def read(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise _wrong("not_yes_or_no")
        return data


class Amount(Lean, serializers.DecimalField):
    """Money; told as text, because JSON's numbers are floats to many readers. Both are taken."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **options)

    def read(self, data: Any) -> str | Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            raise _wrong("not_a_number")
        return data if isinstance(data, str) else Decimal(repr(data))


class Whole(Lean, serializers.IntegerField):
    def read(self, data: Any) -> str | int:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            raise _wrong("not_a_number")
        return repr(data) if isinstance(data, float) else data


class Day(Lean, serializers.DateField):
    """A date; which spellings are taken is the checks' business."""

    def read(self, data: Any) -> str:
        if not isinstance(data, str):
            raise _wrong("not_a_text")
        return data

    def to_representation(self, value: date | None) -> str | None:
        return value.isoformat() if value else None


class Moment(Lean, serializers.FloatField):
    """Seconds since 1970, as Crego tells moments; ISO 8601 is taken too."""

    def read(self, data: Any) -> datetime:
        try:
            if isinstance(data, int | float) and not isinstance(data, bool):
                return datetime.fromtimestamp(data, UTC)
            read = parse_datetime(data) if isinstance(data, str) else None
            if read is not None:
                return make_aware(read) if is_naive(read) else read.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            pass
        raise _wrong("not_a_moment")


class Id(Lean, serializers.UUIDField):
    def read(self, data: Any) -> UUID:
        try:
            if isinstance(data, str):
                return UUID(data)
        except ValueError:
            pass
        raise _wrong("invalid_id")


class AnyObject(Lean, serializers.DictField):
    """An object of objects, by connection slug."""

    def read(self, data: Any) -> dict[str, dict[str, Any]]:
        if not isinstance(data, dict):
            raise _wrong("not_an_object")
        wrong = [
            error(_shown(name), "not_an_object")
            for name, value in data.items()
            if not isinstance(value, dict)
        ]
        if wrong:
            raise Unreadable(wrong)
        return data


class Many(Lean, serializers.ListField):
    """A list of what `child` reads."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(max_length=most, **options)
        self.most = most

    def read(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise _wrong("not_a_list")
        if len(data) > self.most:
            raise _wrong("too_many", most=self.most)
        rest, errors = [], []
        for at, each in enumerate(data):
            value, wrong = _read(self.child, each)
            errors += _below(f"[{at}]", wrong)
            # An unreadable one keeps its place, so that the paths of those behind it stay right.
            rest.append(self._nothing() if value is empty else value)
        if errors:
            raise Unreadable(errors, rest)
        return rest

    def _nothing(self) -> Any:
        return self.child.made({}) if isinstance(self.child, Shape) else ""


def _read(field: Any, data: Any) -> tuple[Any, list[FieldError]]:
    try:
        return field.run_validation(data), []
    except Unreadable as error:
        return error.rest, error.errors


class Shape(serializers.Serializer[Any]):
    """An object with these fields and no others; reads into a `draft`."""

    draft: ClassVar[type[Any]]
    aliases: ClassVar[Mapping[str, str]] = {}

    @cached_property
    def readers(self) -> dict[str, Any]:
        return {str(field.field_name): field for field in self._writable_fields}

    def run_validation(self, data: Any = empty) -> Any:
        if data is empty or data is None:
            if self.required:
                raise _wrong("required")
            return empty
        if not isinstance(data, Mapping):
            raise _wrong("not_an_object")
        return self._read_object(data)

    def _read_object(self, data: Mapping[str, Any]) -> Any:
        values, errors = {}, self._unknown(data)
        for name, field in self.readers.items():
            sent_as, contradicted = self._sent_as(name, data)
            if contradicted:
                errors.append(error(name, "alias_contradicts"))
            value, wrong = _read(field, data.get(sent_as, empty))
            if wrong:
                errors += _below(sent_as, wrong)
            if value is not empty:
                values[name] = value
        rest = self.made(values)
        if errors:
            raise Unreadable(errors, rest)
        return rest

    def made(self, values: dict[str, Any]) -> Any:
        """What is read, from the values by name."""
        return self.draft(**values)

    def _unknown(self, data: Mapping[str, Any]) -> list[FieldError]:
        if data.keys() <= self.readers.keys():
            return []
        known = self.readers.keys() | self.aliases.values()
        return [error(_shown(name), "unknown_field") for name in data if name not in known]

    def _sent_as(self, name: str, data: Mapping[str, Any]) -> tuple[str, bool]:
        alias = self.aliases.get(name)
        if alias is None or alias not in data:
            return name, False
        if name not in data:
            return alias, False
        return name, data[name] != data[alias]


def _shown(name: str) -> str:
    """A name as an error may repeat it: not when it could be a value in the wrong place."""
    return name if _PLAIN_NAME.fullmatch(name) else "(name)"


def read(shape: Shape, data: Any) -> tuple[Any, list[FieldError]]:
    """What `shape` makes of a body, and everything that is wrong with the body's form.

    With errors it is what could be read (`empty` for nothing at all), so that its content can be checked too.
    """
    return _read(shape, data)


def once(*lists: Sequence[FieldError]) -> list[FieldError]:
    """The lists in one, without what an earlier one has said already of a field or of what it stands in."""
    told: dict[str, FieldError] = {}
    kept: list[FieldError] = []
    for each_list in lists:
        new = [each for each in each_list if not _places(each.field) & told.keys()]
        told.update((each.field, each) for each in new)
        kept += new
    return kept


def _places(field: str) -> set[str]:
    """`a[0].b` and all that it stands in: `a[0].b`, `a[0]`, `a`."""
    ends = [at for at, letter in enumerate(field) if letter in ".["]
    return {field} | {field[:at] for at in ends}
