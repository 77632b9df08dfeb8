"""HTTP calls as people read them: what was sent, what came back, and what the vendor said by it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm_integrations import errors
from crm_integrations.connector import Response
from crm_integrations.models import Connection, Exchange
from leadops.faults import place_of
from leadops.languages.said import said

logger = logging.getLogger(__name__)

BEGINNING = 8_000
"""Characters of a body where several calls are shown; the call's own page has all that was kept."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a call in words, and its tone: a 2xx alone is not green, the delivery's own chip is."""

    words: str
    tone: str = "calm"


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call as the timeline tells it. What is stored is redacted already; `said` is what the vendor said by it."""

    call: Exchange
    sent: str
    answered: str
    said: Said

    @classmethod
    def whole(cls, call: Exchange) -> ShownCall:
        """`call` with all that was kept of its bodies."""
        said = what_was_said(call, call.connection, call.response_body)
        return cls(call, call.request_body, call.response_body, said)

    @classmethod
    def beginning(cls, call: Any, connection: Connection) -> ShownCall:
        """`call` to `connection`, read `with_cut_bodies`, with the beginnings of its bodies."""
        return cls(call, call.sent, call.answered, what_was_said(call, connection, call.answered))

    @property
    def tone(self) -> str:
        return self.said.tone

    @property
    def outcome(self) -> str:
        return self.said.words

    @property
    def status_line(self) -> str:
        """How it went as HTTP has it."""
        return _status_line(self.call)

    @property
    def request(self) -> str:
        return as_text(f"{self.call.method} {self.call.url}", self.call.request_headers, self.sent)

    @property
    def answer(self) -> str:
        return as_text("", self.call.response_headers, self.answered)


def what_was_said(call: Exchange, connection: Connection, answered: str) -> Said:
    """What the vendor said to a record, as its connector reads `answered`; of any other call how HTTP went.

    Many a vendor refuses with a 200. A body that was cut can't be read: then the status is all that can be told.
    """
    if not call.status:
        return Said(_status_line(call), "busy" if call.finished_at is None else "bad")
    good = 200 <= call.status < 300
    http = Said(_status_line(call), "calm" if good else "bad")
    if call.purpose != Exchange.Purpose.CREATE or (good and len(answered) >= BEGINNING):
        return http
    try:
        connection.connector.outcome(Response(call.status, answered.encode(), call.response_headers))
    except errors.DeliveryError as error:
        return _refused(error)
    except Exception as error:  # its connector stumbles
        logger.error("The answer of call %s can't be read: %s.", call.pk, place_of(error))
        return http
    return Said(_("Taken"))


def _refused(error: errors.DeliveryError) -> Said:
    told = {"reason": said(error.message)}
    if isinstance(error, errors.Rejected):
        return Said(_("Refused: %(reason)s") % told, "bad")
    if isinstance(error, errors.OutcomeUnknown):
        return Said(_("No certain answer: %(reason)s") % told, "warn")
    return Said(_("Not taken: %(reason)s") % told, "bad")


def _status_line(call: Exchange) -> str:
    return f"HTTP {call.status}" if call.status else call.error or _("under way")


def as_text(first: str, headers: Mapping[str, Any], body: str) -> str:
    """A request or an answer: its `first` line, where it has one, its headers, an empty line and its body."""
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join([*lines, "", pretty(body)]).strip()


def pretty(body: str) -> str:
    """JSON with line breaks, anything else as it is."""
    return _json(body, indent=2)


def compact(body: str) -> str:
    """JSON without blanks, anything else as it is."""
    return _json(body, separators=(",", ":"))


def _json(body: str, **shape: Any) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, **shape)
    except (ValueError, RecursionError):
        return body
