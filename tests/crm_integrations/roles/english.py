"""What of a page's visible text is English: runs of three words or more that are not data."""

from __future__ import annotations

import re
from html.parser import HTMLParser

UNSEEN = {"script", "style", "template", "code", "pre", "svg", "head"}
"""`code` and `pre` hold payloads, addresses and commands as they are."""
WITHIN_A_SENTENCE = {"a", "abbr", "b", "em", "i", "mark", "small", "strong", "time", "u"}
SAID = ("title", "placeholder", "alt", "aria-label", "data-confirm")
RUN = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[,;:.]? ){2,}[A-Za-z][A-Za-z'’-]*")
ANSWER = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[,;:.]? )+[A-Za-z][A-Za-z'’-]*")
"""In an answer two words are enough: it holds less that is data."""


class _Seen(HTMLParser):
    """The pieces of a page that are read, each with what stands in a line with it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = [""]
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in UNSEEN:
            self._hidden += 1
        if tag not in WITHIN_A_SENTENCE:
            self.pieces.append("")
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.pieces += [given.get("value") or "", ""]
        if not self._hidden:
            self.pieces[-1:-1] = [given[each] or "" for each in SAID if given.get(each)]

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._hidden -= 1
        if tag not in WITHIN_A_SENTENCE:
            self.pieces.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces[-1] += data


def pieces_of(page: str) -> set[str]:
    """What is read on `page`, line by line."""
    seen = _Seen()
    seen.feed(page)
    return {re.sub(r"\s+", " ", piece).strip() for piece in seen.pieces} - {""}


def english_in(page: str, data: list[re.Pattern[str]]) -> list[str]:
    """Each run of English words on `page`, when what is `data` is left out."""
    return sorted(run for piece in pieces_of(page) for run in _runs(piece, data, RUN, 3))


def english_of_answer(pieces: set[str], data: list[re.Pattern[str]]) -> set[str]:
    """The same of what a page answers, more strictly: two words are a run."""
    return {run for piece in pieces for run in _runs(piece, data, ANSWER, 2)}


def _runs(piece: str, data: list[re.Pattern[str]], run: re.Pattern[str], fewest: int) -> list[str]:
    for each in data:
        piece = each.sub(" | ", piece)
    found = run.findall(piece)
    return [each for each in found if sum(not word.isupper() for word in each.split()) >= fewest]
