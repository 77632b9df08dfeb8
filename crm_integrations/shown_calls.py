"""HTTP calls as people read them: what was sent and what came back, each as one text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm_integrations.models import Exchange

BEGINNING = 8_000
"""Characters of a body where several calls are shown; the call's own page has all that was kept."""


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call as the timeline tells it. What is stored is redacted already."""

    call: Exchange
    sent: str
    answered: str

    @classmethod
    def whole(cls, call: Exchange) -> ShownCall:
        """`call` with all that was kept of its bodies."""
        return cls(call, call.request_body, call.response_body)

    @classmethod
    def beginning(cls, call: Any) -> ShownCall:
        """`call`, read `with_cut_bodies`, with the beginnings of its bodies."""
        return cls(call, call.sent, call.answered)

    @property
    def tone(self) -> str:
        """A 2xx is not green: what it means stands in its body, and the delivery's own chip has it."""
        if self.call.status is None:
            return "busy" if self.call.finished_at is None else "bad"
        return "calm" if self.call.status < 300 else "bad"

    @property
    def outcome(self) -> str:
        return f"HTTP {self.call.status}" if self.call.status else self.call.error or "under way"

    @property
    def request(self) -> str:
        return as_text(f"{self.call.method} {self.call.url}", self.call.request_headers, self.sent)

    @property
    def answer(self) -> str:
        return as_text("", self.call.response_headers, self.answered)


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
