"""Text as people and spreadsheets deliver it, brought to one plain spelling."""

from __future__ import annotations

import re
import unicodedata

from leadops.validation.card_numbers import SHORTEST_HIDDEN, hidden_numbers
from leadops.validation.damage import FORMULA_ERROR, is_formula_error
from leadops.validation.findings import Checked, Problem, problem, refused

# Devanagari and its sisters spell with these: they are letters' companions, not dirt.
_JOINERS = "\u200c\u200d"
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_SPACES = frozenset({"Zs", "Zl", "Zp"})
# What most texts are: printable ASCII without a figure, single spaces, and no formula's error, which begins with #.
_USUAL = re.compile(r'[!"$-/:-~][!-/:-~]*(?: [!-/:-~]+)*')
_LETTER = re.compile(r"[^\W\d_]")
_ODD = frozenset({"Cc", "Cs"})  # control characters, and halves of characters that no database takes


def plain(text: str) -> str:
    """Write a number or code in ASCII: full-width and Indic digits, odd dashes and spaces; ends trimmed."""
    if text.isascii():
        return text.strip()
    letters = (_ascii_digit(letter) for letter in unicodedata.normalize("NFKC", text).translate(_DASHES))
    return "".join(letters).strip()


def _ascii_digit(letter: str) -> str:
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    if unicodedata.category(letter) in _SPACES:
        return " "
    return "" if unicodedata.category(letter) == "Cf" else letter


def joined(text: str) -> str:
    """Write a number or code in ASCII, without the spaces and hyphens people group it with."""
    bare = plain(text)
    return bare if bare.isalnum() else "".join(bare.split()).replace("-", "")


def free_text(text: str, limit: int, *, with_aadhaar: bool = True) -> Checked[str]:
    """Tidy words: single spaces, nothing unprintable; refuse card numbers and full Aadhaar numbers.

    `limit` is the longest text allowed, in characters. `with_aadhaar` is off for references and tax numbers
    that may have twelve digits themselves: one in ten of them would pass for an Aadhaar number.
    """
    if _USUAL.fullmatch(text) and len(text) <= limit:
        return Checked(text)
    tidy, odd = (text, False) if _is_tidy(text) else _letter_by_letter(text)
    if len(tidy) > limit:
        return refused(text, "too_long", limit=limit)
    if tidy[:1] == "#" and is_formula_error(tidy):
        return refused(text, "excel_damage", what="text", how=FORMULA_ERROR)
    if len(tidy) >= SHORTEST_HIDDEN:
        hidden = hidden_numbers(tidy if tidy.isascii() else plain(tidy), with_aadhaar=with_aadhaar)
        if hidden:
            return Checked(text, hidden)
    return Checked(tidy, (problem("control_characters"),) if odd else ())


def tidied(text: str) -> str:
    """Write words as `free_text` does, also those it refuses: spellings that it takes for one become the same."""
    return text if _is_tidy(text) else _letter_by_letter(text)[0]


def paragraphs(text: str, limit: int) -> Checked[str]:
    """Tidy a longer text line by line and keep its lines; `limit` is in characters, over all of them."""
    whole = free_text(text, limit)
    lines = text.split("\n")
    if len(lines) == 1 or whole.is_refused:
        return Checked(text, whole.problems) if whole.is_refused else whole
    tidy = "\n".join(free_text(line, limit).value for line in lines).strip("\n")
    return Checked(tidy, whole.problems)


def _is_tidy(text: str) -> bool:
    """Whether it shows at a glance, as most texts do."""
    return text.isprintable() and text.isascii() and "  " not in text and text == text.strip()


def _letter_by_letter(text: str) -> tuple[str, bool]:
    kept, odd = [], False
    for letter in text:
        category = unicodedata.category(letter)
        if category in _SPACES or letter in "\t\r\n\v\f\x85":
            kept.append(" ")
        elif category in _ODD:
            odd = True
        elif category != "Cf" or letter in _JOINERS:
            kept.append(letter)
    tidy = " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
    return tidy, odd


def name(text: str, limit: int = 200) -> Checked[str]:
    """Tidy a person's or a firm's name, and wonder at one without a letter."""
    checked = free_text(text, limit)
    if not checked.value or _LETTER.search(checked.value) or checked.is_refused:
        return checked
    return Checked(checked.value, (*checked.problems, problem("name_without_letters")))


def tags(given: list[str]) -> Checked[list[str]]:
    """Tidy labels, drop empty ones and repeats, and keep their order."""
    kept: dict[str, None] = {}
    problems: tuple[Problem, ...] = ()
    for tag in given:
        tidy, found = free_text(tag, 50)
        problems += found
        if tidy:
            kept[tidy] = None
    return Checked(list(kept), problems)
