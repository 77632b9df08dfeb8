"""How personal data is shown to those who need not see it whole: enough to tell two values apart, no more."""

from __future__ import annotations

DOT = "•"


def last_four(text: str) -> str:
    """The last four characters, as of an account number or a mobile; a short text shows nothing."""
    if not text:
        return ""
    return DOT * 4 + (text[-4:] if len(text) > 6 else "")


def pan(text: str) -> str:
    """A PAN's first two and last three characters, as Crego shows it: `JUXXXXX79B`."""
    return f"{text[:2]}XXXXX{text[-3:]}" if len(text) == 10 else last_four(text)
