"""Bodies: JSON, of a size, a depth and a text that everything behind can bear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from leadops import strict_json
from leadops.api.problems import Problem, Type

DRAINED = 4 * 1024 * 1024
"""A refused body is read this far, so that its sender gets to the answer instead of a broken connection."""


class CappedJSONParser(JSONParser):
    """Reads at most `most_bytes` of JSON; refuses what could not be stored or would be read in two ways."""

    @property
    def most_bytes(self) -> int:
        return settings.API_MAX_BYTES

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = self.most_bytes
        raw = stream.read(most + 1)
        if len(raw) > most:
            _drain(stream)
            raise Problem(Type.TOO_LARGE, f"A body has at most {most} bytes here.")
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
        return strict_json.read(text)
    except strict_json.NotStrict as refusal:
        raise _malformed(f"The body {refusal.message}") from None


def _malformed(detail: str) -> Problem:
    return Problem(Type.MALFORMED, detail)
