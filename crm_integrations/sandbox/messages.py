"""What goes between the socket and a vendor: a request that was read, and the answer to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Request:
    """One HTTP request as a vendor sees it; header names are looked up in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    at: float
    body: Any = None
    unreadable: str | None = None
    """Why `raw` is not JSON; None when it is, or when there is no body at all."""
    argument: str = ""
    """The part of the path that the route captured: an object's id."""

    def parse(self) -> None:
        """Read `raw` as JSON if there is any; a failure is kept for the vendor to answer."""
        if self.raw:
            try:
                self.body = json.loads(self.raw.decode("utf-8"), parse_constant=_no_constant)
            except (ValueError, RecursionError) as error:
                self.unreadable = str(error)


@dataclass(slots=True)
class Created:
    """The object that a request made at the vendor."""

    id: str | int


@dataclass(slots=True)
class Answer:
    """What the vendor says; `body` is JSON unless it is text already."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    created: Created | None = None

    def payload(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        text = (
            self.body
            if isinstance(self.body, str)
            else json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        )
        # A lone surrogate, legal in JSON's escapes, has no UTF-8: it comes back as a question mark.
        return text.encode(errors="replace")


class Refused(Exception):
    """The vendor refuses the request with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
