"""Money in rupees and paise, and how long a loan runs."""

from __future__ import annotations

import re
from decimal import Decimal

from leadops.drafts import Amount
from leadops.validation.damage import amount_damage
from leadops.validation.findings import Checked, refused
from leadops.validation.plain_text import plain

# What nearly every amount looks like: it is in range and has no more than two decimals.
_USUAL = re.compile(r"(?:[0-9]{1,11}|[0-9]{1,2}(?:,[0-9]{2}){0,3},[0-9]{3})(?:\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"(?:₹|rs\.?|inr\.?|rupees) ?", re.IGNORECASE)
_FIGURES = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{2})*,[0-9]{3}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
_NEGATIVE = re.compile(r"-.*[0-9].*|\(.*[0-9].*\)")
_LONGEST = 40
_LIMIT = Decimal(10) ** 12  # the column holds twelve digits before the point
_WHOLE = re.compile(r"[0-9]{1,9}(?:\.0{1,9})?")
_LONGEST_TENURE = 9999


def amount(value: Amount) -> Checked[Amount]:
    """Turn a written amount (`₹ 12,34,567.50`, `Rs. 5000/-`) into a Decimal of at most two decimals."""
    if isinstance(value, Decimal):
        return _judged(value, value)
    if isinstance(value, str) and _USUAL.fullmatch(value):
        return Checked(Decimal(value.replace(",", "")))
    written = plain(str(value)) if value is not None else ""
    if not written:
        return Checked(None)
    if how := amount_damage(written):
        return refused(value, "excel_damage", what="amount", how=how)
    figures = _CURRENCY.sub("", written, count=1) if _CURRENCY.match(written) else written
    figures = figures.removesuffix("/-").strip()
    if _NEGATIVE.fullmatch(figures):
        return refused(value, "negative_amount")
    if len(figures) > _LONGEST or not _FIGURES.fullmatch(figures):
        return refused(value, "invalid_amount")
    return _judged(value, Decimal(figures.replace(",", "")))


def _judged(given: Amount, number: Decimal) -> Checked[Amount]:
    if not number.is_finite():
        return refused(given, "invalid_amount")
    if number < 0:
        return refused(given, "negative_amount")
    if number >= _LIMIT:
        return refused(given, "amount_too_large")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        return refused(given, "too_many_decimals")
    return Checked(number)


def tenure(value: int | str | None) -> Checked[int | str | None]:
    """Turn a tenure into a whole number from 1 to 9999; `12.0` is what a spreadsheet makes of 12."""
    if value is None:
        return Checked(None)
    if isinstance(value, int) and 1 <= value <= _LONGEST_TENURE:
        return Checked(int(value))
    written = plain(str(value))
    if not written:
        return Checked(None)
    if not _WHOLE.fullmatch(written):
        if how := amount_damage(written):
            return refused(value, "excel_damage", what="tenure", how=how)
        return refused(value, "invalid_tenure")
    number = int(written.partition(".")[0])
    return Checked(number) if 1 <= number <= _LONGEST_TENURE else refused(value, "invalid_tenure")
