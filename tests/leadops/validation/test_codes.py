"""Every code of the registry has a case that produces it, and its message is fit for a loan officer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from stdnum import luhn, verhoeff

from leadops.drafts import AddressDraft, ApplicantDraft, ConsentDraft, LeadDraft
from leadops.excel import sheets
from leadops.validation import (
    Checked,
    Finding,
    Problem,
    amounts,
    applicants,
    bank_accounts,
    check_lead,
    codes,
    contacts,
    dates,
    findings_at,
    mobile,
    places,
    plain_text,
    problem,
    tax_numbers,
    words,
)

TODAY = date(2026, 1, 1)
CARD = "4111 1111 1111 1111"
AADHAAR = "23412341234" + verhoeff.calc_check_digit("23412341234")
GSTIN = "27AAPFU0939F1ZV"


def _lead_with(**fields: object) -> list[Finding]:
    return check_lead(LeadDraft(primary_mobile="9800000001", **fields), today=TODAY)


def _of(checked: Checked[object]) -> list[Finding]:
    return findings_at("field", checked.problems)


def _two_primaries() -> list[Finding]:
    people = [ApplicantDraft(name="Asha", is_primary=True), ApplicantDraft(name="Ravi", is_primary=True)]
    return _lead_with(applicants=people)


LIMIT = {"limit": "10"}
KNOWN = {"words": "The lender knows this borrower already."}
CASES: dict[str, tuple[str, Callable[[], list[Finding]]]] = {
    "required": ("", lambda: check_lead(LeadDraft(), today=TODAY)),
    "excel_damage": ("9.8E+09", lambda: _of(mobile("9.8E+09"))),
    "not_yes_or_no": ("maybe", lambda: findings_at("is_verified", sheets.yes_or_no("maybe"))),
    "too_long": ("x" * 201, lambda: _of(plain_text.name("x" * 201))),
    "control_characters": ("As\x00ha", lambda: _of(plain_text.name("As\x00ha"))),
    "card_data": (CARD, lambda: _lead_with(remarks=f"card {CARD}")),
    "aadhaar_number": (AADHAAR, lambda: _lead_with(remarks=f"uid {AADHAAR}")),
    "invalid_mobile": ("98000", lambda: _of(mobile("98000"))),
    "landline_number": ("0112345678", lambda: _of(mobile("011 2345 6789"))),
    "primary_applicant_needed": (
        "",
        lambda: findings_at("is_primary", [problem("primary_applicant_needed")]),
    ),
    "invalid_email": ("asha@", lambda: _of(contacts.email("asha@"))),
    "lead_not_open": (
        "CL00044A",
        lambda: findings_at("crm_lead_id", [problem("lead_not_open", status="draft")]),
    ),
    "unknown_extra_vendor": ("nobody", lambda: _lead_with(extra={"nobody": {}})),
    "unknown_extra_field": ("cardinality", lambda: _lead_with(extra={"brainysoft": {"cardinality": 1}})),
    "wrong_extra_type": ("two", lambda: _lead_with(extra={"brainysoft": {"childrenCount": "two"}})),
    "unknown_applicant_type": ("robot", lambda: _of(words.applicant_type("robot"))),
    "several_primary_applicants": ("Ravi", _two_primaries),
    "name_without_letters": ("12345", lambda: _of(plain_text.name("12345"))),
    "unknown_gender": ("xyz", lambda: _of(words.gender("xyz"))),
    "unknown_country": ("Ruritania", lambda: _of(words.country_code("Ruritania"))),
    "invalid_pan": ("ABCPV123L", lambda: _of(tax_numbers.pan("ABCPV123L"))),
    "unknown_pan_holder": ("ABCXV1234L", lambda: _of(tax_numbers.pan("ABCXV1234L"))),
    "pan_holder_mismatch": ("ABCCV1234L", lambda: _of(tax_numbers.pan("ABCCV1234L", "person"))),
    "invalid_gstin": (GSTIN[:-1] + "O", lambda: _of(tax_numbers.gstin(GSTIN[:-1] + "O"))),
    "gstin_pan_mismatch": ("ABCPV1234L", lambda: _of(tax_numbers.gstin(GSTIN, "ABCPV1234L"))),
    "invalid_inn": ("123456789037", lambda: _of(tax_numbers.inn("123456789037"))),
    "invalid_snils": ("112-233-445", lambda: _of(tax_numbers.snils("112-233-445"))),
    "snils_checksum": ("487-487-897 49", lambda: _of(tax_numbers.snils("487-487-897 49"))),
    "invalid_pincode": ("05120", lambda: _of(places.pincode("05120"))),
    "unknown_pincode": ("999999", lambda: _of(places.pincode("999999"))),
    "state_contradicts_pincode": (
        "Goa",
        lambda: applicants.check_address(AddressDraft(pincode="151203", state="Goa")),
    ),
    "ifsc_length": ("CBIN028181", lambda: _of(bank_accounts.ifsc("CBIN028181"))),
    "ifsc_fifth_character": ("CBINO281814", lambda: _of(bank_accounts.ifsc("CBINO281814"))),
    "ifsc_unknown_bank": ("QQQQ0281814", lambda: _of(bank_accounts.ifsc("QQQQ0281814"))),
    "ifsc_unknown_branch": ("CBIN0999999", lambda: _of(bank_accounts.ifsc("CBIN0999999"))),
    "invalid_account_no": ("12345", lambda: _of(bank_accounts.account_no("12345"))),
    "maybe_rounded": ("1234567890123450", lambda: _of(bank_accounts.account_no("1234567890123450"))),
    "invalid_date": ("30/02/1990", lambda: _of(dates.day("30/02/1990"))),
    "day_and_month_swapped": ("03/25/1990", lambda: _of(dates.day("03/25/1990"))),
    "date_in_future": ("12/03/2027", lambda: _of(dates.birth_date("12/03/2027", TODAY))),
    "under_age": ("12/03/2010", lambda: _of(dates.birth_date("12/03/2010", TODAY))),
    "unlikely_age": ("12/03/1910", lambda: _of(dates.birth_date("12/03/1910", TODAY))),
    "document_expired": ("12/03/2020", lambda: _of(dates.expiry_date("12/03/2020", TODAY))),
    "invalid_amount": ("5 lakh", lambda: _of(amounts.amount("5 lakh"))),
    "negative_amount": ("-5000", lambda: _of(amounts.amount("-5000"))),
    "too_many_decimals": ("250000.00000001", lambda: _of(amounts.amount("250000.00000001"))),
    "amount_too_large": ("1000000000000", lambda: _of(amounts.amount("1000000000000"))),
    "invalid_tenure": ("0 months", lambda: _of(amounts.tenure("0 months"))),
    "unknown_tenure_unit": ("fortnight", lambda: _of(words.tenure_unit("fortnight"))),
    "tenure_unit_missing": ("12", lambda: _lead_with(loan_tenure=12)),
    "invalid_ip_address": ("10.0.0", lambda: _lead_with(consents=[ConsentDraft(ip_address="10.0.0")])),
    "masked_value": ("••••1234", lambda: findings_at("", [Problem("masked_value")])),
    "verified_by_lender": ("true", lambda: findings_at("", [Problem("verified_by_lender")])),
    "duplicate_lead": ("98", lambda: findings_at("", [Problem("duplicate_lead", KNOWN)])),
    "possible_duplicate": ("98", lambda: findings_at("", [Problem("possible_duplicate", KNOWN)])),
    "file_empty": ("", lambda: findings_at("file", [Problem("file_empty")])),
    "file_too_large": ("a.pdf", lambda: findings_at("file", [Problem("file_too_large", LIMIT)])),
    "file_kind": ("a.pdf", lambda: findings_at("file", [Problem("file_kind")])),
    "file_damaged": ("a.pdf", lambda: findings_at("file", [Problem("file_damaged")])),
    "file_too_costly": ("a.pdf", lambda: findings_at("file", [Problem("file_too_costly")])),
    "too_many_pixels": ("a.png", lambda: findings_at("file", [Problem("too_many_pixels", LIMIT)])),
    "too_many_pages": ("a.pdf", lambda: findings_at("file", [Problem("too_many_pages", LIMIT)])),
    "infected": ("a.pdf", lambda: findings_at("file", [Problem("infected")])),
    "password_missing": ("", lambda: findings_at("password", [Problem("password_missing")])),
    "password_wrong": ("hunter2", lambda: findings_at("password", [Problem("password_wrong")])),
    "password_unneeded": ("hunter2", lambda: findings_at("password", [Problem("password_unneeded")])),
    "unknown_document_type": (
        "PHOTO",
        lambda: findings_at("document_type", [problem("unknown_document_type", known="known are: PAN")]),
    ),
    "too_many_documents": ("a.pdf", lambda: findings_at("file", [Problem("too_many_documents", LIMIT)])),
    "internal_error": ("", lambda: findings_at("", [Problem("internal_error")])),
}


def test_every_code_has_a_case():
    assert set(CASES) == set(codes.CODES)


@pytest.mark.parametrize("code", CASES)
def test_the_case_produces_its_code_with_its_weight(code: str):
    findings = [finding for finding in CASES[code][1]() if finding.code == code]
    assert findings
    assert {finding.severity for finding in findings} == {codes.CODES[code].severity}


@pytest.mark.parametrize("code", CASES)
def test_a_message_is_one_short_sentence_that_does_not_repeat_the_value(code: str):
    value, produce = CASES[code]
    for finding in produce():
        assert finding.message.endswith(".")
        assert len(finding.message) < 120
        assert "{" not in finding.message
        if value and code != "excel_damage":  # its example is the same for everybody
            assert value not in finding.message


def test_the_synthetic_numbers_of_the_cases_are_what_they_claim():
    assert luhn.is_valid(CARD.replace(" ", ""))
    assert verhoeff.checksum(AADHAAR) == 0
