"""How the borrower is reached: mobile numbers and e-mail addresses."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from leadops.validation.damage import number_damage
from leadops.validation.findings import Checked, problem, refused
from leadops.validation.plain_text import plain

_SEPARATORS = dict.fromkeys(map(ord, " -"), "")
_INDIAN = re.compile(r"(?:\+91|0)?([6-9][0-9]{9})")
_NUMBER_LIKE = re.compile(r"[+(]?[0-9][0-9() -]{4,24}")
_MOBILE_KINDS = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

# No part can take the character that ends it, so a hostile text costs one pass. (Possessive quantifiers would say
# so too, but re in Python 3.11.2, which Debian 12 has, gets them wrong.)
_EMAIL = re.compile(
    r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@((?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_EMAIL_LIMIT = 254
_LOCAL_LIMIT = 64


def _indian_mobiles() -> re.Pattern[str]:
    """Compile the library's own pattern, so that the fast path agrees with it in every release."""
    india = phonenumbers.PhoneMetadata.metadata_for_region("IN")
    if india is None or india.mobile is None or india.mobile.national_number_pattern is None:
        raise RuntimeError("The phonenumbers package has no data for India; reinstall it.")
    return re.compile(india.mobile.national_number_pattern)


_INDIAN_MOBILE = _indian_mobiles()


def mobile(text: str, country: str = "IN") -> Checked[str]:
    """Write a mobile number in E.164; `country` (ISO alpha-2) is assumed when the number names none."""
    if country == "IN" and text[:1] != "-":
        plain_indian = _INDIAN.fullmatch(text) or _INDIAN.fullmatch(text.translate(_SEPARATORS))
        if plain_indian and _INDIAN_MOBILE.fullmatch(plain_indian[1]):
            return Checked("+91" + plain_indian[1])
    written = plain(text)
    if not written:
        return Checked("")
    if how := number_damage(written):
        return refused(text, "excel_damage", what="mobile number", how=how)
    return _by_library(text, written, country)


def _by_library(text: str, written: str, country: str) -> Checked[str]:
    # The library would read the first of two numbers, and letters as a telephone's keys; we refuse both.
    if not _NUMBER_LIKE.fullmatch(written):
        return refused(text, "invalid_mobile")
    try:
        number = phonenumbers.parse(written, country)
    except NumberParseException:
        return refused(text, "invalid_mobile")
    kind = phonenumbers.number_type(number)
    if kind in _MOBILE_KINDS:
        return Checked(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    if kind == PhoneNumberType.FIXED_LINE:
        return Checked(
            phonenumbers.format_number(number, PhoneNumberFormat.E164), (problem("landline_number"),)
        )
    return refused(text, "invalid_mobile")


def email(text: str) -> Checked[str]:
    """Write an e-mail address with its domain in lower case; the part before the @ keeps its letters."""
    address = text.strip()
    if not address:
        return Checked("")
    parts = _EMAIL.fullmatch(address) if len(address) <= _EMAIL_LIMIT else None
    if parts is None or len(parts[1]) > _LOCAL_LIMIT or "-." in parts[2]:
        return refused(text, "invalid_email")
    return Checked(f"{parts[1]}@{parts[2].lower()}")
