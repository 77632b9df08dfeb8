"""What a column holds when its header does not tell: most of its cells look like one thing and like no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from leadops import masking
from leadops.excel.columns import Column
from leadops.masking import DATE, IFSC, PAN
from leadops.reference import pincodes

MOST = 2 / 3
"""Of the filled cells so many have to look alike."""
LOOKED_AT = 200
SHOWN = 3
_SEPARATORS = re.compile(r"[\s().-]")
_MOBILE = re.compile(r"(?:\+?91|0)?[6-9][0-9]{9}|\+[1-9][0-9]{9,13}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_ACCOUNT = re.compile(r"[0-9]{9,18}")


class Kind(NamedTuple):
    """One thing that a column may hold: our column's header, what its cells are called, and how they look."""

    header: str
    cells: str
    looks_like: Callable[[str], object]

    def is_seen_in(self, cell: str) -> bool:
        return bool(self.looks_like(cell.strip()))


KINDS = (  # what is told apart most surely comes first
    Kind("IFSC", "IFSCs", IFSC.fullmatch),
    Kind("PAN", "PANs", PAN.fullmatch),
    Kind("E-mail", "e-mail addresses", _EMAIL.fullmatch),
    Kind("Mobile", "mobile numbers", lambda text: _MOBILE.fullmatch(_SEPARATORS.sub("", text))),
    Kind("Pincode", "pincodes", lambda text: pincodes.areas(text.replace(" ", ""))),
    Kind("Date of birth", "dates", DATE.fullmatch),
    Kind("Account number", "long numbers, as account numbers are", _ACCOUNT.fullmatch),
)


class Guess(NamedTuple):
    """What a column seems to hold, and in how many of the cells that were looked at."""

    kind: Kind
    alike: int
    filled: int

    def in_words(self) -> str:
        return f"{self.alike} of {self.filled} cells are {self.kind.cells}"


def guess(cells: Iterable[str]) -> Guess | None:
    """What most of the filled ones of `cells` are; None when that is nothing we know by its look."""
    filled = [text.strip() for text in cells if text.strip()][:LOOKED_AT]
    for kind in KINDS if filled else ():
        alike = sum(1 for text in filled if kind.looks_like(text))
        if alike >= MOST * len(filled):
            return Guess(kind, alike, len(filled))
    return None


def looks_like_data(cell: str) -> bool:
    """Whether a cell holds what leads have, so that it can't be the name of a column."""
    text = cell.strip()
    return any(kind.looks_like(text) for kind in KINDS)


_MASKS: dict[str, masking.Mask] = {
    "primary_mobile": masking.dotted,
    "account_no": masking.dotted,
    "series": masking.dotted,
    "number": masking.dotted,
    "tax_id": masking.dotted,
    "insurance_no": masking.dotted,
    "pan_no": masking.pan,
    "gstin": masking.gstin,
}


def masked(text: str, column: Column | None) -> str:
    """A cell as it may be shown: numbers that are sealed in our records never whole, in whatever column they stand."""
    mask = _MASKS.get(column.attribute) if column else None
    return mask(text) if mask is not None else masking.text(text)


def samples(cells: Sequence[str], column: Column | None) -> list[str]:
    """The first few different filled cells, masked and short enough for a page."""
    found = dict.fromkeys(text.strip() for text in cells if text.strip())
    return [masked(text, column)[:60] for text in list(found)[:SHOWN]]
