"""The timeline of a lead: everything that happened to it, in one list, newest first.

Each part of the product tells what it knows by a source, a function of the lead and of how many entries are wanted; it
gives its newest ones. What was told is never repeated elsewhere: a source reads the records themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.http import HttpRequest

from leadops.models import Lead

ON_A_PAGE = 50
MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: when, by whom, of which kind, in words, and the page that has more of it."""

    at: datetime
    who: str
    kind: str
    words: str
    link: str = ""
    tone: str = "calm"


Source = Callable[[Lead, int], Iterable[Entry]]
SourceForReader = Callable[[Lead, int, HttpRequest], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class _Told:
    source: SourceForReader
    kinds: Mapping[str, Any]
    permission: str = ""

    def to(self, request: HttpRequest, kind: str) -> bool:
        asked = not kind or kind in self.kinds
        return asked and (not self.permission or request.user.has_perm(self.permission))


_sources: list[_Told] = []


def source(kinds: Mapping[str, Any], permission: str = "") -> Callable[[Source], Source]:
    """Have a function tell entries of these kinds, by name and label, to those with this right."""

    def registered(told: Source) -> Source:
        _sources.append(_Told(lambda lead, limit, _request: told(lead, limit), kinds, permission))
        return told

    return registered


def source_for_reader(kinds: Mapping[str, Any]) -> Callable[[SourceForReader], SourceForReader]:
    """The same of a function that looks itself at who asks, because not everybody is told all of it."""

    def registered(told: SourceForReader) -> SourceForReader:
        _sources.append(_Told(told, kinds))
        return told

    return registered


def shown(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    """A page of the timeline, of one kind where the address names it, and the ways to the others."""
    labels = {name: label for each in _sources if each.to(request, "") for name, label in each.kinds.items()}
    kind = request.GET.get("kind", "")
    kind = kind if kind in labels else ""
    page = _page(request.GET.get("older", ""))
    first = (page - 1) * ON_A_PAGE
    entries = _newest(request, lead, kind, page * ON_A_PAGE + 1)
    return {
        "entries": [(each, labels[each.kind]) for each in entries[first : first + ON_A_PAGE]],
        "kind": kind,
        "kinds": labels,
        "page": page,
        "older": page + 1 if len(entries) > page * ON_A_PAGE and page < MOST_PAGES else None,
        "newer": page - 1 if page > 1 else None,
    }


def _newest(request: HttpRequest, lead: Lead, kind: str, limit: int) -> list[Entry]:
    asked = [each.source for each in _sources if each.to(request, kind)]
    told = (entry for source in asked for entry in islice(source(lead, limit, request), limit))
    wanted = [entry for entry in told if not kind or entry.kind == kind]
    return sorted(wanted, key=lambda entry: entry.at, reverse=True)[:limit]


def _page(text: str) -> int:
    return min(max(int(text), 1), MOST_PAGES) if text.isdecimal() and len(text) < 4 else 1
