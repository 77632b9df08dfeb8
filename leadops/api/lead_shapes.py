"""What a lead looks like on its way in: Crego's fields, and ours beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from leadops.api.shapes import Amount, AnyObject, Day, Id, Many, Moment, Shape, Text, Whole, YesNo
from leadops.drafts import (
    MOST_ADDRESSES,
    MOST_APPLICANTS,
    MOST_BANKS,
    AddressDraft,
    ApplicantDraft,
    BankDraft,
    ConsentDraft,
    IdentityDocumentDraft,
    LeadDraft,
)
from leadops.validation import Finding, findings_at, problem

APPLICANTS, ADDRESSES, BANKS = MOST_APPLICANTS, MOST_ADDRESSES, MOST_BANKS
CONSENTS, TAGS = 50, 50


def tags(required: bool = False) -> Many:
    return Many(child=Text(max_length=50), most=TAGS, required=required)


def text(most: int, help_text: str | None = None) -> Text:
    """An optional text; that it keeps to its length is seen to by the checks, in their own words."""
    return Text(required=False, allow_null=True, allow_blank=True, max_length=most, help_text=help_text)


def day(help_text: str | None = None) -> Day:
    return Day(required=False, allow_null=True, help_text=help_text)


class AddressShape(Shape):
    """Where an applicant lives or trades."""

    draft = AddressDraft

    tags = tags()
    address_line = text(300)
    pincode = text(
        10, "Six digits in India; state, district and city are filled from it where they are empty."
    )
    locality = text(100)
    city = text(100)
    district = text(100)
    state = text(100)
    country = text(2, "ISO 3166-1 alpha-2; the program's country when it is left out.")
    house_no = text(50)
    street = text(200)
    apartment_no = text(50)
    fias_id = text(36)


class BankShape(Shape):
    """A bank account that money may go to."""

    draft = BankDraft

    account_type = text(30)
    account_no = text(50, "Read back masked, all but the last four.")
    account_holder_name = text(200)
    ifsc = text(11)
    is_verified = YesNo(
        required=False, help_text="As the lender found it: it is told, and `true` from you is left out."
    )
    tags = tags()


def without_their_word(part: LeadDraft | ApplicantDraft | AddressDraft | BankDraft) -> list[Finding]:
    """Take out that accounts are verified, which the lender alone finds out; returns the warnings that say so."""
    if isinstance(part, LeadDraft):
        inside = [(f"applicants[{at}].", each) for at, each in enumerate(part.applicants)]
        return [_below(path, each) for path, person in inside for each in without_their_word(person)]
    if isinstance(part, ApplicantDraft):
        banks = [(f"banks[{at}].", each) for at, each in enumerate(part.banks)]
        return [_below(path, each) for path, bank in banks for each in without_their_word(bank)]
    if not isinstance(part, BankDraft) or not part.is_verified:
        return []
    part.is_verified = False
    return findings_at("is_verified", [problem("verified_by_lender")])


def _below(path: str, finding: Finding) -> Finding:
    return replace(finding, field=path + finding.field)


class IdentityDocumentShape(Shape):
    """A passport or another paper that says who someone is."""

    draft = IdentityDocumentDraft

    type = text(50)
    series = text(50)
    number = text(50)
    issued_on = day()
    issued_by = text(200)
    issuer_code = text(50)
    expires_on = day()


class ApplicantShape(Shape):
    """A person or a business. Required is what Crego's table requires."""

    draft = ApplicantDraft

    applicant_type = Text(max_length=50, help_text="person or business")
    is_primary = YesNo(help_text="One applicant of a lead is the primary one.")
    is_authorized_signatory = YesNo()
    business_type = text(50, "For instance Proprietorship.")
    tags = tags(required=True)
    name = text(200, "Required, unless first_name or last_name is there to make it from.")
    pan_no = text(10, "Read back masked, as JUXXXXX79B.")
    primary_mobile = text(30)
    primary_email = text(254)
    addresses = Many(child=AddressShape(), most=ADDRESSES)
    banks = Many(child=BankShape(), most=BANKS)
    first_name = text(100)
    middle_name = text(100)
    last_name = text(100)
    gender = text(20, "male, female or other")
    date_of_birth = day("ISO, as 1990-03-12; also 12/03/1990, the day first.")
    place_of_birth = text(200)
    nationality = text(2, "ISO 3166-1 alpha-2.")
    father_name = text(200)
    monthly_income = Amount(required=False, allow_null=True)
    monthly_expenses = Amount(required=False, allow_null=True)
    employer_name = text(200)
    identity_document = IdentityDocumentShape(required=False, allow_null=True)
    tax_id = text(50, "INN, IIN or TIN.")
    insurance_no = text(50, "SNILS in Russia.")
    gstin = text(15)


class ConsentShape(Shape):
    """What was agreed to; `connections` names who may receive the data, empty for all."""

    draft = ConsentDraft

    purpose = Text(max_length=100)
    granted_at = Moment(help_text="Seconds since 1970, or ISO 8601.")
    ip_address = text(45)
    text_version = text(50)
    connections = Many(child=Text(max_length=50), most=CONSENTS, required=False)


@dataclass(slots=True)
class ReadLead:
    """A lead as it was read; no program when that could not be read. `left_out` says what was not taken."""

    program_id: UUID | None
    draft: LeadDraft
    left_out: list[Finding]


class LeadShape(Shape):
    """The wish of one or more applicants for a loan."""

    aliases = {"primary_mobile": "mobile"}

    program_id = Id()
    primary_mobile = Text(max_length=30, help_text="`mobile` is taken as another name of this field.")
    partner_ref_id = text(100, "Your own id of this lead; no two of your leads may have the same.")
    applicants = Many(child=ApplicantShape(), most=APPLICANTS, required=False)
    loan_amount = Amount(required=False, allow_null=True)
    loan_tenure = Whole(required=False, allow_null=True, min_value=1, max_value=9999)
    loan_tenure_unit = text(20, "DAYS, WEEKS, MONTHS or YEARS")
    loan_purpose = text(200)
    remarks = text(5000)
    source = text(100)  # type: ignore[assignment]  # a field's name, as the contract has it
    channel = text(100)
    tags = tags()
    consents = Many(child=ConsentShape(), most=CONSENTS, required=False)
    extra = AnyObject(required=False, help_text="Values for fields that only one vendor has, by its slug.")

    def made(self, values: dict[str, Any]) -> ReadLead:
        program_id = values.pop("program_id", None)
        draft = LeadDraft(**values)
        return ReadLead(program_id, draft, without_their_word(draft))


LEAD = LeadShape()
"""The one instance, with its fields built."""
