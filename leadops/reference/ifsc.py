"""Which bank and which branch an IFSC names, by the directory of razorpay/ifsc.

An IFSC is eleven characters: a bank's four letters, the digit 0, and six characters for the branch. The
rules are those of the data's own readers (`src/php/IFSC.php`, `src/python/ifsc.py` of razorpay/ifsc). Branch
names and addresses are not in the data.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

LENGTH = 11
_DATA = Path(__file__).with_name("data")


class Bank(NamedTuple):
    """A bank by its code and name; the code is empty for a lent bank that has none of its own."""

    code: str
    name: str


class _Branches(NamedTuple):
    numeric: array[int]
    lettered: frozenset[str]


class _Lent(NamedTuple):
    by_prefix: Mapping[str, str]
    lengths: tuple[int, ...]


def has_zero_fifth(ifsc: str) -> bool:
    return ifsc[4:5] == "0"


def is_known_bank(ifsc: str) -> bool:
    """Say whether the first four characters are a bank that has branches."""
    return ifsc[:4] in _branches()


def is_known_branch(ifsc: str) -> bool:
    """Say whether this upper-case IFSC has eleven characters and its 0, and names a branch that exists."""
    if len(ifsc) != LENGTH or ifsc[4] != "0":
        return False
    branches = _branches().get(ifsc[:4])
    if branches is None:
        return False
    code = ifsc[5:]
    if not (code.isascii() and code.isdecimal()):
        return code in branches.lettered
    number = int(code)
    place = bisect_left(branches.numeric, number)
    return place < len(branches.numeric) and branches.numeric[place] == number


def bank_of(ifsc: str) -> Bank | None:
    """Name the bank that answers for this upper-case IFSC, following codes that are lent to another bank.

    None for an unknown bank or a wrong shape; the branch need not be in the directory.
    """
    if len(ifsc) != LENGTH or not has_zero_fifth(ifsc) or not is_known_bank(ifsc):
        return None
    lent = _lent()
    for length in lent.lengths:
        owner = lent.by_prefix.get(ifsc[:length])
        if owner is not None:
            return _bank(owner)
    return _bank(ifsc[:4])


def _bank(code_or_name: str) -> Bank:
    names = _bank_names()
    if code_or_name in names:
        return Bank(code_or_name, names[code_or_name])
    if code_or_name in _branches():  # 19 banks have branches and no name in the data
        return Bank(code_or_name, code_or_name)
    return Bank("", code_or_name)


@cache
def _branches() -> Mapping[str, _Branches]:
    """Keep numeric branches as sorted arrays: four bytes each, where a set of integers takes some seventy."""
    return {
        bank: _Branches(
            array("I", sorted(code for code in codes if type(code) is int)),
            frozenset(code for code in codes if type(code) is str),
        )
        for bank, codes in _read("ifsc_branches.json").items()
    }


@cache
def _bank_names() -> Mapping[str, str]:
    return _read("ifsc_banks.json")


@cache
def _lent() -> _Lent:
    by_prefix = _read("ifsc_custom_sublets.json") | _read("ifsc_sublet.json")
    return _Lent(by_prefix, tuple(sorted({len(prefix) for prefix in by_prefix}, reverse=True)))


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_DATA / name).read_bytes())
    return content
