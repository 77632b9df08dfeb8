"""Measure what checking one lead costs, beside the bare libraries on the same values.

Run from the repository: `python -m benchmarks.validation`. Prints microseconds of processor time, the best of rounds.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from datetime import date

import phonenumbers
from phonenumbers import PhoneNumberFormat
from stdnum.in_ import pan

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, LeadDraft
from leadops.validation import check_lead

ROUNDS = 7
LEADS = 2000
TODAY = date(2026, 1, 1)
MOBILES = ("9800000001", "9800000002")
PAN = "ABCPV1234L"


def typical_lead() -> LeadDraft:
    """Make a lead as a workbook delivers it: one applicant, one address, one bank account, no extras."""
    return LeadDraft(
        primary_mobile=MOBILES[0],
        partner_ref_id="DSA-000123",
        loan_amount="2,50,000",
        loan_tenure="12",
        loan_tenure_unit="months",
        applicants=[
            ApplicantDraft(
                name="Asha Verma",
                gender="F",
                date_of_birth="12/03/1990",
                monthly_income="45,000",
                pan_no=PAN,
                primary_mobile=MOBILES[1],
                primary_email="asha@example.com",
                addresses=[
                    AddressDraft(
                        tags=["current"], address_line="Shop No. 75-78", pincode="151203", state="Punjab"
                    )
                ],
                banks=[
                    BankDraft(
                        account_type="savings",
                        account_no="00123456789",
                        account_holder_name="Asha Verma",
                        ifsc="CBIN0281814",
                    )
                ],
            )
        ],
    )


def bare_libraries() -> None:
    for mobile in MOBILES:
        number = phonenumbers.parse(mobile, "IN")
        if phonenumbers.is_valid_number(number):
            phonenumbers.format_number(number, PhoneNumberFormat.E164)
    pan.is_valid(PAN)


def microseconds(work: Callable[[], object]) -> float:
    work()  # the directories load on first use
    return min(timeit.repeat(work, timer=time.process_time, number=LEADS, repeat=ROUNDS)) / LEADS * 1e6


def main() -> None:
    making = microseconds(typical_lead)
    checking = microseconds(lambda: check_lead(typical_lead(), today=TODAY)) - making
    checked = typical_lead()
    again = microseconds(lambda: check_lead(checked, today=TODAY))
    print(f"check_lead, a typical lead          {checking:7.1f} us")
    print(f"check_lead, the same lead again     {again:7.1f} us")
    print(f"phonenumbers and stdnum alone       {microseconds(bare_libraries):7.1f} us")


if __name__ == "__main__":
    main()
