"""What spellings of one heading have in common."""

from __future__ import annotations

import re
import unicodedata

_NOT_A_LETTER = re.compile(r"[\W_]+")
_ONE_SIGN = str.maketrans({"\N{DEVANAGARI SIGN CANDRABINDU}": "\N{DEVANAGARI SIGN ANUSVARA}"})
_DOT_BELOW = "\N{DEVANAGARI SIGN NUKTA}"
"""Written or left out, as `ज़िला` and `जिला`."""


def key(header: str) -> str:
    """What spellings of one header have in common: `A/c No.` and `a/c no` are `acno`.

    Marks stay: the vowels of Devanagari are such, and without them father, husband and address are one word.
    """
    if header.isascii():
        return _NOT_A_LETTER.sub("", header.casefold())
    text = unicodedata.normalize("NFKC", header).casefold().translate(_ONE_SIGN)
    return "".join(letter for letter in text if letter.isalnum() or _is_mark(letter))


def _is_mark(letter: str) -> bool:
    return letter != _DOT_BELOW and unicodedata.category(letter).startswith("M")
