"""What of a page's visible text is English: runs of three words or more that are not data."""

from __future__ import annotations

import re
from html.parser import HTMLParser

UNSEEN = {"script", "style", "template", "code", "pre", "svg", "head"}
"""`code` and `pre` hold payloads, addresses and commands as they are."""
WITHIN_A_SENTENCE = {"a", "abbr", "b", "em", "i", "mark", "small", "strong", "time", "u"}
SAID = ("title", "placeholder", "alt", "aria-label", "data-confirm")
RUN = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[,;:.]? ){2,}[A-Za-z][A-Za-z'’-]*")
NO_CODE = re.compile(r"\b[A-Za-z]?[a-z]")


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


def english_in(page: str, data: list[re.Pattern[str]]) -> list[str]:
    """Each run of English words on `page`, when what is `data` is left out."""
    seen = _Seen()
    seen.feed(page)
    return list(dict.fromkeys(run for piece in seen.pieces for run in _runs(piece, data)))


def _runs(piece: str, data: list[re.Pattern[str]]) -> list[str]:
    text = re.sub(r"\s+", " ", piece)
    for each in data:
        text = each.sub(" | ", text)
    return [run for run in RUN.findall(text) if sum(not word.isupper() for word in run.split()) >= 3]
