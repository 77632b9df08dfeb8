"""Personal data as it is shown to those who need not see it whole: enough to tell two values apart, no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

Mask = Callable[[str], str]
DOT = "•"


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


def day(of_birth: date | None) -> str:
    """The year alone: `••/••/1990`."""
    return f"{DOT * 2}/{DOT * 2}/{of_birth.year}" if of_birth else ""


def is_masked(text: str) -> bool:
    """Whether a value that came in is one of these masks, and says nothing of what it stands for."""
    return DOT in text or "XXXXX" in text


def unmasked(number: str) -> str:
    return number


def _between(text: str, start: int, end: int) -> str:
    if len(text) <= start + end:
        return "X" * len(text)
    return text[:start] + "X" * (len(text) - start - end) + text[len(text) - end :]
