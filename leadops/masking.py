"""Personal data as it is shown to those who need not see it whole: enough to tell two values apart, no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

Mask = Callable[[Any], str]
DOT = "•"
HIDDEN = DOT * 4
IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}", re.IGNORECASE)
PAN = re.compile(r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]", re.IGNORECASE)
DATE = re.compile(
    r"(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]|[0-3]?[0-9][/.-][0-3]?[0-9][/.-](?:19|20)?[0-9]{2}"
)
_NUMBER_IN_TEXT = re.compile(r"(?:(?<![A-Za-z])[A-Za-z]{4}0)?[0-9](?:[ -]?[0-9]){5,}")
_EMAIL_IN_TEXT = re.compile(r"[^@\s,;:<>()]+@[^@\s,;:<>()]+\.[A-Za-z]{2,}")
_MAY_HIDE = re.compile(r"[0-9@]")
_SHORTEST_MASKED = 7
_CROSSES = "X" * 5
"""So many a masked PAN has, and a masked GSTIN more; no number of any kind has them on end."""


def pan(number: str) -> str:
    """`JUVPK1179B` becomes `JUXXXXX79B`, as Crego shows it."""
    return _between(number, 2, 3)


def gstin(number: str) -> str:
    """The state and the end; the PAN inside is hidden."""
    return _between(number, 2, 3)


def last_four(number: str) -> str:
    """All but the last four; a number of up to six is hidden whole."""
    return _between(number, 0, 4 if len(number) > 6 else 0) if number else ""


def dotted(number: str) -> str:
    """The last four as a screen shows them: dots can't be taken for a part of the number, however long it is."""
    return DOT * 4 + (number[-4:] if len(number) > 6 else "") if number else ""


def email(address: str) -> str:
    """The first letter and where it is kept: `asha@example.com` becomes `a••••@example.com`."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}{DOT * 4}{at}{domain}" if address else ""


def hidden(typed: str) -> str:
    """Nothing of it: the line of an address says where somebody lives, however little of it is shown."""
    return HIDDEN if typed else ""


def day(of_birth: date | None) -> str:
    """The year alone: `••/••/1990`."""
    return f"{DOT * 2}/{DOT * 2}/{of_birth.year}" if of_birth else ""


def text(typed: str) -> str:
    """A text with the PANs, e-mail addresses and long numbers in it masked; masking it again changes nothing."""
    if not _MAY_HIDE.search(typed):
        return typed
    typed = _EMAIL_IN_TEXT.sub(lambda found: email(found[0]), typed)
    typed = PAN.sub(lambda found: pan(found[0]), typed)
    return _NUMBER_IN_TEXT.sub(_masked_number, typed)


def _masked_number(found: re.Match[str]) -> str:
    """A number of seven digits or more, masked; IFSCs and dates, which have digits too, as they are."""
    number = found[0]
    is_kept = (
        IFSC.fullmatch(number) or DATE.fullmatch(number) or sum(map(str.isdigit, number)) < _SHORTEST_MASKED
    )
    return number if is_kept else dotted(number)


def is_masked(value: str) -> bool:
    """Whether a value that came in is one of these masks, and says nothing of what it stands for."""
    return DOT in value or _CROSSES in value


def unmasked(number: str) -> str:
    return number


def _between(text: str, start: int, end: int) -> str:
    if len(text) <= start + end:
        return "X" * len(text)
    return text[:start] + "X" * (len(text) - start - end) + text[len(text) - end :]
