"""What is said to a vendor and heard from it, as plain values: requests, answers, and what was read in them.

Pure Python: no Django, no sockets, no clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlencode

from crm_integrations import errors
from crm_integrations.multipart import File, body, content_type, without_file


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete but for its host and credentials.

    `path` starts with a slash and is joined to the connection's base URL; only signing in may give an absolute URL.
    `body` is the exact bytes that go on the wire: whoever signs, signs these. `kept` is what is stored of a body that
    holds a file, in its place.
    """

    operation: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: bytes = b""

    @classmethod
    def json(cls, operation: str, path: str, payload: Any, method: str = "POST") -> Request:
        """A request whose body is `payload`, serialised once and compactly as UTF-8 JSON."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(operation, method, path, body, {"Content-Type": "application/json"})

    @classmethod
    def get(cls, operation: str, path: str, **query: str) -> Request:
        """A GET with `query` encoded into the path."""
        return cls(operation, "GET", f"{path}?{urlencode(query)}" if query else path)

    @classmethod
    def multipart(cls, operation: str, path: str, fields: Sequence[tuple[str, str]], file: File) -> Request:
        """A form of `fields` with one file. What is kept of it is the fields, and the file by its size and hash."""
        headers = {"Content-Type": content_type(file)}
        return cls(operation, "POST", path, body(fields, file), headers, without_file(fields, file))

    def with_headers(self, **headers: str) -> Request:
        """The same request with more headers; an underscore in a name stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


@dataclass(frozen=True, slots=True)
class Response:
    """What the vendor answered; header names are lower case, `body` is capped by the transport."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON.

        Raises OutcomeUnknown when it can't be read: a vendor that says something else than documented has
        said nothing certain.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise errors.OutcomeUnknown(f"The answer (HTTP {self.status}) is not readable JSON.") from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object; OutcomeUnknown when it is anything else."""
        body = self.json()
        if not isinstance(body, dict):
            raise errors.OutcomeUnknown(f"The answer (HTTP {self.status}) is not a JSON object.")
        return body

    @property
    def retry_after(self) -> float | None:
        """Seconds of the Retry-After header, None when it can't be read; a date counts from the answer's own."""
        said = self.headers.get("retry-after", "")
        if said.isdecimal():
            return float(said)
        try:
            until, now = parsedate_to_datetime(said), parsedate_to_datetime(self.headers.get("date", ""))
            return max((until - now).total_seconds(), 0.0)
        except (TypeError, ValueError, OverflowError):
            return None


class Meaning(StrEnum):
    """What a vendor's word for a record means to us: our name for it, how far the record came, and how people say it.

    `fault` is a fault of the vendor's machinery that somebody mends.
    """

    rank: int
    words: str

    def __new__(cls, name: str, rank: int, words: str) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.rank, member.words = rank, words
        return member

    NEW = "new", 0, "new"
    FAULT = "fault", 0, "a fault at the vendor"
    IN_REVIEW = "in_review", 1, "in review"
    APPROVED = "approved", 2, "approved"
    ACTIVE = "active", 3, "active"
    REFUSED = "refused", 3, "refused"
    STOPPED = "stopped", 3, "ended without a loan"

    @classmethod
    def named(cls, name: object) -> Meaning | None:
        """The one of this name, None where there is none."""
        return next((each for each in cls if each == name), None)

    @property
    def is_final(self) -> bool:
        """The vendor has nothing more to tell."""
        return self.rank == 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """The vendor holds the record.

    `reference`: the vendor's own id, empty when it gave none. `status`: the vendor's word for its state,
    verbatim. `look_up`: it said yes without an id, so it has to be asked for the id. `facts`: what the record was sent
    there to learn.
    """

    reference: str = ""
    status: str = ""
    message: str = ""
    look_up: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing this vendor still needs: `field` is a path like `applicants[0].primary_email`."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One record as the vendor lists it.

    `reference` is the vendor's id and `ref` ours, each empty when it is not told. `fields` are values by their path in
    the body of our create request (`applicants[0].name`), so that they can be compared with what was sent.
    """

    reference: str
    ref: str = ""
    status: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a vendor's list; `more` when another page follows."""

    rows: tuple[ListedRow, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook tells: the event's own name, and which record has which status now, where it says so.

    `reference` is the vendor's id of a record that we sent, empty when the event is about something else.
    """

    name: str
    reference: str = ""
    status: str = ""


def error_words(response: Response, limit: int = 500) -> str:
    """What an error body says: `detail`, else `message`, else `error`, else its fields; at most `limit` characters."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return ""
    if isinstance(body, dict):
        said = next((body[k] for k in ("detail", "message", "error") if isinstance(body.get(k), str)), body)
    else:
        said = body
    return (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))[:limit]
