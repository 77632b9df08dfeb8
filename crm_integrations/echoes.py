"""A connection's own credentials, taken out of a text wherever and however it repeats them.

A vendor may quote what it was sent: in JSON, in a URL, in a web page. Letters and digits look the same in all of them,
so that a credential is looked for by its longest run of these, which costs next to nothing. It may also quote only the
beginning, in other letters, broken over lines, or every letter encoded: what could be that is looked for in a text
without case and blanks, and only where it is found is the text gone through.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

REMOVED = "[removed]"
SHORTEST = 4
"""What is shorter tells nothing, and would be found in every second word."""
BEGINNING = 8
"""So many of its first characters give a credential away."""
DEEPEST = 3
"""So many times over may a text be encoded."""
PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
GAP = re.compile(r"(?:[\s+]|\\{1,4}[nrt]|%(?:0[9ad]|20)){1,8}", re.IGNORECASE)
SCHEME = re.compile(r"(?:bearer|basic|digest|token|sha\d+)[ =]", re.IGNORECASE)
CODE_POINT = re.compile(r"\\{1,4}u([0-9a-f]{4})", re.IGNORECASE)


def without(text: str, secrets: Collection[str]) -> str:
    """`text` with every one of `secrets` removed, however it is written, and every beginning of one."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be a part of another
        if _core(secret) in text and len(secret) >= SHORTEST:
            text = _spelled(secret).sub(REMOVED, text)
    disguises = [each for secret in secrets for each in _disguises(secret)]
    if not disguises:
        return text
    bare, plain = _bare(text), _decoded(text)
    if plain != text and any(each.begins in _bare(plain) for each in disguises):
        text, bare = plain, _bare(plain)  # what it was written in is lost, and the credential with it
    for each in disguises:
        if each.begins in bare:
            text = "".join(_cut(text, each))
    return text


class Disguise(NamedTuple):
    """A way of writing a credential: all of it as a bare text, and how its beginning is found in a text that is not."""

    whole: str
    begins: str
    found: re.Pattern[str]


@lru_cache(256)
def _disguises(secret: str) -> tuple[Disguise, ...]:
    secret = secret[scheme.end() :] if (scheme := SCHEME.match(secret)) else secret
    if len(secret) < BEGINNING:
        return ()
    raw = secret.encode("utf-8", "replace")
    encoded = [(raw.hex(), 2 * BEGINNING)]
    for before in range(3):  # it may stand behind something else: user:password
        written = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        written = written[(0, 2, 3)[before] : len(written) - ((before + len(raw)) % 3 > 0)]
        encoded += [(written, BEGINNING + 2), (written.translate(str.maketrans("+/", "-_")), BEGINNING + 2)]
    ways = dict.fromkeys([(secret, BEGINNING), (json.dumps(secret)[1:-1], BEGINNING), *encoded])
    return tuple(_disguise(_bare(way), length) for way, length in ways if len(_bare(way)) >= length)


def _disguise(whole: str, length: int) -> Disguise:
    gap = rf"(?:{GAP.pattern})?"
    found = re.compile(gap.join(re.escape(each) for each in whole[:length]), re.IGNORECASE)
    return Disguise(whole, whole[:length], found)


def _bare(text: str) -> str:
    """`text` in small letters and without its blanks and line breaks, in whatever way they are written."""
    bare = "".join(text.lower().split()).replace("+", "")
    return GAP.sub("", bare) if "\\" in bare or "%" in bare else bare


def _decoded(text: str) -> str:
    """`text` as it was before URLs, web pages and JSON wrote it in their ways."""
    for _ in range(DEEPEST):
        before = text
        if "%" in text:
            text = unquote(text)
        if "&" in text:
            text = _unescaped(text)
        if "\\u" in text:
            text = CODE_POINT.sub(lambda found: _character(int(found[1], 16)), text)
        if text == before:
            break
    return text.replace("\0", "")


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a number that is longer than Python reads
        return text


def _character(code: int) -> str:
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def _cut(text: str, disguise: Disguise) -> Iterator[str]:
    """The parts of `text` that are left when the credential goes, from its beginning as far as it stands there."""
    done = 0
    for found in disguise.found.finditer(text):
        if found.start() < done:
            continue
        yield text[done : found.start()] + REMOVED
        done = found.end()
        for letter in disguise.whole[len(disguise.begins) :]:
            at = gap.end() if (gap := GAP.match(text, done)) else done
            if text[at : at + 1].lower() != letter:
                break
            done = at + 1
    yield text[done:]


@lru_cache(256)
def _core(secret: str) -> str:
    """The longest part of `secret` that every way of writing it leaves alone."""
    return max(PLAIN.findall(secret), key=len, default="")


@lru_cache(256)
def _spelled(secret: str) -> re.Pattern[str]:
    return re.compile("".join(each if PLAIN.match(each) else _spellings(each) for each in secret))


def _spellings(character: str) -> str:
    """`character` bare, and as JSON, URLs, forms and web pages write it."""
    code = ord(character)
    ways = {character, json.dumps(character)[1:-1], html.escape(character), f"\\u{code:04x}"}
    ways |= {quote(character, safe="", errors="replace"), "+" if character == " " else character}
    written = [re.escape(each) for each in sorted(ways, key=len, reverse=True)]
    written += [f"&#0{{0,4}}{code};", f"&#x0{{0,4}}{code:x};"]
    return rf"(?i:\\{{0,4}}(?:{'|'.join(written)}))"
