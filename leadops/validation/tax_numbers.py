"""Numbers that name a taxpayer: PAN and GSTIN in India, INN and SNILS in Russia."""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.in_ import gstin as indian_gst
from stdnum.in_ import pan as indian_pan
from stdnum.ru import inn as russian_inn

from leadops.validation.findings import Checked, Problem, problem, refused
from leadops.validation.plain_text import joined

_PAN = re.compile(r"[A-Z]{3}([ABCFGHJKLPT])[A-Z](?!0000)[0-9]{4}[A-Z]")
_PAN_SHAPE = re.compile(r"[A-Z]{5}(?!0000)[0-9]{4}[A-Z]")
_HOLDERS = {
    "A": "an association of persons",
    "B": "a body of individuals",
    "C": "a company",
    "F": "a firm or LLP",
    "G": "a government agency",
    "H": "a Hindu undivided family",
    "J": "an artificial juridical person",
    "K": "a trust",
    "L": "a local authority",
    "P": "a person",
    "T": "a trust",
}
_LONGEST_TYPE = 50
_EVERY_BUSINESS = frozenset("ABCFGHJKLT")
# The words in a business type that settle whose PAN it has; the first that occurs decides.
_HOLDERS_BY_BUSINESS = {
    "propriet": frozenset("P"),  # a proprietor trades under his own PAN
    "individual": frozenset("P"),
    "partnership": frozenset("F"),
    "llp": frozenset("F"),
    "firm": frozenset("F"),
    "company": frozenset("C"),
    "pvt": frozenset("C"),
    "private limited": frozenset("C"),
    "public limited": frozenset("C"),
    "huf": frozenset("H"),
    "undivided family": frozenset("H"),
    "trust": frozenset("TK"),
}
# Ladakh and "other territory" are missing from the library's list of GST state codes (python-stdnum 2.2).
_NEWER_GST_STATES = frozenset({"38", "97"})
_SNILS_UNCHECKED = 1_001_998  # numbers up to 001-001-998 were issued without check digits


def pan(text: str, applicant_type: str = "", business_type: str = "") -> Checked[str]:
    """Write a PAN in capitals and hold its fourth letter against who the applicant is.

    `applicant_type` is `person` or `business`, empty when unknown; a mismatch is a warning.
    """
    number = text if _PAN.fullmatch(text) else joined(text).upper()
    if not number:
        return Checked("")
    if not _PAN.fullmatch(number):
        code = "unknown_pan_holder" if _PAN_SHAPE.fullmatch(number) else "invalid_pan"
        return refused(text, code)
    return Checked(number, _holder_problems(number[3], applicant_type, business_type))


def _holder_problems(letter: str, applicant_type: str, business_type: str) -> tuple[Problem, ...]:
    if applicant_type == "person":
        expected = frozenset("P")
    elif applicant_type == "business":
        expected = _holders_of(business_type[:_LONGEST_TYPE])
    else:
        return ()
    if letter in expected:
        return ()
    applicant = "a person" if applicant_type == "person" else _business(business_type)
    return (problem("pan_holder_mismatch", holder=_HOLDERS[letter], applicant=applicant),)


def _business(business_type: str) -> str:
    return f"a business ({business_type[:_LONGEST_TYPE]})" if business_type else "a business"


@lru_cache(maxsize=256)
def _holders_of(business_type: str) -> frozenset[str]:
    words = business_type.casefold()
    for part, letters in _HOLDERS_BY_BUSINESS.items():
        if part in words:
            return letters
    return _EVERY_BUSINESS


def gstin(text: str, pan_no: str = "") -> Checked[str]:
    """Write a GSTIN in capitals, check its check digit, and hold the PAN inside against the applicant's."""
    number = joined(text).upper()
    if not number:
        return Checked("")
    if not _is_gstin(number):
        return refused(text, "invalid_gstin")
    if pan_no and number[2:12] != pan_no:
        return Checked(number, (problem("gstin_pan_mismatch"),))
    return Checked(number)


def _is_gstin(number: str) -> bool:
    if indian_gst.is_valid(number):
        return True
    if number[:2] not in _NEWER_GST_STATES or len(number) != 15 or number[13] != "Z" or number[12] == "0":
        return False
    try:
        indian_pan.validate(number[2:12])
        luhn.validate(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    except ValidationError:
        return False
    return True


def inn(text: str) -> Checked[str]:
    """Check an INN: ten digits of a company or twelve of a person, with their check digits."""
    number = joined(text)
    if not number:
        return Checked("")
    if not (number.isascii() and russian_inn.is_valid(number)):
        return refused(text, "invalid_inn")
    return Checked(number)


def snils(text: str) -> Checked[str]:
    """Write a SNILS as `112-233-445 95`.

    Wrong check digits are only a warning: Brainysoft's own samples have them, so lenders hold such numbers.
    """
    number = joined(text)
    if not number:
        return Checked("")
    if len(number) != 11 or not (number.isascii() and number.isdecimal()):
        return refused(text, "invalid_snils")
    written = f"{number[:3]}-{number[3:6]}-{number[6:9]} {number[9:]}"
    weighed = sum(int(digit) * weight for digit, weight in zip(number, range(9, 0, -1), strict=False))
    if int(number[:9]) > _SNILS_UNCHECKED and weighed % 101 % 100 != int(number[9:]):
        return Checked(written, (problem("snils_checksum"),))
    return Checked(written)
