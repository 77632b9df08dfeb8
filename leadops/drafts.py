"""A lead as it comes in, before it is a record: the one shape that form, API and Excel fill and the checks mend.

Attribute names are those of the models and of the API. Absent texts are empty strings, absent amounts and dates
None. A value may still be raw text where the source gave text (a date as `12/03/1990`): `validation.check_lead` puts
the normalised value in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_STEP = re.compile(r"(\w+)(?:\[([0-9]+)\])?")
Amount = Decimal | int | str | None
Day = date | str | None


@dataclass(slots=True)
class AddressDraft:
    tags: list[str] = field(default_factory=list)
    address_line: str = ""
    pincode: str = ""
    locality: str = ""
    city: str = ""
    district: str = ""
    state: str = ""
    country: str = ""
    house_no: str = ""
    street: str = ""
    apartment_no: str = ""
    fias_id: str = ""


@dataclass(slots=True)
class BankDraft:
    account_type: str = ""
    account_no: str = ""
    account_holder_name: str = ""
    ifsc: str = ""
    is_verified: bool = False
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class IdentityDocumentDraft:
    type: str = ""
    series: str = ""
    number: str = ""
    issued_on: Day = None
    issued_by: str = ""
    issuer_code: str = ""
    expires_on: Day = None


@dataclass(slots=True)
class ApplicantDraft:
    applicant_type: str = "person"
    is_primary: bool = False
    is_authorized_signatory: bool = False
    business_type: str = ""
    tags: list[str] = field(default_factory=list)
    name: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    gender: str = ""
    date_of_birth: Day = None
    place_of_birth: str = ""
    nationality: str = ""
    father_name: str = ""
    monthly_income: Amount = None
    monthly_expenses: Amount = None
    employer_name: str = ""
    pan_no: str = ""
    primary_mobile: str = ""
    primary_email: str = ""
    identity_document: IdentityDocumentDraft = field(default_factory=IdentityDocumentDraft)
    tax_id: str = ""
    insurance_no: str = ""
    gstin: str = ""
    addresses: list[AddressDraft] = field(default_factory=list)
    banks: list[BankDraft] = field(default_factory=list)


@dataclass(slots=True)
class ConsentDraft:
    purpose: str = ""
    granted_at: datetime | None = None
    ip_address: str | None = None
    text_version: str = ""
    connections: list[str] = field(default_factory=list)


@dataclass(slots=True)
class LeadDraft:
    primary_mobile: str = ""
    partner_ref_id: str = ""
    source: str = ""
    channel: str = ""
    loan_amount: Amount = None
    loan_tenure: int | str | None = None
    loan_tenure_unit: str = ""
    loan_purpose: str = ""
    remarks: str = ""
    tags: list[str] = field(default_factory=list)
    extra: dict[str, dict[str, Any]] = field(default_factory=dict)
    consents: list[ConsentDraft] = field(default_factory=list)
    applicants: list[ApplicantDraft] = field(default_factory=list)


def value_at(draft: Any, path: str) -> Any:
    """What stands in a draft at a path such as `applicants[0].pan_no`."""
    for name, place in _STEP.findall(path):
        draft = getattr(draft, name)
        if place:
            draft = draft[int(place)]
    return draft
