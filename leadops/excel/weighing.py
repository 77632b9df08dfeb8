"""What the notes of reading mean for a row whose columns are known, and what only a spreadsheet can have done to it.

What is beyond doubt is mended in the row's cells, and the row says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from leadops.excel.columns import Column
from leadops.excel.notes import CODES, noted, placed, places
from leadops.models import RowProblem
from leadops.reference import account_lengths, ifsc
from leadops.validation.codes import Severity
from leadops.validation.plain_text import joined

_OF_DATES = {
    "month_first",
    "swapped_back",
    "day_or_month",
    "perhaps_swapped",
    "maybe_swapped",
    "perhaps_month_first",
}
_OF_SHOWN = {"shown_zeros", "shown_text", "shown_otherwise"}
_DATES = {"date_of_birth", "issued_on", "expires_on"}
_OWN = {
    "primary_mobile",
    "pan_no",
    "account_no",
    "primary_email",
    "number",
    "gstin",
    "tax_id",
    "insurance_no",
}
"""Fields whose value belongs to one lead alone."""
_WHOLE_NUMBERS = {"primary_mobile": range(10, 14), "pincode": range(6, 7)}
"""Numbers that never begin with 0, by how many digits they have: with all of them there, nothing is lost."""
_CODES = {"partner_ref_id", "number", "house_no", "apartment_no"}
_PLAIN = (
    {"primary_mobile", "pincode", "pan_no", "gstin", "tax_id", "insurance_no", "account_no", "ifsc"}
    | {"monthly_income", "monthly_expenses", "loan_amount", "loan_tenure", "applicant_no", "position"}
    | _DATES
)
"""Fields that are written in plain letters and digits; all others keep those they came in."""
_WITH_ZEROS = {"account_no", "tax_id", "insurance_no"}
"""Fields whose numbers may begin with 0."""
_OF_DIGITS = _PLAIN - {"pan_no", "gstin", "ifsc"}
"""Fields of digits: a text that the sheet shows beside them is none of theirs."""
_MEASURED = {"loan_amount", "loan_tenure", "monthly_income", "monthly_expenses"}
_UNITS = re.compile(r"\b(?:rs|inr|rupees?|only|months?)\b", re.IGNORECASE)
"""What may stand beside an amount or a tenure and change nothing of it."""
_FOUND_HERE = {"was_decimal", "was_power", "perhaps_decimal", "fewer_digits"}
_DATE_PARTS = re.compile(r"(\s*)([0-9]{1,2})([/.-])([0-9]{1,2})([/.-][0-9]{2,4}\s*)")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DECIMAL = re.compile(r"([0-9]{1,20})\.0{1,9}")
_POWER = re.compile(r"([0-9])[.]([0-9]{5,14})[eE]\+?([0-9]{1,2})")


class Weighing:
    """The judge of notes for all rows under one header; `names` are the headings, `columns` what they mean."""

    def __init__(self, names: Sequence[str], columns: Sequence[Column | None]) -> None:
        self._names = names
        self._columns = columns
        self._numbers = [
            (at, column.attribute)
            for at, column in enumerate(columns)
            if column is not None and column.attribute in _WHOLE_NUMBERS.keys() | _CODES
        ]
        by_attribute = {column.attribute: at for at, column in enumerate(columns) if column is not None}
        self._account = by_attribute.get("account_no"), by_attribute.get("ifsc")

    def weigh(self, stored: Sequence[RowProblem], cells: list[str], number: int) -> list[RowProblem]:
        """What is to be said of row `number`: its stored notes, and what its cells show; mends the cells."""
        problems = [kept for each in stored if (kept := self._kept(each, cells, number))] if stored else []
        for at, attribute in self._numbers:
            if at < len(cells) and not cells[at].isdecimal() and (code := _mend_number(at, attribute, cells)):
                problems.append(noted(code, number, at, self._names[at]))
        return problems + self._lost_zeros(cells, number)

    def _kept(self, problem: RowProblem, cells: list[str], number: int) -> RowProblem | None:
        """A stored note, in the words of its column; None where it does not matter."""
        if not (of := places(problem["letter"])):
            return problem  # of the whole row
        if len(of) > 1:
            return self._of_several(problem, of, number)
        [at] = of
        column = self._columns[at] if at < len(self._columns) else None
        code = _code_in(column, problem["code"])
        if column is not None and code in _OF_SHOWN and at < len(cells):
            code, cells[at] = _as_shown(column.attribute, code, cells[at])
        if not code:
            return None
        if (mend := _MENDING.get(code)) and at < len(cells):
            cells[at] = mend(cells[at])
        return noted(code, number, at, self._names[at])

    def _of_several(self, problem: RowProblem, of: Sequence[int], number: int) -> RowProblem | None:
        """A stored note of several columns, as far as these are read."""
        read = [at for at in of if at < len(self._columns) and self._columns[at]]
        return placed({**problem, "column": self._names[read[0]] if len(read) == 1 else ""}, read, number)

    def _lost_zeros(self, cells: list[str], number: int) -> list[RowProblem]:
        """An account number shorter than all of its bank's, as it is when leading zeros were dropped."""
        account_at, ifsc_at = self._account
        if account_at is None or ifsc_at is None or max(account_at, ifsc_at) >= len(cells):
            return []
        digits = account_lengths.DIGITS.get(cells[ifsc_at][:4].upper())
        account = cells[account_at]
        if digits is None or not account or len(account) == digits:
            return []
        account = joined(account)
        bank = ifsc.bank_of(joined(cells[ifsc_at]).upper())
        if not account.isdecimal() or len(account) >= digits or bank is None:
            return []
        facts = {"bank": bank.name, "digits": digits}
        return [noted("fewer_digits", number, account_at, self._names[account_at], **facts)]


def still_noted(problems: Sequence[RowProblem]) -> list[RowProblem]:
    """Those that reading told, of a row that was perhaps judged before; what weighing finds itself is found anew."""
    return [each for each in problems if each["code"] in CODES and each["code"] not in _FOUND_HERE]


def with_findings(noted: list[RowProblem], found: list[RowProblem]) -> list[RowProblem]:
    """All problems of a row; of a cell that could not be read, what was found in it says nothing more."""
    unread = {each["cell"] for each in noted if each["cell"] and each["severity"] == Severity.ERROR}
    return noted + [each for each in found if each["cell"] not in unread]


def _code_in(column: Column | None, code: str) -> str:
    """What a note becomes in this column; empty where it does not matter there."""
    if column is None or (code in _OF_DATES and column.attribute not in _DATES):
        return ""
    if code == "other_digits" and column.attribute not in _PLAIN:
        return ""
    return "merged_own" if code == "merged_cell" and column.attribute in _OWN else code


def _as_shown(attribute: str, code: str, text: str) -> tuple[str, str]:
    """What is said in this column of a number that was read as it is shown, and what is taken of it."""
    if attribute not in _OF_DIGITS or (attribute in _MEASURED and _other_unit(text)):
        return code, text
    if code == "shown_otherwise":
        return "", text
    digits = "".join(filter(str.isdecimal, text))
    if attribute in _WITH_ZEROS:
        return "shown_zeros" if digits.startswith("0") else "", digits
    if code == "shown_zeros" and attribute not in _WHOLE_NUMBERS:
        return code, text
    return "", digits.lstrip("0") or "0"  # 009800000001 would be a number in Iran


def _other_unit(text: str) -> bool:
    """Whether words stand beside a number that make another of it: 5 lakh is not 5, nor are 5 years 5 months."""
    return any(map(str.isalpha, _UNITS.sub("", text)))


def _mend_number(at: int, attribute: str, cells: list[str]) -> str:
    """Write a number out that became a decimal one, where no digit can be missing; answers the note's code."""
    text = cells[at].strip()
    decimal, power = _DECIMAL.fullmatch(text), _POWER.fullmatch(text)
    if attribute in _CODES:
        return "perhaps_decimal" if decimal and len(decimal[1]) > 1 else ""
    if decimal and len(decimal[1]) in _WHOLE_NUMBERS[attribute]:
        cells[at] = decimal[1]
        return "was_decimal"
    if power and len(power[2]) == int(power[3]) and len(power[2]) + 1 in _WHOLE_NUMBERS[attribute]:
        cells[at] = str(int(Decimal(text)))
        return "was_power"
    return ""


def _written_day_first(text: str) -> str:
    return _DATE_PARTS.sub(r"\1\4\3\2\5", text) if _DATE_PARTS.fullmatch(text) else text


def _day_for_month(text: str) -> str:
    return _ISO.sub(r"\1-\3-\2", text) if _ISO.fullmatch(text) else text


_MENDING: dict[str, Callable[[str], str]] = {
    "month_first": _written_day_first,
    "swapped_back": _day_for_month,
}
