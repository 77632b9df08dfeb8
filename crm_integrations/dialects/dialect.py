"""What a dialect is: how a vendor's client shows its key, what it sends, and what it understands as an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from django.http import HttpRequest
from rest_framework.response import Response

from leadops.api.authentication import Caller, caller_of
from leadops.api.problems import FieldError, Problem, Type
from leadops.api.shapes import Shape, Text, Unreadable, error
from leadops.drafts import LeadDraft
from leadops.models import Lead
from leadops.validation import LongNumber

Headers = Mapping[str, str]


class Taken(NamedTuple):
    """A vendor's request as a draft. `names`: the draft's paths, and what the vendor calls what was read into them."""

    draft: LeadDraft
    names: Mapping[str, str]
    errors: Sequence[FieldError] = ()


class Dialect:
    """One vendor's API for creating leads, served by us. Subclasses carry the vendor's facts and read its request."""

    slug: ClassVar[str]
    label: ClassVar[str]
    path: ClassVar[str]
    """Where leads are posted to; `prefix` is where all the vendor's addresses begin."""
    prefix: ClassVar[str]
    how: ClassVar[str]
    """Where the key goes, told to whoever made it; `{code}` is the partner's code."""
    table: ClassVar[Shape]
    """The fields of the vendor's page, and no others; reads into a dict."""
    long_numbers: ClassVar[Mapping[str, LongNumber]] = {}
    """Paths of fields whose numbers look like a card's or Aadhaar by chance, in `extra[slug]` too."""
    challenge: ClassVar[str] = ""
    """What a 401 says in WWW-Authenticate."""
    statuses: ClassVar[Mapping[Type, int]] = {}
    """The vendor's HTTP status where it is not the usual one."""

    def credential(self, headers: Headers) -> str:
        """What the caller shows as its key, empty when it shows none."""
        raise NotImplementedError

    def caller(self, request: HttpRequest, credential: str) -> Caller:
        """Who shows this `credential`; AuthenticationFailed or Problem when it opens nothing."""
        return caller_of(request, credential)

    def verify(self, headers: Headers, raw: bytes) -> None:
        """Raise AuthenticationFailed unless the caller signed these bytes, where the vendor's clients sign."""

    def read(self, values: dict[str, Any], settings: Sequence[Mapping[str, Any]]) -> Taken:
        """The draft that the request's `values` make; `settings` are those of our connections to the vendor."""
        raise NotImplementedError

    def accepted(self, lead: Lead) -> Response:
        """The vendor's success, for a lead that is stored."""
        raise NotImplementedError

    def refused(self, problem: Problem) -> Response:
        """Any other answer, in the vendor's shape."""
        raise NotImplementedError

    def status(self, problem: Problem) -> int:
        return self.statuses.get(problem.type, problem.type.status)


class Filled(Text):
    """A text that may not be empty."""

    def read(self, data: Any) -> str:
        text = super().read(data)
        if not text.strip():
            raise Unreadable([error("", "required")])
        return text


def optional() -> Text:
    """A text that may be left out."""
    return Text(required=False, allow_null=True)


def name_at(path: str, names: Mapping[str, str]) -> str:
    """What the vendor calls the draft's `path`, by the longest part of it that has a name there."""
    ends = [len(path), *(at for at in range(len(path) - 1, 0, -1) if path[at] in ".[")]
    for end in ends:
        if path[:end] in names:
            return (names[path[:end]] + path[end:]).lstrip(".")
    return path
