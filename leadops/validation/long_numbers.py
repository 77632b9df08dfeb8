"""The fields whose numbers are what the field says, though one in ten would pass for a card's or for Aadhaar.

A field is known by its whole path: in `extra`, and in objects of free names, a name says nothing about its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto

from leadops.validation.card_numbers import is_card_of_a_telephones_length
from leadops.validation.findings import Problem

_AADHAAR = frozenset({"aadhaar_number"})
_ANY = _AADHAAR | {"card_data"}
_NONE: frozenset[str] = frozenset()
_AT = re.compile(r"\[[0-9]+\]")
_ON_A_CARD = re.compile(r"[0-9]{4}([ .-])[0-9]{4}(?:\1[0-9]{4}\1[0-9]{1,7}|[0-9]{2}\1[0-9]{4,5})")
_LONGEST_PHONE = 15  # by E.164
_LETTER = re.compile(r"[^\W\d_]")
# OGRN has thirteen digits and begins with 1 or 5, OGRNIP fifteen and 3; not 4 as Visa's do, nor 34 and 37 as Amex's.
_REGISTRATION = re.compile(r"[0-35-9][0-9]{12}|3[0-35689][0-9]{13}")


class LongNumber(Enum):
    """What a field's long numbers are."""

    ACCOUNT = auto()
    PHONE = auto()
    REGISTRATION = auto()
    """A legal entity's number, such as OGRN."""
    TWELVE_DIGITS = auto()
    """A tax number such as INN, or a reference of the sender's own: looks like Aadhaar's, and not like a card's."""


Fields = Mapping[str, LongNumber]
"""By the path, without the places in lists: `applicants.banks.account_no`."""

_PHONES = ("primary_mobile", "mobile", "applicants.primary_mobile")
_ACCOUNTS = ("account_no", "banks.account_no", "applicants.banks.account_no")
_TWELVE_DIGITS = ("tax_id", "applicants.tax_id", "partner_ref_id", "ref_id")
_ours: dict[str, LongNumber] = {
    **dict.fromkeys(_PHONES, LongNumber.PHONE),
    **dict.fromkeys(_ACCOUNTS, LongNumber.ACCOUNT),
    **dict.fromkeys(_TWELVE_DIGITS, LongNumber.TWELVE_DIGITS),
}
OURS: Fields = _ours
"""Those of a lead and of its parts, each as a body of its own too, and what vendors declare of `extra`."""


def declare_long_numbers(vendor: str, fields: Fields) -> None:
    """Let these fields of `extra[vendor]` hold what they are called."""
    _ours.update({f"extra.{vendor}.{path}": number for path, number in fields.items()})


def without_false_alarms(
    found: Iterable[Problem], text: str, path: str, fields: Fields = OURS
) -> list[Problem]:
    """Leave out what is `found` in a plain `text` only because of what the field at `path` is for."""
    usual = _usual(fields.get(_AT.sub("", path)), text)
    return [each for each in found if each.code not in usual]


def _usual(number: LongNumber | None, text: str) -> frozenset[str]:
    if number is None:
        return _NONE
    if number is LongNumber.ACCOUNT:
        return _NONE if _ON_A_CARD.fullmatch(text) else _ANY
    if number is LongNumber.PHONE:
        return _ANY if _is_phone(text) else _NONE
    if number is LongNumber.REGISTRATION and _REGISTRATION.fullmatch(text):
        return _ANY
    return _AADHAAR


def _is_phone(text: str) -> bool:
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) > _LONGEST_PHONE or _LETTER.search(text) or _ON_A_CARD.fullmatch(text):
        return False
    return not is_card_of_a_telephones_length(digits)
