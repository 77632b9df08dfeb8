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
# Digits with at most three marks of any kind between them: too loose for every grouping, so only a card's own count.
_LOOSE_RUN = re.compile(r"[0-9](?:[\W_]{0,3}[0-9]){12,}")
_GROUP_AND_MARKS = re.compile(r"([0-9]+)([\W_]*)")
_CARD_GROUPS = (
    [4, 4, 4, 4],
    *([4, 4, 4, last] for last in (1, 2, 3)),
    *([4, 4, 4, 4, last] for last in (1, 2, 3)),
    [4, 6, 5],  # American Express
    [4, 6, 4],  # Diners Club
    [8, 8],
)
# Between the two halves of four times four digits: 4321-5678 / 4321-5679 are two telephone numbers.
_OF_A_LIST = re.compile(r"[,;/&|\n]")
# One digit or two at a time, the same marks after each.
_SPELLED_OUT = re.compile(r"(?<![0-9])[0-9]{1,2}([\W_]{1,3})(?:[0-9]{1,2}\1)*[0-9]{1,2}(?![0-9])")
_CVC = re.compile(
    r"(?<![^\W_])(?:c[\W_]{0,2}v[\W_]{0,2}[vc]2?|(?:card )?security[\W_]{0,2}code)"
    r"(?:[\W_]{1,3}(?:is|no|number|code))?[\W_]{0,3}[0-9]{3,4}(?![^\W_])",
    re.IGNORECASE,
)
_UUID = re.compile(r"(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])")
_DATE = re.compile(
    r"(?<![0-9])(?:[0-3]?[0-9]([-./])[01]?[0-9]\1(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}([-./])[01]?[0-9]\2[0-3]?[0-9])"
    r"(?![0-9])"
)
_DIGITS = re.compile(r"[0-9]{3}|[0-9][\W_]")
"""What every hidden number has somewhere: three digits in a row, or one that others follow after a mark."""
SHORTEST_HIDDEN = 6
"""The length of what is shortest: a check number behind its name, cvc123."""
_CARD_LENGTHS = range(13, 20)
_AADHAAR_LENGTH = 12
# American Express with fifteen digits, Diners Club with fourteen: no country's telephone numbers are as long there.
_SHORT_CARD = re.compile(r"3[47][0-9]{13}|3(?:0[0-5]|[689][0-9])[0-9]{11}")
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
    """Find card numbers, card check numbers and full Aadhaar numbers in a plain text.

    A card number has 13 to 19 digits, begins as a card scheme's do, and passes the Luhn check. Digits may be
    grouped at will by spaces, dots or hyphens, and as on a card by any three marks; dates and UUIDs are none. A
    check number stands behind its name. The problems never carry the digits.
    """
    if not _DIGITS.search(text):
        return ()
    named = _CVC.search(text)
    if len(text) < _AADHAAR_LENGTH and not named:
        return ()
    found: dict[str, Problem] = {}
    if named:
        found["card"] = problem("card_data", what="card's check number")
    if _RUN.search(text) or _LOOSE_RUN.search(text):
        text = _DATE.sub("x", _UUID.sub("x", text))
        if any(passes_luhn(digits) for digits in _cards_in(text)):
            found["card"] = problem("card_data", what="card number")
        elif with_aadhaar and any(aadhaar.is_valid(digits) for digits in _aadhaars_in(text)):
            found["aadhaar"] = problem("aadhaar_number")
    return tuple(found.values())


def is_card_of_a_telephones_length(digits: str) -> bool:
    """Say whether these are a card's digits that no telephone has, though it may have as many."""
    return _SHORT_CARD.fullmatch(digits) is not None and passes_luhn(digits)


def _cards_in(text: str) -> Iterator[str]:
    """Give what has a card's length and first digits, however it is written."""
    for run in _RUN.finditer(text):
        yield from _card_like(_GROUP.findall(run[0]))
    for run in _LOOSE_RUN.finditer(text):
        yield from _as_on_a_card(_GROUP_AND_MARKS.findall(run[0]))
        yield from _spelled_out(run[0])


def _aadhaars_in(text: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        yield from _aadhaar_like(_GROUP.findall(run[0]))


def _as_on_a_card(pieces: list[tuple[str, str]]) -> Iterator[str]:
    """Join neighbouring groups that are as long as those on a card; a piece is a group and the marks after it."""
    lengths = [len(digits) for digits, _ in pieces]
    for at, length in enumerate(lengths):
        if length not in (4, 8):
            continue
        for groups in _CARD_GROUPS:
            if lengths[at : at + len(groups)] == groups and not _two_numbers(pieces[at : at + len(groups)]):
                digits = "".join(each for each, _ in pieces[at : at + len(groups)])
                if _CARD_RANGE.match(digits):
                    yield digits


def _two_numbers(pieces: list[tuple[str, str]]) -> bool:
    if len(pieces) != 4:
        return False
    first, between, last = (marks for _, marks in pieces[:3])
    return first == last != between and _OF_A_LIST.search(between) is not None


def _spelled_out(run: str) -> Iterator[str]:
    for listed in _SPELLED_OUT.finditer(run):
        groups = _GROUP.findall(listed[0])
        digits = "".join(groups)
        if len(digits) in _CARD_LENGTHS and len({*map(len, groups)}) == 1 and _CARD_RANGE.match(digits):
            yield digits


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
