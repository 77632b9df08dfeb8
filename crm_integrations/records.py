"""Frozen snapshots of our records: all that a connector ever sees of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Phone:
    """A checked number: `e164` is `+919800000001`, `country_code` `91`, `national` `9800000001`."""

    e164: str
    country_code: str
    national: str

    @property
    def digits(self) -> str:
        """The international form without the plus: `919800000001`."""
        return self.e164.removeprefix("+")


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """`country` is ISO 3166-1 alpha-2; absent texts are empty strings."""

    tags: tuple[str, ...] = ()
    address_line: str = ""
    pincode: str = ""
    locality: str = ""
    city: str = ""
    state: str = ""
    country: str = "IN"
    house_no: str = ""
    street: str = ""
    apartment_no: str = ""
    fias_id: str = ""

    @property
    def one_line(self) -> str:
        """The address as one would write it on an envelope."""
        parts = (self.address_line, self.locality, self.city, self.state, self.pincode)
        return ", ".join(part for part in dict.fromkeys(parts) if part)


@dataclass(frozen=True, slots=True)
class BankRecord:
    """`account_no` is digits as given, empty when the applicant gave none yet."""

    account_type: str = ""
    account_no: str = ""
    account_holder_name: str = ""
    ifsc: str = ""
    is_verified: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A passport or another paper that identifies a person."""

    type: str = ""
    series: str = ""
    number: str = ""
    issued_on: date | None = None
    issued_by: str = ""
    issuer_code: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class ApplicantRecord:
    """`gender` is `male`, `female`, `other` or empty; money is in the currency of the program's country."""

    applicant_type: str
    name: str
    is_primary: bool = False
    is_authorized_signatory: bool = False
    business_type: str = ""
    tags: tuple[str, ...] = ()
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    gender: str = ""
    date_of_birth: date | None = None
    place_of_birth: str = ""
    nationality: str = ""
    father_name: str = ""
    monthly_income: Decimal | None = None
    monthly_expenses: Decimal | None = None
    employer_name: str = ""
    pan_no: str = ""
    primary_mobile: Phone | None = None
    primary_email: str = ""
    identity_document: IdentityDocument = field(default_factory=IdentityDocument)
    tax_id: str = ""
    insurance_no: str = ""
    gstin: str = ""
    addresses: tuple[AddressRecord, ...] = ()
    banks: tuple[BankRecord, ...] = ()

    def address(self, *tags: str) -> AddressRecord | None:
        """The first address that carries one of `tags`, in the order of the tags; None when none does."""
        for tag in tags:
            for address in self.addresses:
                if tag in address.tags:
                    return address
        return None


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """`ref` names this lead at the vendor, unique there and stable; `extra` is what this vendor alone takes."""

    id: str
    ref: str
    program_id: str
    program_code: str
    primary_mobile: Phone
    partner_code: str = ""
    partner_ref_id: str = ""
    source: str = ""
    channel: str = ""
    loan_amount: Decimal | None = None
    loan_tenure: int | None = None
    loan_tenure_unit: str = ""
    loan_purpose: str = ""
    remarks: str = ""
    tags: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    applicants: tuple[ApplicantRecord, ...] = ()

    @property
    def primary(self) -> ApplicantRecord | None:
        """The primary applicant, else the first one, else None."""
        return next(
            (a for a in self.applicants if a.is_primary), self.applicants[0] if self.applicants else None
        )


@dataclass(frozen=True, slots=True)
class LoanAccountRecord:
    """`lead_reference` is the vendor's own id of the lead, empty until the vendor gave one.

    `lead_references` are all ids it ever gave the lead: what was sent before may have been sent under any of them.
    """

    id: str
    ref: str
    ref_id: str
    program_id: str
    program_code: str
    product_type: str = ""
    lead_reference: str = ""
    lead_references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BankAccountRecord:
    """A bank account that is to be verified; `ref` names it, its number and its IFSC together."""

    id: str
    ref: str
    account_no: str = ""
    ifsc: str = ""
    account_holder_name: str = ""


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A file of a lead; `lead_reference` is the vendor's own id of that lead, empty when it gave none.

    `content` is read just before it is sent: until then it is empty.
    """

    id: str
    ref: str
    lead_reference: str
    document_type: str
    content_type: str
    sha256: str
    tags: tuple[str, ...] = ()
    is_locked: bool = False
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """What a partner is told: ids and states, and no personal data.

    `sent_at` is the second at which this try is made, since 1970: a signature says when it was made.
    """

    id: str
    type: str
    occurred_at: str
    data: Mapping[str, Any] = field(default_factory=dict)
    sent_at: int = 0

    @property
    def ref(self) -> str:
        """What names it where it is told."""
        return self.id


Record = LeadRecord | LoanAccountRecord | BankAccountRecord | DocumentRecord | EventRecord


class Kind(StrEnum):
    """What a record is; the methods of a connector are named after it."""

    LEAD = "lead"
    LOAN_ACCOUNT = "loan_account"
    BANK = "bank"
    DOCUMENT = "document"
    EVENT = "event"

    @property
    def label(self) -> str:
        """As people say it."""
        return self.replace("_", " ").capitalize()


MAIN_KINDS = (Kind.LEAD, Kind.LOAN_ACCOUNT)
"""What is sent for its own sake; the others verify, accompany or announce it."""
