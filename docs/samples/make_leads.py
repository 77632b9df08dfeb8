"""Makes the sample workbooks beside it: `python docs/samples/make_leads.py`; always the same bytes.

`leads.xlsx` has 200 rows, 25 of them bad, each in its own way; `template.xlsx` is the empty workbook, explained in
Hindi as `template.hi.xlsx`.
Nobody in them exists. The card number is a public test number, the Aadhaar number is made up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadops.settings")
django.setup()

from django.utils import translation  # noqa: E402

from leadops import synthetic  # noqa: E402
from leadops.drafts import LeadDraft  # noqa: E402
from leadops.excel.writer import Cell, Style, Styled, write  # noqa: E402
from leadops.services import template_workbook  # noqa: E402

ROWS = 200
EVERY = 8
"""Each eighth row is bad, beginning with the fifth."""

HEADERS = [
    "Partner reference", "Mobile No.", "Name", "First name", "Last name", "Gender", "DOB", "PAN No.", "E-mail ID",
    "Address", "Locality", "City", "District", "State", "Pin code", "A/c No.", "Account holder", "Account type",
    "IFSC Code", "Document type", "Document series", "Document number", "Date of Issue", "Issued by", "Loan amount",
    "Tenure", "Tenure unit", "Purpose", "Monthly income", "GSTIN", "Nationality", "Father's name", "Remarks",
]  # fmt: skip

DAMAGE: list[dict[str, Cell]] = [
    {"Mobile No.": "9.8E+09"},
    {"Mobile No.": "#N/A"},
    {"Mobile No.": "12345"},
    {"Mobile No.": ""},
    {"Name": "", "First name": "", "Last name": ""},
    {"PAN No.": "ABCXK1234L"},
    {"PAN No.": "ABCPK12345"},
    {"IFSC Code": "HDFC1000240"},
    {"IFSC Code": "HDFC0888888"},
    {"IFSC Code": "QQQQ0000001"},
    {"IFSC Code": "HDFC000024"},
    {"Pin code": "999999"},
    {"Pin code": "01234"},
    {"E-mail ID": "asha(at)example.com"},
    {"DOB": "31/02/1990"},
    {"DOB": "03/25/1990"},
    {"DOB": "12/03/2090"},
    {"Loan amount": -50000},
    {"Loan amount": "two lakh"},
    {"Tenure": "0"},
    {"Tenure unit": "fortnights"},
    {"A/c No.": 1234567890123456},  # a number: Excel keeps fifteen digits of it
    {"Remarks": "Paid the fee with 4111 1111 1111 1111"},
    {"Remarks": "Aadhaar 2341 2341 2346 seen"},
    {"GSTIN": "27AAPFU0939F1ZX"},
]


def cells(lead: LeadDraft, number: int) -> dict[str, Cell]:
    """One good row; what people write differently is written differently from row to row."""
    [person] = lead.applicants
    home, bank, paper = person.addresses[0], person.banks[0], person.identity_document
    mobile, born = lead.primary_mobile, person.date_of_birth
    assert not isinstance(born, str | None)
    amount = int(str(lead.loan_amount))
    mobiles: list[Cell] = [mobile, int(mobile), f"+91 {mobile[:5]} {mobile[5:]}", f"0{mobile}"]
    births: list[Cell] = [born, born.strftime("%d/%m/%Y"), born.strftime("%d-%b-%Y"), born.isoformat()]
    amounts: list[Cell] = [amount, str(amount), f"₹ {amount:,}" if amount < 100_000 else f"Rs. {amount}/-"]
    return {
        "Partner reference": f"SUN-{number:04d}",
        "Mobile No.": mobiles[number % 4],
        "Name": person.name,
        "First name": person.first_name,
        "Last name": person.last_name,
        "Gender": person.gender[: 1 if number % 2 else None].upper(),
        "DOB": births[number % 4],
        "PAN No.": person.pan_no if number % 5 else person.pan_no.lower(),
        "E-mail ID": person.primary_email,
        "Address": home.address_line,
        "Locality": home.locality,
        "City": home.city,
        "District": home.district if number % 3 else "",
        "State": home.state if number % 3 else "",
        "Pin code": int(home.pincode) if number % 2 else home.pincode,
        "A/c No.": bank.account_no if number % 3 else int(bank.account_no),
        "Account holder": bank.account_holder_name,
        "Account type": bank.account_type,
        "IFSC Code": bank.ifsc,
        "Document type": paper.type,
        "Document series": paper.series,
        "Document number": paper.number,
        "Date of Issue": paper.issued_on or "",
        "Issued by": paper.issued_by,
        "Loan amount": amounts[number % 3],
        "Tenure": lead.loan_tenure if lead.loan_tenure is not None else "",
        "Tenure unit": lead.loan_tenure_unit,
        "Purpose": lead.loan_purpose,
        "Monthly income": str(person.monthly_income),
        "GSTIN": "",
        "Nationality": "Indian" if number % 2 else "IN",
        "Father's name": person.father_name,
        "Remarks": lead.remarks,
    }


def leads() -> Iterator[list[Cell]]:
    """The header and the rows of leads.xlsx."""
    yield [Styled(name, Style.HEADER) for name in HEADERS]
    damage = iter(DAMAGE)
    for number, lead in enumerate(synthetic.drafts(ROWS, seed=7), start=1):
        row = cells(lead, number)
        if number % EVERY == 5:
            row |= next(damage)
        yield [row[name] for name in HEADERS]


def main() -> None:
    with (HERE / "leads.xlsx").open("wb") as file:
        write(file, leads(), widths=[18] * len(HEADERS))
    for language, name in {"en-gb": "template.xlsx", "hi": "template.hi.xlsx"}.items():
        with (HERE / name).open("wb") as file, translation.override(language):
            template_workbook.write(file)


if __name__ == "__main__":
    main()
