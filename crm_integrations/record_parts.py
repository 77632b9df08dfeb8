"""The parts of a record that a connector gets, made of our rows."""

from __future__ import annotations

from typing import Any

import phonenumbers

from crm_integrations.records import (
    AddressRecord,
    ApplicantRecord,
    BankAccountRecord,
    BankRecord,
    IdentityDocument,
    Phone,
)


def applicant(
    applicant: Any, addresses: tuple[AddressRecord, ...], banks: tuple[BankRecord, ...]
) -> ApplicantRecord:
    return ApplicantRecord(
        applicant_type=applicant.applicant_type,
        name=applicant.name,
        is_primary=applicant.is_primary,
        is_authorized_signatory=applicant.is_authorized_signatory,
        business_type=applicant.business_type,
        tags=tuple(applicant.tags),
        first_name=applicant.first_name,
        middle_name=applicant.middle_name,
        last_name=applicant.last_name,
        gender=applicant.gender,
        date_of_birth=applicant.date_of_birth,
        place_of_birth=applicant.place_of_birth,
        nationality=applicant.nationality,
        father_name=applicant.father_name,
        monthly_income=applicant.monthly_income,
        monthly_expenses=applicant.monthly_expenses,
        employer_name=applicant.employer_name,
        pan_no=applicant.pan_no,
        primary_mobile=phone(applicant.primary_mobile) if applicant.primary_mobile else None,
        primary_email=applicant.primary_email,
        identity_document=IdentityDocument(
            type=applicant.identity_type,
            series=applicant.identity_series,
            number=applicant.identity_number,
            issued_on=applicant.identity_issued_on,
            issued_by=applicant.identity_issued_by,
            issuer_code=applicant.identity_issuer_code,
            expires_on=applicant.identity_expires_on,
        ),
        tax_id=applicant.tax_id,
        insurance_no=applicant.insurance_no,
        gstin=applicant.gstin,
        addresses=addresses,
        banks=banks,
    )


def address(address: Any) -> AddressRecord:
    return AddressRecord(
        tags=tuple(address.tags),
        address_line=address.address_line,
        pincode=address.pincode,
        locality=address.locality,
        city=address.city,
        state=address.state,
        country=address.country,
        house_no=address.house_no,
        street=address.street,
        apartment_no=address.apartment_no,
        fias_id=address.fias_id,
    )


def bank(bank: Any) -> BankRecord:
    return BankRecord(
        account_type=bank.account_type,
        account_no=bank.account_no,
        account_holder_name=bank.account_holder_name,
        ifsc=bank.ifsc,
        is_verified=bank.is_verified,
        tags=tuple(bank.tags),
    )


def bank_account(bank: Any, ref: str) -> BankAccountRecord:
    return BankAccountRecord(
        id=str(bank.id),
        ref=ref,
        account_no=bank.account_no,
        ifsc=bank.ifsc,
        account_holder_name=bank.account_holder_name,
    )


def phone(e164: str) -> Phone:
    """`e164` taken apart; empty where it was erased."""
    if e164.startswith("+91") and len(e164) == 13:  # by far the most: no need to ask the library
        return Phone(e164, "91", e164[3:])
    if not e164:
        return Phone("", "", "")
    number = phonenumbers.parse(e164)
    return Phone(e164, str(number.country_code), phonenumbers.national_significant_number(number))
