"""A connection's own credentials, taken out of a text wherever and however it repeats them.

A vendor may quote what it was sent: in JSON, in a URL, in a web page, cut off in the middle. Letters and digits look
the same in all of them, so that a credential is looked for by its longest run of these, which costs next to nothing.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import quote

REMOVED = "[removed]"
SHORTEST = 4
"""What is shorter tells nothing, and would be found in every second word."""
SHORTEST_BEGINNING = 8
PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


def without(text: str, secrets: Collection[str]) -> str:
    """`text` with every one of `secrets` removed, and the beginning of one where the text was cut in it."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be a part of another
        core, begun = _looked_for(secret)
        if core in text and len(secret) >= SHORTEST:
            text = _spelled(secret).sub(REMOVED, text)
        for written in begun:
            if written[:SHORTEST_BEGINNING] in text[-len(written) :]:
                text = _without_beginning(text, written)
    return text


@lru_cache(256)
def _looked_for(secret: str) -> tuple[str, tuple[str, ...]]:
    """The longest part of `secret` that every way of writing it leaves alone; and it as a text or as JSON has it."""
    core = max(PLAIN.findall(secret), key=len, default="")
    written = dict.fromkeys([secret, json.dumps(secret)[1:-1]])
    return core, tuple(written) if len(secret) > SHORTEST_BEGINNING else ()


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


def _without_beginning(text: str, written: str) -> str:
    begins = text.find(written[:SHORTEST_BEGINNING], max(0, len(text) - len(written)))
    while begins >= 0 and not written.startswith(text[begins:]):
        begins = text.find(written[:SHORTEST_BEGINNING], begins + 1)
    return text if begins < 0 else text[:begins] + REMOVED
