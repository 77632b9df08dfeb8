"""Bodies: JSON, of a size, a depth and a text that everything behind can bear."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from leadops.api.problems import Problem, Type

DEEPEST = 20
DRAINED = 4 * 1024 * 1024
"""A refused body is read this far, so that its sender gets to the answer instead of a broken connection."""


class CappedJSONParser(JSONParser):
    """Reads at most `API_MAX_BYTES` of JSON; refuses what could not be stored or would be read in two ways."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(settings.API_MAX_BYTES + 1)
        if len(raw) > settings.API_MAX_BYTES:
            _drain(stream)
            raise Problem(Type.TOO_LARGE, f"A body has at most {settings.API_MAX_BYTES} bytes.")
        return read_json(raw)


def body_of(request: Request) -> Any:
    """The request's JSON. A body sent in chunks, without its length, never gets here and would look empty."""
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        raise _malformed("Send the body with a Content-Length; one sent in chunks is not read.")
    return request.data


def _drain(stream: IO[Any]) -> None:
    read = 0
    while read < DRAINED and (part := stream.read(64 * 1024)):
        read += len(part)


def read_json(raw: bytes) -> Any:
    """The tree in `raw`; Problem when it is not plain JSON in UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("The body is not UTF-8.") from None
    try:
        tree = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        # Only the place is told: the error's own words may quote the body.
        raise _malformed(
            f"The body is not JSON: look at line {error.lineno}, column {error.colno}."
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        raise _malformed("The body holds a number or a nesting beyond all measure.") from None
    for depth, text in _texts(tree):
        if depth > DEEPEST:
            raise _malformed(f"The body is nested more than {DEEPEST} levels deep.")
        if not _storable(text):
            raise _malformed("The body holds a NUL character or half a character (a lone surrogate).")
    return tree


def _malformed(detail: str) -> Problem:
    return Problem(Type.MALFORMED, detail)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _malformed("The body has an object with the same name twice; only one of them could be kept.")
    return made


def _refuse_constant(name: str) -> None:
    raise _malformed(f"{name} is not JSON.")


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
