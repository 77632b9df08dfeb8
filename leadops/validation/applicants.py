"""The checks of an applicant, with the addresses, bank accounts and identity document that belong to it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache, partial

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft
from leadops.validation.amounts import amount
from leadops.validation.bank_accounts import account_no, ifsc
from leadops.validation.contacts import email, mobile
from leadops.validation.dates import birth_date, day, expiry_date
from leadops.validation.findings import Finding, findings_at, problem
from leadops.validation.mending import Checks, settle, words_up_to
from leadops.validation.places import complete_address, pincode
from leadops.validation.plain_text import name, tags
from leadops.validation.tax_numbers import gstin, inn, pan, snils
from leadops.validation.words import applicant_type, country_code, gender

_ADDRESS = Checks(
    country=country_code,
    tags=tags,
    address_line=words_up_to(300),
    locality=words_up_to(100),
    city=words_up_to(100),
    district=words_up_to(100),
    state=words_up_to(100),
    house_no=words_up_to(50),
    street=words_up_to(200),
    apartment_no=words_up_to(50),
    fias_id=words_up_to(36),
)
_DOCUMENT = Checks(
    type=words_up_to(50),
    series=words_up_to(50),
    number=words_up_to(50),
    issued_by=words_up_to(200),
    issuer_code=words_up_to(50),
)
_other_postcode = words_up_to(10)


@lru_cache(maxsize=32)
def _applicant_checks(country: str, nationality: str) -> Checks:
    """List the fields that need no other field, in the order of the findings; `country` is the program's.

    Whose tax numbers they are, the nationality says where it is known.
    """
    is_russian = (nationality or country) == "RU"
    return Checks(
        applicant_type=applicant_type,
        business_type=words_up_to(50),
        tags=tags,
        name=name,
        first_name=partial(name, limit=100),
        middle_name=partial(name, limit=100),
        last_name=partial(name, limit=100),
        gender=gender,
        place_of_birth=words_up_to(200),
        nationality=country_code,
        father_name=name,
        monthly_income=amount,
        monthly_expenses=amount,
        employer_name=words_up_to(200),
        primary_mobile=partial(mobile, country=country),
        primary_email=email,
        tax_id=inn if is_russian else words_up_to(50, with_aadhaar=False),
        insurance_no=snils if is_russian else words_up_to(50),
    )


@lru_cache(maxsize=32)
def _bank_checks(country: str) -> Checks:
    return Checks(
        account_type=words_up_to(30),
        account_no=partial(account_no, country=country),
        account_holder_name=name,
        ifsc=ifsc,
        tags=tags,
    )


def check_applicant(applicant: ApplicantDraft, path: str, country: str, today: date) -> list[Finding]:
    """Mend one applicant in place and report every finding; `path` ends with a dot."""
    nationality = country_code(applicant.nationality or "")
    known = "" if nationality.problems else nationality.value
    findings = _applicant_checks(country, known).mend(applicant, path)
    findings += _check_who_it_is(applicant, path, today)
    findings += _check_identity_document(applicant, f"{path}identity_document.", today)
    for at, address in enumerate(applicant.addresses):
        findings += check_address(address, f"{path}addresses[{at}].", country)
    for at, bank in enumerate(applicant.banks):
        findings += check_bank(bank, f"{path}banks[{at}].", country)
    return findings


def _check_who_it_is(applicant: ApplicantDraft, path: str, today: date) -> list[Finding]:
    """Check the fields that must agree with each other, and the two that must be there."""
    kind = applicant.applicant_type
    findings: list[Finding] = []
    if not kind:
        findings += findings_at(f"{path}applicant_type", (problem("required", what="The applicant type"),))
    if not applicant.name:
        parts = (applicant.first_name, applicant.middle_name, applicant.last_name)
        whole = " ".join(part for part in parts if part)
        findings += settle(applicant, path, "name", "", name(whole))
    if not applicant.name:
        findings += findings_at(f"{path}name", (problem("required", what="The applicant's name"),))
    if given := applicant.pan_no:
        findings += settle(applicant, path, "pan_no", given, pan(given, kind, applicant.business_type))
    if given := applicant.gstin:
        findings += settle(applicant, path, "gstin", given, gstin(given, applicant.pan_no))
    if (born := applicant.date_of_birth) is not None:
        checked = birth_date(born, today, is_person=kind != "business")
        findings += settle(applicant, path, "date_of_birth", born, checked)
    return findings


def _check_identity_document(applicant: ApplicantDraft, path: str, today: date) -> list[Finding]:
    document = applicant.identity_document
    findings = _DOCUMENT.mend(document, path)
    if (issued := document.issued_on) is not None:
        findings += settle(document, path, "issued_on", issued, day(issued, latest=today))
    if (expires := document.expires_on) is not None:
        findings += settle(document, path, "expires_on", expires, expiry_date(expires, today))
    return findings


def check_address(address: AddressDraft, path: str = "", country: str = "IN") -> list[Finding]:
    """Mend one address in place; without a country of its own it lies in the program's."""
    findings = _ADDRESS.mend(address, path)
    address.country = address.country or country
    is_indian = address.country == "IN"
    if given := address.pincode:
        checked = pincode(given) if is_indian else _other_postcode(given)
        findings += settle(address, path, "pincode", given, checked)
    if is_indian and (problems := complete_address(address)):
        findings += findings_at(f"{path}state", problems)
    return findings


def check_bank(bank: BankDraft, path: str = "", country: str = "IN") -> list[Finding]:
    """Mend one bank account in place; `country` decides how long an account number may be."""
    return _bank_checks(country).mend(bank, path)
