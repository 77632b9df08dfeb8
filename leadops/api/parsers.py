"""Bodies: JSON, of a size, a depth and a text that everything behind can bear."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from leadops import strict_json
from leadops.api.problems import FieldError, Problem, Type, invalid
from leadops.api.shapes import Shape, error, read

DRAINED = 4 * 1024 * 1024
"""A refused body is read this far, so that its sender gets to the answer instead of a broken connection."""

OTHER_PARTS = 1024 * 1024
"""What a form may have beside its file."""
LONGEST_NAME = 64
FORM = "multipart/form-data"


class CappedJSONParser(JSONParser):
    """Reads at most `most_bytes` of JSON; refuses what could not be stored or would be read in two ways."""

    @property
    def most_bytes(self) -> int:
        return settings.API_MAX_BYTES

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return read_json(read_capped(stream, self.most_bytes))


class CappedRawParser(JSONParser):
    """Reads at most `API_MAX_BYTES` of a body that is declared as JSON, and leaves it as it came: it may be signed."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return read_capped(stream, settings.API_MAX_BYTES)


def read_capped(stream: IO[Any], most: int) -> bytes:
    """The body in `stream`; Problem when it is larger than `most` bytes."""
    raw: bytes = stream.read(most + 1)
    if len(raw) > most:
        _drain(stream)
        raise Problem(Type.TOO_LARGE, f"A body has at most {most} bytes here.")
    return raw


def body_of(request: Request) -> Any:
    """The request's JSON. A body sent in chunks, without its length, never gets here and would look empty."""
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        raise _malformed("Send the body with a Content-Length; one sent in chunks is not read.")
    return request.data


class NothingShape(Shape):
    """The body of a call that takes none: empty, or an object of no fields."""

    draft = dict


NOTHING = NothingShape(required=False)


def refuse_body(request: Request) -> None:
    """Problem where a body says anything to a call that takes none: it may ask for something else than is done."""
    # With an Idempotency-Key a form was read before, and the framework takes its body for an empty one.
    if request._request.content_type == FORM:
        raise UnsupportedMediaType(FORM)
    _, errors = read(NOTHING, body_of(request))
    if errors:
        raise invalid(errors)


def form_of(request: Request, largest: int, what: str, parts: str) -> Any:
    """The form that was sent, with `parts`; Problem when it is none, or holds more bytes than `what` may have."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > largest + OTHER_PARTS:
        raise Problem(Type.TOO_LARGE, f"A {what} has at most {largest / (1024 * 1024):,.0f} MB.")
    try:
        return body_of(request)
    except UnsupportedMediaType:
        words = f"Send the {what} as multipart/form-data, with {parts}."
        raise Problem(Type.UNSUPPORTED_MEDIA_TYPE, words) from None


def unknown_parts(sent: Iterable[str], known: Collection[str]) -> list[FieldError]:
    """An error for each part of a form that is not `known`."""
    names = (name for name in sent if name not in known)
    return [error(name if len(name) <= LONGEST_NAME else "(name)", "unknown_field") for name in names]


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
        return strict_json.read(text)
    except strict_json.NotStrict as refusal:
        raise _malformed(f"The body {refusal.message}") from None


def _malformed(detail: str) -> Problem:
    return Problem(Type.MALFORMED, detail)
