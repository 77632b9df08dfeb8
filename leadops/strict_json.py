"""JSON from outside: only what the database can keep and every reader reads alike."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from leadops.errors import LeadopsError

DEEPEST = 20


class NotStrict(LeadopsError):
    """It is not JSON that can be kept."""


def read(text: str) -> Any:
    """The tree in `text`; NotStrict when it is not plain JSON, in words that go on after "The body" or "This"."""
    try:
        tree = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        # Only the place is told: the error's own words may quote the text.
        raise NotStrict(f"is not JSON: look at line {error.lineno}, column {error.colno}.") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        raise NotStrict("holds a number or a nesting beyond all measure.") from None
    for depth, told in _texts(tree):
        if depth > DEEPEST:
            raise NotStrict(f"is nested more than {DEEPEST} levels deep.")
        if not _storable(told):
            raise NotStrict("holds a NUL character or half a character (a lone surrogate).")
    return tree


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotStrict("has an object with the same name twice; only one of them could be kept.")
    return made


def _refuse_constant(name: str) -> None:
    raise NotStrict(f"holds {name}, which is not JSON.")


def _finite(digits: str) -> float:
    if math.isinf(number := float(digits)):  # as 1e400, which would be written again as Infinity
        raise NotStrict("holds a number or a nesting beyond all measure.")
    return number


def _texts(tree: Any) -> Iterator[tuple[int, str]]:
    """Depth and text of every name and value in the tree, without recursion; empty for what is no text."""
    waiting = [(1, tree)]
    while waiting:
        depth, value = waiting.pop()
        if isinstance(value, str):
            yield depth, value
        elif isinstance(value, dict):
            yield depth, "".join(value)
            waiting += [(depth + 1, each) for each in value.values()]
        elif isinstance(value, list):
            yield depth, ""
            waiting += [(depth + 1, each) for each in value]


def _storable(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
