"""Card numbers and Aadhaar numbers hidden in text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import luhn
from stdnum.in_ import aadhaar

from leadops.validation.findings import Problem, problem

# Digits with at most two marks between them. Every step takes a digit, so there is nothing to back up into.
_RUN = re.compile(r"[0-9](?:[ .-]{0,2}[0-9]){11,}")
_GROUP = re.compile(r"[0-9]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CARD_LENGTHS = range(13, 20)
_AADHAAR_LENGTH = 12

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
        windows = list(_windows(_GROUP.findall(run[0])))
        if any(_is_card("".join(groups)) for groups in windows):
            found["card"] = problem("card_data", what="card number")
        elif with_aadhaar and any(_is_aadhaar(groups) for groups in windows):
            found["aadhaar"] = problem("aadhaar_number")
    return tuple(found.values())


def _windows(groups: list[str]) -> Iterator[list[str]]:
    """Take neighbouring groups in every way that can make a card or Aadhaar number."""
    for start in range(len(groups)):
        length = 0
        for end in range(start, len(groups)):
            length += len(groups[end])
            if length >= _CARD_LENGTHS.stop:
                break
            if length >= _AADHAAR_LENGTH:
                yield groups[start : end + 1]


def _is_card(digits: str) -> bool:
    return len(digits) in _CARD_LENGTHS and _CARD_RANGE.match(digits) is not None and luhn.is_valid(digits)


def _is_aadhaar(groups: list[str]) -> bool:
    """Say whether these groups are an Aadhaar number: twelve digits in one piece, or four, four and four."""
    digits = "".join(groups)
    if len(groups) == 1:
        # 91 and a mobile in one piece is a telephone number far more often than an Aadhaar number.
        is_shaped = not (digits[:2] == "91" and digits[2] in "6789")
    else:
        is_shaped = [len(group) for group in groups] == [4, 4, 4]
    return is_shaped and len(digits) == _AADHAAR_LENGTH and bool(aadhaar.is_valid(digits))
