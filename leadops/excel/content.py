"""What a column holds when its header does not tell: most of its cells look like one thing and like no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from leadops import masking, personal_data
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


class CellKind(NamedTuple):
    """One thing that a column may hold: our column's header, what its cells are called, and how they look."""

    header: str
    cells: str
    looks_like: Callable[[str], object]

    def is_seen_in(self, cell: str) -> bool:
        return bool(self.looks_like(cell.strip()))


KINDS = (  # what is told apart most surely comes first
    CellKind("IFSC", "IFSCs", IFSC.fullmatch),
    CellKind("PAN", "PANs", PAN.fullmatch),
    CellKind("E-mail", "e-mail addresses", _EMAIL.fullmatch),
    CellKind("Mobile", "mobile numbers", lambda text: _MOBILE.fullmatch(_SEPARATORS.sub("", text))),
    CellKind("Pincode", "pincodes", lambda text: pincodes.areas(text.replace(" ", ""))),
    CellKind("Date of birth", "dates", DATE.fullmatch),
    CellKind("Account number", "long numbers, as account numbers are", _ACCOUNT.fullmatch),
)

_OF_SOMEBODY = [kind for kind in KINDS if kind.header in ("PAN", "Mobile", "E-mail", "Account number")]
_OF_A_BORROWER = [kind for kind in KINDS if kind.header in ("PAN", "Mobile")]
"""What a borrower is known by."""


class Guess(NamedTuple):
    """What a column seems to hold, and in how many of the cells that were looked at."""

    kind: CellKind
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


def is_somebodys(cell: str) -> bool:
    """Whether a cell holds what belongs to one person alone, and nothing else."""
    text = cell.strip()
    return any(kind.looks_like(text) for kind in _OF_SOMEBODY)


def tells_who(cell: str) -> bool:
    """Whether a cell holds what a borrower is known by, and nothing else."""
    text = cell.strip()
    return any(kind.looks_like(text) for kind in _OF_A_BORROWER)


_SEALED = ("primary_mobile", "account_no", "series", "number", "tax_id", "insurance_no")
_AMOUNTS = ("loan_amount", "monthly_income")
"""Long numbers that tell nobody apart."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def _birthday(cell: str) -> str:
    """As `masking.day` shows a birthday, however it was written; hidden where its year can't be told."""
    year = _YEAR.search(cell)
    return masking.day(date(int(year[0]), 1, 1)) if year else masking.hidden(cell.strip())


_MASKS: dict[str, masking.Mask] = {
    **dict.fromkeys(_SEALED, masking.dotted),
    **personal_data.MASKS,
    "date_of_birth": _birthday,  # in a cell it is text
}


def masked(text: str, column: Column | None) -> str:
    """A cell as it may be shown: what pages mask never whole, and long numbers in whatever column they stand.

    Of a column that nobody knows yet a date may be a birthday.
    """
    mask = _MASKS.get(column.attribute) if column else _birthday if DATE.fullmatch(text.strip()) else None
    return mask(text) if mask is not None else masking.text(text)


def quoted(text: str, column: Column | None) -> str:
    """A cell beside what is wrong with it: 9.8E+09 is no number of anybody's, and shows why it was refused."""
    return masking.text(text) if column and column.attribute in _SEALED else masked(text, column)


def to_mend(text: str, column: Column | None, refused: bool) -> str:
    """A cell as it stands in the field that mends it: what is wrong as it is, whole numbers and addresses masked.

    `refused`: whether this very cell is wrong. Where the row as a whole is, a name may stand in the mobile's column.
    """
    attribute = column.attribute if column else ""
    told = text if attribute in _AMOUNTS else masking.text(text)
    mask = None if refused else _MASKS.get(attribute)
    hides = mask is masking.hidden or (mask is not None and any(map(str.isdigit, text)))
    return masked(text, column) if looks_like_data(text) or told != text or hides else text


def samples(cells: Sequence[str], column: Column | None) -> list[str]:
    """The first few different filled cells, masked and short enough for a page."""
    found = dict.fromkeys(text.strip() for text in cells if text.strip())
    return [masked(text, column)[:60] for text in list(found)[:SHOWN]]
