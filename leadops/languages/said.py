"""What services and vendors' connectors say in English, in the reader's language.

Their sentences are the API's words and are kept with what they tell of, so they are looked up when they are shown. One
with something put in is known by its pattern: the catalogue's entry for it, with `{places}`.
"""

from __future__ import annotations

import gettext
import re
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.utils import translation

PLACE = re.compile(r"\{(\w+)\}")
SENTENCES = re.compile(r"(?<=[.:;!?]) ")
WITHIN = r"(?:(?![.!?] [A-Z]).)+?"
"""What stands in a place: never the end of one sentence and the beginning of the next."""
TO_THE_END = r".+"
"""What stands in a place behind a colon, with nothing behind it: as many sentences as are told there."""
FEWEST_LETTERS = 5
"""Of its own has a pattern, or it would take other sentences for its own."""


class Pattern(NamedTuple):
    """A sentence with places: what it is known by, and how it is said."""

    sure: str
    """Its longest piece between places: looked for first, because that is quick."""
    known: re.Pattern[str]
    hindi: str


def said(text: object) -> str:
    """An English sentence of ours in the reader's language; as it is where it is none of ours."""
    language = translation.get_language() or ""
    return str(text) if not text or language.partition("-")[0] in ("", "en") else _found(language, str(text))


@lru_cache(maxsize=10_000)
def _found(language: str, text: str) -> str:
    if not text.strip():
        return text
    if (whole := _whole(text)) is not None:
        return whole
    for each in _patterns(language):
        if each.sure in text and (match := each.known.fullmatch(text)):
            return each.hindi.format_map(
                {name: _found(language, part) for name, part in match.groupdict().items()}
            )
    sentences = SENTENCES.split(text)
    return " ".join(_found(language, each) for each in sentences) if len(sentences) > 1 else text


def _whole(text: str) -> str | None:
    """The catalogue's words; within a sentence a label has a small letter, and at its end a full stop."""
    for spelled in (text, text[:1].upper() + text[1:]):
        if (found := translation.gettext(spelled)) != spelled:
            return found
    bare = text.removesuffix(".")
    if bare and bare != text and (found := translation.gettext(bare)) != bare:
        return f"{found}।"
    return None


@lru_cache(maxsize=4)
def _patterns(language: str) -> list[Pattern]:
    """Every entry with places, the longest first."""
    read = gettext.translation("django", str(settings.LOCALE_PATHS[0]), [language], fallback=True)
    entries = getattr(read, "_catalog", {})  # which gettext has no other way to walk
    found = [
        _pattern(key, hindi) for key, hindi in entries.items() if isinstance(key, str) and PLACE.search(key)
    ]
    return sorted((each for each in found if each is not None), key=lambda each: -len(each.known.pattern))


def _pattern(english: str, hindi: str) -> Pattern | None:
    pieces = PLACE.split(english)  # text and names in turn
    sure = max(pieces[::2], key=len)
    if sum(map(str.isalpha, "".join(pieces[::2]))) < FEWEST_LETTERS:
        return None
    seen: set[str] = set()
    known = ""
    for text, name in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        known += re.escape(text)
        if name:
            within = TO_THE_END if text.endswith(": ") and english.endswith(f": {{{name}}}") else WITHIN
            known += f"(?P={name})" if name in seen else f"(?P<{name}>{within})"
            seen.add(name)
    return Pattern(sure, re.compile(known, re.DOTALL), hindi)
