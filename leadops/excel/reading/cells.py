"""One cell's value as text, and what its letters say of themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from .marks import Note

_ODD_SPACE = re.compile("[\u00a0\u00ad\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]")
"""Not the two joiners: Devanagari and its sisters spell with them."""
_CODE = re.compile(r"[A-Za-z\s+().,/-]*\d[A-Za-z\d\s+().,/-]*")
"""A number, or a code as a PAN: words have no digits, and stay in their script."""
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_TRUTHS = frozenset({"TRUE", "FALSE"})


def cell_text(value: Any) -> str:
    """The text of one cell, in which any damage that Excel did can still be seen.

    Text stays as it is, so leading zeros stay. A number is written with the fifteen digits that Excel keeps:
    a mobile stored as a number is a clean integer, and a longer one, whose end Excel has rounded away, comes
    out as `1.23456789012346e+15`, which every check names as damage. A date is written in ISO.
    """
    if value.__class__ is str:
        return str(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return format(value, ".15g")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def without_controls(text: str) -> str:
    """The text without control characters: no database takes them, and nobody sees them."""
    return text if text.isprintable() else _CONTROLS.sub("", text)


def take_out_controls(cells: list[str]) -> list[Note]:
    """Take control characters out of the cells of a row, and say where they stood."""
    notes: list[Note] = []
    for at, cell in enumerate(cells):
        if (kept := without_controls(cell)) != cell:
            cells[at] = kept
            notes.append((at, "control_characters"))
    return notes


def notes_of(cells: list[str], whole: str, known: Sequence[Note] = ()) -> list[Note]:
    """What is to be said of the letters of a row, beside what is `known`; `whole` is all its cells in one."""
    notes: list[Note] = []
    if "=" in whole:
        notes += [
            (at, "text_formula")
            for at, cell in enumerate(cells)
            if cell[:1] == "=" and (at, "formula_not_calculated") not in known
        ]
    if "TRUE" in whole or "FALSE" in whole:
        notes += [(at, "boolean") for at, cell in enumerate(cells) if cell in _TRUTHS]
    if not whole.isascii():
        for at, cell in enumerate(cells):
            if not cell.isascii():
                notes += _of_letters(at, cell)
    return notes


def _of_letters(at: int, cell: str) -> list[Note]:
    notes: list[Note] = []
    if _ODD_SPACE.search(cell):
        notes.append((at, "odd_spaces"))
    bare = _ODD_SPACE.sub("", cell)
    # A check writes codes in plain letters: full-width ones become so by NFKC, digits of all scripts are digits.
    if not bare.isascii() and _CODE.fullmatch(unicodedata.normalize("NFKC", bare)):
        notes.append((at, "other_digits"))
    return notes
