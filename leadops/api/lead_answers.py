"""What a lead looks like on its way out: plain dicts, since a walk over serializer fields costs ten times as much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

import phonenumbers
from rest_framework import serializers

from leadops import masking
from leadops.api.lead_shapes import (
    ADDRESSES,
    APPLICANTS,
    BANKS,
    CONSENTS,
    AddressShape,
    ApplicantShape,
    BankShape,
    ConsentShape,
    IdentityDocumentShape,
    LeadShape,
)
from leadops.api.loan_account_shapes import AccountAnswer
from leadops.api.shapes import Many, Moment
from leadops.models import Address, Applicant, Bank, Consent, DuplicateKey, Lead
from leadops.validation import Finding


def lead_answer(lead: Lead, whole_pii: bool = False) -> dict[str, Any]:
    """The whole lead; `whole_pii`: without masks. It must have been read `with_parties()`."""
    country = lead.program.country
    return {
        "id": str(lead.pk),
        "created_at": lead.created_at.timestamp(),
        "updated_at": lead.updated_at.timestamp(),
        "program_id": str(lead.program_id),
        "primary_mobile": national(lead.primary_mobile, country),
        "partner_ref_id": lead.partner_ref_id or None,
        "status": lead.status,
        "sync_status": lead.sync_status,
        "source": lead.source or None,
        "channel": lead.channel or None,
        "loan_amount": _money(lead.loan_amount),
        "loan_tenure": lead.loan_tenure,
        "loan_tenure_unit": lead.loan_tenure_unit or None,
        "loan_purpose": lead.loan_purpose or None,
        "remarks": lead.remarks or None,
        "tags": lead.tags,
        "consents": [_consent(each) for each in lead.consents.all()],
        "extra": lead.extra,
        "applicants": [applicant_answer(each, country, whole_pii) for each in lead.applicants.all()],
    }


def applicant_answer(applicant: Applicant, country: str, whole_pii: bool) -> dict[str, Any]:
    """One applicant with all that belongs to it; `country` is its program's."""
    tail = masking.unmasked if whole_pii else masking.last_four
    return {
        "id": str(applicant.pk),
        "created_at": applicant.created_at.timestamp(),
        "updated_at": applicant.updated_at.timestamp(),
        "lead_id": str(applicant.lead_id),
        "applicant_type": applicant.applicant_type,
        "is_primary": applicant.is_primary,
        "is_authorized_signatory": applicant.is_authorized_signatory,
        "business_type": applicant.business_type or None,
        "tags": applicant.tags,
        "name": applicant.name,
        "pan_no": (applicant.pan_no if whole_pii else masking.pan(applicant.pan_no)) or None,
        "primary_mobile": national(applicant.primary_mobile, country) or None,
        "primary_email": applicant.primary_email or None,
        "first_name": applicant.first_name or None,
        "middle_name": applicant.middle_name or None,
        "last_name": applicant.last_name or None,
        "gender": applicant.gender or None,
        "date_of_birth": _day(applicant.date_of_birth),
        "place_of_birth": applicant.place_of_birth or None,
        "nationality": applicant.nationality or None,
        "father_name": applicant.father_name or None,
        "monthly_income": _money(applicant.monthly_income),
        "monthly_expenses": _money(applicant.monthly_expenses),
        "employer_name": applicant.employer_name or None,
        "identity_document": _identity_document(applicant, tail),
        "tax_id": tail(applicant.tax_id) or None,
        "insurance_no": tail(applicant.insurance_no) or None,
        "gstin": (applicant.gstin if whole_pii else masking.gstin(applicant.gstin)) or None,
        "addresses": [address_answer(each) for each in applicant.addresses.all()],
        "banks": [bank_answer(each, whole_pii) for each in applicant.banks.all()],
    }


_identity = attrgetter(*(f"identity_{name}" for name in IdentityDocumentShape().readers))


def _identity_document(applicant: Applicant, tail: masking.Mask) -> dict[str, Any] | None:
    if not any(_identity(applicant)):  # as of most
        return None
    return {
        "type": applicant.identity_type or None,
        "series": tail(applicant.identity_series) or None,
        "number": tail(applicant.identity_number) or None,
        "issued_on": _day(applicant.identity_issued_on),
        "issued_by": applicant.identity_issued_by or None,
        "issuer_code": applicant.identity_issuer_code or None,
        "expires_on": _day(applicant.identity_expires_on),
    }


def address_answer(address: Address) -> dict[str, Any]:
    """One address."""
    return {
        "id": str(address.pk),
        "created_at": address.created_at.timestamp(),
        "updated_at": address.updated_at.timestamp(),
        "applicant_id": str(address.applicant_id),
        "tags": address.tags,
        "address_line": address.address_line,
        "pincode": address.pincode,
        "locality": address.locality,
        "city": address.city,
        "district": address.district,
        "state": address.state,
        "country": address.country,
        "house_no": address.house_no,
        "street": address.street,
        "apartment_no": address.apartment_no,
        "fias_id": address.fias_id,
    }


def bank_answer(bank: Bank, whole_pii: bool) -> dict[str, Any]:
    """One bank account."""
    return {
        "id": str(bank.pk),
        "created_at": bank.created_at.timestamp(),
        "updated_at": bank.updated_at.timestamp(),
        "applicant_id": str(bank.applicant_id),
        "account_type": bank.account_type,
        "account_no": bank.account_no if whole_pii else masking.last_four(bank.account_no),
        "account_holder_name": bank.account_holder_name,
        "ifsc": bank.ifsc,
        "is_verified": bank.is_verified,
        "tags": bank.tags,
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "purpose": consent.purpose,
        "granted_at": consent.granted_at.timestamp(),
        "ip_address": consent.ip_address,
        "text_version": consent.text_version or None,
        "connections": consent.connections,
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def national(number: str, country: str) -> str:
    """A mobile of the program's country in that country's digits, as partners send it; any other in E.164."""
    return number.removeprefix(_dialling_code(country))


@lru_cache(maxsize=32)
def _dialling_code(country: str) -> str:
    code = phonenumbers.country_code_for_region(country)
    return f"+{code}" if code else ""


def warnings_answer(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """What the checks wonder at, but let pass."""
    return [{"field": each.field, "code": each.code, "message": each.message} for each in findings]


# From here on only the shape of the above for the published schema; tests hold the answers against it.


class Kept(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    created_at = Moment(help_text="Seconds since 1970.")
    updated_at = Moment()


class AddressAnswer(Kept, AddressShape):
    applicant_id = serializers.UUIDField()


class BankAnswer(Kept, BankShape):
    applicant_id = serializers.UUIDField()


class ApplicantAnswer(Kept, ApplicantShape):
    lead_id = serializers.UUIDField()
    addresses = Many(child=AddressAnswer(), most=ADDRESSES)
    banks = Many(child=BankAnswer(), most=BANKS)


class WarningAnswer(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class CommonAnswer(serializers.Serializer[Any]):
    key = serializers.ChoiceField(choices=DuplicateKey.choices)
    field = serializers.CharField(help_text="Where it stands in the lead that was sent.")
    shown = serializers.CharField(help_text="Masked.")


class DuplicateAnswer(serializers.Serializer[Any]):
    lead_id = serializers.UUIDField()
    partner_ref_id = serializers.CharField(allow_null=True)
    created_at = Moment()
    status = serializers.ChoiceField(choices=Lead.Status.choices)
    common = CommonAnswer(many=True)
    only_mobile = serializers.BooleanField(help_text="The PANs differ: perhaps a family's telephone.")


class ProgramAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    product_type = serializers.CharField()


class LeadAnswer(Kept, LeadShape):
    status = serializers.ChoiceField(choices=Lead.Status.choices)
    sync_status = serializers.ChoiceField(
        choices=Lead.SyncStatus.choices, help_text="Its deliveries, summed up."
    )
    applicants = Many(child=ApplicantAnswer(), most=APPLICANTS)
    consents = Many(child=ConsentShape(), most=CONSENTS)
    program = ProgramAnswer(required=False, help_text="Only with expand=program.")
    loan_accounts = AccountAnswer(many=True, required=False, help_text="Only with expand=loan_accounts.")
    warnings = WarningAnswer(
        many=True, required=False, help_text="Only in the answer to POST, and only if any."
    )
    duplicate_of = serializers.UUIDField(
        required=False, help_text="Only in the answer to POST: the first lead of yours that this one repeats."
    )
    duplicates = DuplicateAnswer(
        many=True,
        required=False,
        help_text="Only in the answer to POST, and only if any: earlier leads of yours.",
    )
    filled = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Only in the answer to POST: this lead was here already, and these fields were filled in.",
    )
