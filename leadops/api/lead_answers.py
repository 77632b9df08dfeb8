"""What a lead looks like on its way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from django.db.models import Model
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
from leadops.models import Address, Applicant, Bank, Consent, DuplicateKey, Lead, Program
from leadops.validation import Finding


class Seen(NamedTuple):
    """By whom a record is seen: mobiles of this country are told in its digits, personal data whole or masked."""

    country: str = ""
    whole_pii: bool = False


class Way(NamedTuple):
    """How a value is told: `of` makes it of a record's, `sql` of its column; what is sealed, `of` alone can tell."""

    of: Callable[[Any, Seen], Any]
    sql: str = "{}"


PLAIN = Way(lambda value, seen: value)
OR_NONE = Way(lambda value, seen: value or None, "nullif({}, '')")
ID = Way(lambda value, seen: str(value))
MOMENT = Way(lambda value, seen: value.timestamp(), "date_part('epoch', {})")
DAY = Way(lambda value, seen: value.isoformat() if value else None)
MONEY = Way(lambda value, seen: None if value is None else f"{value:.2f}", "{}::text")
MOBILE = Way(lambda value, seen: national(value, seen.country))


def _masked(mask: masking.Mask) -> Way:
    return Way(lambda value, seen: value if seen.whole_pii else mask(value))


def _or_none(way: Way) -> Way:
    return Way(lambda value, seen: way.of(value, seen) or None)


class Answer:
    """What a record of `model` says of itself, by its fields' names; `lead_answer` and the like put the parts in.

    Plain dicts, since a walk over serializer fields costs ten times as much. Lists don't even make records of what
    they read: `nested_leads` has the database write most of it.
    """

    def __init__(self, model: type[Model], **ways: Way) -> None:
        self.model, self.ways = model, ways

    def of(self, record: Any, seen: Seen) -> dict[str, Any]:
        return {name: way.of(getattr(record, name), seen) for name, way in self.ways.items()}


_KEPT = {"id": ID, "created_at": MOMENT, "updated_at": MOMENT}
_TAIL = _or_none(_masked(masking.last_four))
LEAD = Answer(
    Lead,
    **_KEPT,
    program_id=ID,
    primary_mobile=MOBILE,
    partner_ref_id=OR_NONE,
    status=PLAIN,
    sync_status=PLAIN,
    source=OR_NONE,
    channel=OR_NONE,
    loan_amount=MONEY,
    loan_tenure=PLAIN,
    loan_tenure_unit=OR_NONE,
    loan_purpose=OR_NONE,
    remarks=OR_NONE,
    tags=PLAIN,
    extra=PLAIN,
)
APPLICANT = Answer(
    Applicant,
    **_KEPT,
    lead_id=ID,
    applicant_type=PLAIN,
    is_primary=PLAIN,
    is_authorized_signatory=PLAIN,
    business_type=OR_NONE,
    tags=PLAIN,
    name=PLAIN,
    pan_no=_or_none(_masked(masking.pan)),
    primary_mobile=_or_none(MOBILE),
    primary_email=OR_NONE,
    first_name=OR_NONE,
    middle_name=OR_NONE,
    last_name=OR_NONE,
    gender=OR_NONE,
    date_of_birth=DAY,
    place_of_birth=OR_NONE,
    nationality=OR_NONE,
    father_name=OR_NONE,
    monthly_income=MONEY,
    monthly_expenses=MONEY,
    employer_name=OR_NONE,
    tax_id=_TAIL,
    insurance_no=_TAIL,
    gstin=_or_none(_masked(masking.gstin)),
    identity_type=OR_NONE,
    identity_series=_TAIL,
    identity_number=_TAIL,
    identity_issued_on=DAY,
    identity_issued_by=OR_NONE,
    identity_issuer_code=OR_NONE,
    identity_expires_on=DAY,
)
ADDRESS = Answer(
    Address,
    **_KEPT,
    applicant_id=ID,
    tags=PLAIN,
    address_line=PLAIN,
    pincode=PLAIN,
    locality=PLAIN,
    city=PLAIN,
    district=PLAIN,
    state=PLAIN,
    country=PLAIN,
    house_no=PLAIN,
    street=PLAIN,
    apartment_no=PLAIN,
    fias_id=PLAIN,
)
BANK = Answer(
    Bank,
    **_KEPT,
    applicant_id=ID,
    account_type=PLAIN,
    account_no=_masked(masking.last_four),
    account_holder_name=PLAIN,
    ifsc=PLAIN,
    is_verified=PLAIN,
    tags=PLAIN,
)
CONSENT = Answer(
    Consent,
    purpose=PLAIN,
    granted_at=MOMENT,
    ip_address=PLAIN,
    text_version=OR_NONE,
    connections=PLAIN,
)
PROGRAM = Answer(Program, id=ID, code=PLAIN, name=PLAIN, product_type=PLAIN)


def lead_answer(lead: Lead, whole_pii: bool = False) -> dict[str, Any]:
    """The whole lead; `whole_pii`: without masks. It must have been read `with_parties()`."""
    seen = Seen(lead.program.country, whole_pii)
    applicants = [applicant_answer(each, *seen) for each in lead.applicants.all()]
    in_order = sorted(lead.consents.all(), key=lambda each: (each.granted_at, each.pk))
    consents = [CONSENT.of(each, seen) for each in in_order]
    return LEAD.of(lead, seen) | {"consents": consents, "applicants": applicants}


def applicant_answer(applicant: Applicant, country: str, whole_pii: bool) -> dict[str, Any]:
    """One applicant with all that belongs to it; `country` is its program's."""
    told = _with_identity_document(APPLICANT.of(applicant, Seen(country, whole_pii)))
    told["addresses"] = [address_answer(each) for each in applicant.addresses.all()]
    told["banks"] = [bank_answer(each, whole_pii) for each in applicant.banks.all()]
    return told


IDENTITY = {str(name): f"identity_{name}" for name in IdentityDocumentShape().fields}
"""What an identity document says, and in which column of its applicant."""


def _with_identity_document(told: dict[str, Any]) -> dict[str, Any]:
    """What an applicant says, its identity document as an object of its own, None without one."""
    document = {name: told.pop(column) for name, column in IDENTITY.items()}
    told["identity_document"] = document if any(document.values()) else None
    return told


def address_answer(address: Address) -> dict[str, Any]:
    """One address."""
    return ADDRESS.of(address, Seen())


def bank_answer(bank: Bank, whole_pii: bool) -> dict[str, Any]:
    """One bank account."""
    return BANK.of(bank, Seen(whole_pii=whole_pii))


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
