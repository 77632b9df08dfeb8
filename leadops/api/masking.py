"""Personal data as it is shown to those who need not see it whole."""

from __future__ import annotations

from collections.abc import Callable

Mask = Callable[[str], str]


def pan(number: str) -> str:
    """`JUVPK1179B` becomes `JUXXXXX79B`."""
    return _between(number, 2, 3)


def gstin(number: str) -> str:
    """The state and the end; the PAN inside is hidden."""
    return _between(number, 2, 3)


def last_four(number: str) -> str:
    """All but the last four; a number of up to six is hidden whole."""
    return _between(number, 0, 4 if len(number) > 6 else 0)


def unmasked(number: str) -> str:
    return number


def _between(text: str, start: int, end: int) -> str:
    if len(text) <= start + end:
        return "X" * len(text)
    return text[:start] + "X" * (len(text) - start - end) + text[len(text) - end :]
