"""A lead's people as Crego's CRM has them, and what it misses in them."""

from __future__ import annotations

from typing import Any

from crm_integrations.connector import Missing
from crm_integrations.records import AddressRecord, ApplicantRecord, BankRecord, Phone

INDIA = "91"
MOBILE_DIGITS = 10


def missing_in(path: str, applicant: ApplicantRecord) -> list[Missing]:
    """What Crego still needs to know of the applicant at `path`."""
    missing = []
    if not applicant.applicant_type:
        missing.append(Missing(f"{path}.applicant_type", "Crego has to be told: a business or a person."))
    if not applicant.name:
        missing.append(Missing(f"{path}.name", "Crego takes no applicant without a full name."))
    mobile = applicant.primary_mobile
    return missing + (odd_phone(f"{path}.primary_mobile", mobile) if mobile else [])


def odd_phone(path: str, phone: Phone) -> list[Missing]:
    """Why the number at `path` can't be sent, if it can't."""
    # Crego has no place for a country code: a foreign number would turn into somebody's Indian one.
    if phone.country_code == INDIA and len(phone.national) == MOBILE_DIGITS:
        return []
    return [Missing(path, "Crego takes ten-digit Indian numbers only: it has no place for a country code.")]


def applicant_body(applicant: ApplicantRecord) -> dict[str, Any]:
    """`applicant` in Crego's words, with its addresses and accounts."""
    payload: dict[str, Any] = {
        "applicant_type": applicant.applicant_type,
        "is_primary": applicant.is_primary,
        "is_authorized_signatory": applicant.is_authorized_signatory,
        "business_type": applicant.business_type,
        "tags": list(applicant.tags),
        "name": applicant.name,
        "pan_no": applicant.pan_no,
        "primary_mobile": applicant.primary_mobile.national if applicant.primary_mobile else "",
        "primary_email": applicant.primary_email,
        "addresses": [_address(address) for address in applicant.addresses],
        "banks": [_bank(bank) for bank in applicant.banks],
    }
    # The page's example leaves optional fields out where they are empty, but keeps empty lists.
    return {name: value for name, value in payload.items() if value != ""}


def _address(address: AddressRecord) -> dict[str, Any]:
    return {
        "tags": list(address.tags),
        "address_line": address.address_line,
        "pincode": address.pincode,
        "locality": address.locality,
        "city": address.city,
        "state": address.state,
    }


def _bank(bank: BankRecord) -> dict[str, Any]:
    return {
        "account_type": bank.account_type,
        "account_no": bank.account_no,  # sent even when empty, as on the page
        "account_holder_name": bank.account_holder_name,
        "ifsc": bank.ifsc,
        "is_verified": bank.is_verified,
        "tags": list(bank.tags),
    }
