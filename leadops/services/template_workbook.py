"""The empty workbook that officers and partners fill in: lists to choose from, and what each column means.

Everything typed into it stays text, but for amounts and the tenure: so mobiles, account numbers, PANs and pincodes keep
their digits, and a day stays as it was typed, the day first, whatever the country of the computer.
"""

from __future__ import annotations

from datetime import date
from typing import IO, Any

from leadops import synthetic
from leadops.drafts import value_at
from leadops.excel.columns import COLUMNS, Column
from leadops.excel.sheet_header import letters
from leadops.excel.sheets import LEADS
from leadops.excel.writer import Cell, Style, Styled, Workbook
from leadops.languages.said import said
from leadops.models import Applicant, TenureUnit
from leadops.reference import states

_PERSON, _HOME, _BANK = "applicants[0].", "applicants[0].addresses[0].", "applicants[0].banks[0]."
_PAPER = f"{_PERSON}identity_document."
CHOICES: dict[str, tuple[str, ...]] = {
    f"{_PERSON}applicant_type": tuple(Applicant.Type.values),
    f"{_PERSON}business_type": (
        *("Proprietorship", "Partnership", "LLP", "Private limited company", "Public limited company"),
        *("HUF", "Trust", "Society"),
    ),
    f"{_PERSON}gender": tuple(Applicant.Gender.values),
    f"{_PAPER}type": ("passport", "driving licence", "voter id", "national id"),
    f"{_HOME}state": states.NAMES,
    f"{_BANK}account_type": ("savings", "current", "salary", "overdraft", "cash credit"),
    "loan_tenure_unit": tuple(TenureUnit.values),
}
"""What drops down, by field; other spellings may be typed too."""
NUMBERS = {
    "loan_amount": Style.AMOUNT,
    f"{_PERSON}monthly_income": Style.AMOUNT,
    f"{_PERSON}monthly_expenses": Style.AMOUNT,
    "loan_tenure": Style.NUMBER,
}
"""Columns whose cells are numbers."""
_A_DAY = "A day, the day of the month first: 12/03/1990."
WORDS: dict[str, str] = {
    "partner_ref_id": "Your own number of the lead. The same number twice is one lead, so nothing doubles.",
    "primary_mobile": "The borrower's mobile. Needed. Ten digits, or with the country's code.",
    f"{_PERSON}name": "The borrower's or the firm's full name. Needed, unless first or last name is there.",
    f"{_PERSON}first_name": "In place of the full name, or beside it.",
    f"{_PERSON}middle_name": "If there is one.",
    f"{_PERSON}last_name": "In place of the full name, or beside it.",
    f"{_PERSON}applicant_type": "person or business; empty is a person.",
    f"{_PERSON}business_type": "What kind of business it is, as its PAN says.",
    f"{_PERSON}gender": "male, female or other.",
    f"{_PERSON}date_of_birth": f"{_A_DAY} Of a business the day of its founding.",
    f"{_PERSON}place_of_birth": "Town and country.",
    f"{_PERSON}nationality": "A country's name or its two letters: IN.",
    f"{_PERSON}father_name": "As in the papers.",
    f"{_PERSON}primary_email": "name@example.com.",
    f"{_PERSON}pan_no": "Ten characters: ABCPK1234L. The fourth letter says who holds it.",
    f"{_PERSON}gstin": "Fifteen characters; its PAN should be the one beside it.",
    f"{_PERSON}tax_id": "Outside India: INN, IIN or TIN.",
    f"{_PERSON}insurance_no": "Outside India: SNILS.",
    f"{_PERSON}monthly_income": "In figures, without the currency.",
    f"{_PERSON}monthly_expenses": "In figures, without the currency.",
    f"{_PERSON}employer_name": "Where the borrower works.",
    f"{_PAPER}type": "Which paper the next columns are about. Never a card; of an Aadhaar four digits at most.",
    f"{_PAPER}series": "The letters or digits before the number, where the paper has them.",
    f"{_PAPER}number": "As it is printed.",
    f"{_PAPER}issued_on": _A_DAY,
    f"{_PAPER}issued_by": "The office.",
    f"{_PAPER}issuer_code": "The office's code, where the paper has one.",
    f"{_PAPER}expires_on": _A_DAY,
    f"{_HOME}address_line": "House, street, area: what stands on a letter.",
    f"{_HOME}house_no": "Beside the address line, where a vendor wants it apart.",
    f"{_HOME}street": "Beside the address line, where a vendor wants it apart.",
    f"{_HOME}apartment_no": "Beside the address line, where a vendor wants it apart.",
    f"{_HOME}locality": "Area, village or ward.",
    f"{_HOME}city": "Found by the pincode where it is empty.",
    f"{_HOME}district": "Found by the pincode where it is empty.",
    f"{_HOME}state": "Found by the pincode where it is empty.",
    f"{_HOME}pincode": "Six digits in India.",
    f"{_HOME}country": "Empty is the program's country.",
    f"{_BANK}account_no": "All digits, leading zeros too: 6 to 18 of them in India.",
    f"{_BANK}account_holder_name": "As the bank has it.",
    f"{_BANK}account_type": "savings, current and so on.",
    f"{_BANK}ifsc": "Eleven characters, the fifth is a zero: HDFC0000240.",
    "loan_amount": "In figures, without the currency.",
    "loan_tenure": "A whole number, with its unit in the next column.",
    "loan_tenure_unit": "DAYS, WEEKS, MONTHS or YEARS.",
    "loan_purpose": "What the money is for.",
    "source": "Who or what brought the lead.",
    "channel": "By which way it came.",
    "tags": "Labels of your own, with commas between them.",
    "remarks": "Whatever else there is to say. Never a card's or a full Aadhaar number.",
}
"""What goes into each column."""
COLUMNS_SHEET, EXAMPLE_SHEET, CHOICES_SHEET = "Columns", "Example", "Choices"
GUIDE = ("Column", "What goes in", "Example", "Also known as")
EXAMPLE_NOTE = "A filled-in row, to look at. This sheet is not read; the person does not exist."
_WIDTH = 18


def write(stream: IO[bytes]) -> None:
    """Write the template to `stream`, explained in the language of just now; always the same bytes.

    Its headers and choices are what the importer reads in any language, so they stay.
    """
    with Workbook(stream) as book:
        formats = {at: NUMBERS[column.path] for at, column in enumerate(COLUMNS) if column.path in NUMBERS}
        leads = book.sheet(LEADS.name, [_width(column) for column in COLUMNS], formats)
        leads.add([_headers([column.header for column in COLUMNS])])
        explained = book.sheet(COLUMNS_SHEET, [22, 70, 28, 70])
        explained.add([_headers([said(each) for each in GUIDE]), *_explanations()])
        filled_in = book.sheet(EXAMPLE_SHEET, [_width(column) for column in COLUMNS])
        filled_in.add([[said(EXAMPLE_NOTE)], _headers([column.header for column in COLUMNS]), example()])
        choices = book.sheet(CHOICES_SHEET, [40] * len(CHOICES))
        choices.add([_headers([column_of(path).header for path in CHOICES]), *_listed()])
        for at, (path, words) in enumerate(CHOICES.items()):
            column = letters(COLUMNS.index(column_of(path)))
            leads.offer(column, f"{CHOICES_SHEET}!${letters(at)}$2:${letters(at)}${len(words) + 1}")


def _headers(names: list[str]) -> list[Cell]:
    return [Styled(name, Style.HEADER) for name in names]


def column_of(path: str) -> Column:
    return next(column for column in COLUMNS if column.path == path)


def _width(column: Column) -> int:
    return max(_WIDTH, len(column.header) + 4)


def _listed() -> list[list[Cell]]:
    """The choices side by side, each column as long as it is."""
    longest = max(map(len, CHOICES.values()))
    return [[words[at] if at < len(words) else "" for words in CHOICES.values()] for at in range(longest)]


def _explanations() -> list[list[Cell]]:
    return [
        [column.header, said(WORDS[column.path]), value, ", ".join(column.synonyms)]
        for column, value in zip(COLUMNS, example(), strict=True)
    ]


def example() -> list[Cell]:
    """The first of the made-up leads, as somebody would type it."""
    [lead] = synthetic.drafts(1)
    return [_typed(value_at(lead, column.path)) for column in COLUMNS]


def _typed(value: Any) -> Cell:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
