"""Card numbers and Aadhaar numbers hidden in text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from stdnum.in_ import aadhaar

from leadops.validation.findings import Problem, problem

# Digits with at most two marks between them. Every step takes a digit, so there is nothing to back up into.
_RUN = re.compile(r"[0-9](?:[ .-]{0,2}[0-9]){11,}")
_GROUP = re.compile(r"[0-9]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CARD_LENGTHS = range(13, 20)
_AADHAAR_LENGTH = 12
_DOUBLED = dict(zip("0123456789", (0, 2, 4, 6, 8, 1, 3, 5, 7, 9), strict=True))

# First digits by ISO/IEC 7812 as the schemes publish them; RuPay and Mir are those of our two markets.
_CARD_RANGE = re.compile(
    r"4"  # Visa
    r"|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"  # Mastercard
    r"|3[47]"  # American Express
    r"|30[0-5]|36|3[89]"  # Diners Club
    r"|35(?:2[89]|[3-8])"  # JCB
    r"|6011|64[4-9]|65"  # Discover, and RuPay's 65
    r"|60[678]|508|353|356|81|82"  # RuPay
    r"|220[0-4]"  # Mir
    r"|62"  # UnionPay
    r"|50[123]8|5[68]|6304|6759|676[1-3]"  # Maestro
)


def hidden_numbers(text: str, *, with_aadhaar: bool = True) -> tuple[Problem, ...]:
    """Find card numbers and full Aadhaar numbers in a plain text.

    A card number has 13 to 19 digits, begins as a card scheme's do, and passes the Luhn check. Digits may be
    grouped by spaces, dots or hyphens. The problems never carry the digits.
    """
    if not _RUN.search(text) or _UUID.fullmatch(text):
        return ()
    found: dict[str, Problem] = {}
    for run in _RUN.finditer(text):
        groups = _GROUP.findall(run[0])
        if any(passes_luhn(digits) for digits in _card_like(groups)):
            found["card"] = problem("card_data", what="card number")
        elif with_aadhaar and any(aadhaar.is_valid(digits) for digits in _aadhaar_like(groups)):
            found["aadhaar"] = problem("aadhaar_number")
    return tuple(found.values())


def _card_like(groups: list[str]) -> Iterator[str]:
    """Join neighbouring groups in every way that has a card's length and first digits."""
    digits = "".join(groups)
    ends = list(accumulate(len(group) for group in groups))
    for at, start in enumerate([0, *ends[:-1]]):
        if not _CARD_RANGE.match(digits, start):
            continue
        for end in ends[at:]:
            if end - start >= _CARD_LENGTHS.stop:
                break
            if end - start in _CARD_LENGTHS:
                yield digits[start:end]


def _aadhaar_like(groups: list[str]) -> Iterator[str]:
    """Give twelve digits in one piece, or in three of four."""
    for at, group in enumerate(groups):
        if len(group) == _AADHAAR_LENGTH:
            # 91 and a mobile in one piece is a telephone number far more often than an Aadhaar number.
            if not (group.startswith("91") and group[2] in "6789"):
                yield group
        elif [len(each) for each in groups[at : at + 3]] == [4, 4, 4]:
            yield "".join(groups[at : at + 3])


def passes_luhn(digits: str) -> bool:
    """Say whether the last digit is the Luhn check digit; quicker than the library's, for long hostile texts."""
    doubled = sum(_DOUBLED[digit] for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0
