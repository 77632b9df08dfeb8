"""Checks of a request body against a vendor's field table.

A checker takes a value and returns None, or the problem: a list of sentences for a single value,
a dict by field name for an object, a list of such dicts for a list (the shape of a Django REST error).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import partial

Checker = Callable[[object], object]


def text(value: object) -> object:
    return None if isinstance(value, str) else _wrong(value, "Not a valid string.")


def filled(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        return ["This field may not be blank."]
    return text(value)


def boolean(value: object) -> object:
    return None if isinstance(value, bool) else _wrong(value, "Must be a valid boolean.")


def number(value: object) -> object:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return None if good else _wrong(value, "A valid number is required.")


def day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            date.fromisoformat(value)
            return None
        except ValueError:
            pass
    return _wrong(value, "Not a date in the form YYYY-MM-DD.")


def whole(bits: int) -> Checker:
    """A whole number that fits into `bits` bits, sign included."""
    return partial(_whole, 1 << (bits - 1))


def matching(pattern: str, message: str) -> Checker:
    return partial(_matching, re.compile(pattern), message)


def one_of(*words: str) -> Checker:
    return partial(_one_of, words)


def nullable(checker: Checker) -> Checker:
    return lambda value: None if value is None else checker(value)


def list_of(checker: Checker) -> Checker:
    return partial(_list_of, checker)


class Table:
    """A closed field table: every field has a checker, and no other field may come."""

    def __init__(self, fields: Mapping[str, Checker], required: Iterable[str] = ()) -> None:
        self.fields = dict(fields)
        self.required = frozenset(required)

    def __call__(self, value: object) -> object:
        if not isinstance(value, dict):
            return {"non_field_errors": ["Invalid data. Expected an object."]}
        problems: dict[str, object] = {
            name: ["This field is required."] for name in sorted(self.required - value.keys())
        }
        for name, item in value.items():
            checker = self.fields.get(name)
            problem = checker(item) if checker else ["Unknown field."]
            if problem is not None:
                problems[name] = problem
        return problems or None


def flatten(problem: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (`applicants[1].name`, sentence) for everything that a checker found."""
    if isinstance(problem, dict):
        for name, inner in problem.items():
            yield from flatten(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(problem, list):
        for place, inner in enumerate(problem):
            yield from flatten(inner, path if isinstance(inner, str) else f"{path}[{place}]")
    elif problem is not None:
        yield path, str(problem)


def _wrong(value: object, message: str) -> list[str]:
    return ["This field may not be null."] if value is None else [message]


def _whole(limit: int, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit:
        return None
    return _wrong(value, f"A whole number of {limit.bit_length()} bits is required.")


def _matching(pattern: re.Pattern[str], message: str, value: object) -> object:
    if isinstance(value, str) and pattern.fullmatch(value):
        return None
    return _wrong(value, message)


def _one_of(words: tuple[str, ...], value: object) -> object:
    return None if value in words else _wrong(value, f"Must be one of {', '.join(words)}.")


def _list_of(checker: Checker, value: object) -> object:
    if not isinstance(value, list):
        return _wrong(value, f'Expected a list of items but got type "{type(value).__name__}".')
    problems = [checker(item) for item in value]
    if not any(problem is not None for problem in problems):
        return None
    return [{} if problem is None else problem for problem in problems]
