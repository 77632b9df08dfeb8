"""Where the money goes: IFSCs and account numbers."""

from __future__ import annotations

import re

from leadops.reference import ifsc as directory
from leadops.validation.damage import number_damage, zeros_after_rounding
from leadops.validation.findings import Checked, problem, refused
from leadops.validation.plain_text import joined, plain

# Too short for Excel to have rounded it, and not what became of 1.23E+11: by itself one number in a million ends so.
_USUAL_ACCOUNT = re.compile(r"[0-9]{6,8}|[0-9]{3,9}(?!000000)[0-9]{6}")
_OF_A_POWER = re.compile(r"[0-9]{3,}000000")
_INDIAN_ACCOUNT = re.compile(r"[0-9]{6,18}")
_OTHER_ACCOUNT = re.compile(r"[A-Z0-9]{4,34}")
# One real sixteen-digit number in ten ends in 0; two zeros or more after the fifteenth digit are damage.
_SURELY_ROUNDED = 2


def ifsc(text: str) -> Checked[str]:
    """Write an IFSC in capitals and look it up: length, fifth character, bank, branch, in this order."""
    if directory.is_known_branch(text):
        return Checked(text)
    code = joined(text).upper()
    if not code:
        return Checked("")
    if len(code) != directory.LENGTH:
        return refused(text, "ifsc_length", length=len(code))
    if not directory.has_zero_fifth(code):
        return refused(text, "ifsc_fifth_character")
    if not directory.is_known_bank(code):
        return refused(text, "ifsc_unknown_bank", bank=code[:4])
    if not directory.is_known_branch(code):
        bank = directory.bank_of(code)
        return refused(text, "ifsc_unknown_branch", bank=bank.name if bank else code[:4])
    return Checked(code)


def account_no(text: str, country: str = "IN") -> Checked[str]:
    """Check an account number and keep its leading zeros.

    In India it has 6 to 18 digits, elsewhere 4 to 34 letters and digits.
    """
    if country == "IN" and _USUAL_ACCOUNT.fullmatch(text):
        return Checked(text)
    number = joined(text).upper()
    if how := number_damage(plain(text)) or number_damage(number):
        return refused(text, "excel_damage", what="account number", how=how)
    if not number:
        return Checked("")
    if country != "IN":
        if not _OTHER_ACCOUNT.fullmatch(number):
            return refused(text, "invalid_account_no", expected="4 to 34 letters and digits")
        return Checked(number)
    if not _INDIAN_ACCOUNT.fullmatch(number):
        return refused(text, "invalid_account_no", expected="6 to 18 digits")
    zeros = zeros_after_rounding(number)
    if zeros >= _SURELY_ROUNDED:
        return refused(
            text, "excel_damage", what="account number", how="Excel made 0 of its digits after the fifteenth"
        )
    is_doubtful = zeros or _OF_A_POWER.fullmatch(number)
    return Checked(number, (problem("maybe_rounded"),) if is_doubtful else ())
