"""What holds for every text: no exception, and checking twice is checking once."""

from __future__ import annotations

import copy
import string
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, ConsentDraft, LeadDraft
from leadops.validation import (
    Checked,
    amounts,
    bank_accounts,
    check_lead,
    contacts,
    dates,
    free_text,
    lead,
    mobile,
    places,
    plain_text,
    tax_numbers,
    words,
)
from leadops.validation.plain_text import paragraphs

TODAY = date(2026, 1, 1)
SCALARS: dict[str, Callable[[Any], Checked[Any]]] = {
    "mobile": mobile,
    "mobile in Russia": lambda text: mobile(text, "RU"),
    "email": contacts.email,
    "pan": lambda text: tax_numbers.pan(text, "business", "Proprietorship"),
    "gstin": lambda text: tax_numbers.gstin(text, "ABCPV1234L"),
    "inn": tax_numbers.inn,
    "snils": tax_numbers.snils,
    "ifsc": bank_accounts.ifsc,
    "account_no": bank_accounts.account_no,
    "account_no in Russia": lambda text: bank_accounts.account_no(text, "RU"),
    "pincode": places.pincode,
    "day": dates.day,
    "birth_date": lambda text: dates.birth_date(text, TODAY),
    "expiry_date": lambda text: dates.expiry_date(text, TODAY),
    "amount": amounts.amount,
    "tenure": amounts.tenure,
    "tenure_unit": words.tenure_unit,
    "gender": words.gender,
    "applicant_type": words.applicant_type,
    "country_code": words.country_code,
    "ip_address": lead.ip_address,
    "name": plain_text.name,
    "free_text": lambda text: free_text(text, 20),
    "paragraphs": lambda text: paragraphs(text, 20),
}
ANY_TEXT = st.text(max_size=30) | st.text(
    alphabet=st.characters(), max_size=30
)  # the second has lone surrogates too
NUMBER_LIKE = st.text(alphabet=string.digits + " -+./,:()eE#@₹०９²½\u00a0\u200b", max_size=24)
PLAUSIBLE = st.sampled_from(
    [
        *("9800000001", "+91 98000-00001", "011 2345 6789", "9.8E+09", "asha@example.com", "ABCPV1234L"),
        *("27AAPFU0939F1ZV", "123456789047", "112-233-445 95", "487-487-897 49", "CBIN0281814", "151203"),
        *("12/03/1990", "12-Mar-90", "1990-03-12", "32944", "12,34,567.50", "Rs. 500/-", "12", "months", "F"),
        *(
            "India",
            "Individual",
            "haan",
            "10.0.0.1",
            "2001:DB8::1",
            "1234567890123450",
            "4111 1111 1111 1111",
        ),
    ]
)
TEXTS = ANY_TEXT | NUMBER_LIKE | PLAUSIBLE


def codes(checked: Checked[Any]) -> set[str]:
    return {problem.code for problem in checked.problems}


@pytest.mark.parametrize("scalar", SCALARS)
@given(text=TEXTS)
@settings(max_examples=70, deadline=None)
def test_checking_a_checked_value_changes_nothing_and_finds_nothing_new(scalar: str, text: str):
    check = SCALARS[scalar]
    once = check(text)
    twice = check(once.value)
    assert twice.value == once.value
    assert codes(twice) <= codes(once)


@pytest.mark.parametrize("scalar", SCALARS)
@given(text=TEXTS)
@settings(max_examples=40, deadline=None)
def test_a_refused_value_is_left_as_typed(scalar: str, text: str):
    checked = SCALARS[scalar](text)
    if checked.is_refused:
        assert checked.value is text


def blank_lead() -> LeadDraft:
    applicant = ApplicantDraft(addresses=[AddressDraft()], banks=[BankDraft()])
    return LeadDraft(applicants=[applicant], consents=[ConsentDraft()])


def parts_of(lead: LeadDraft) -> list[Any]:
    [applicant] = lead.applicants
    return [
        lead,
        applicant,
        applicant.identity_document,
        *applicant.addresses,
        *applicant.banks,
        *lead.consents,
    ]


TEXT_FIELDS = [
    (at, field.name)
    for at, part in enumerate(parts_of(blank_lead()))
    for field in fields(part)
    if field.type in {"str", "str | None", "int | str | None", "Amount", "Day"}
]


@given(
    filled=st.dictionaries(st.sampled_from(TEXT_FIELDS), TEXTS, max_size=10),
    country=st.sampled_from(["IN", "RU"]),
)
@settings(max_examples=200, deadline=None)
def test_checking_a_checked_lead_changes_nothing_and_finds_nothing_new(
    filled: dict[tuple[int, str], str], country: str
):
    draft = blank_lead()
    for (at, name), text in filled.items():
        setattr(parts_of(draft)[at], name, text)
    once = check_lead(draft, country=country, today=TODAY)
    checked = copy.deepcopy(draft)
    twice = check_lead(draft, country=country, today=TODAY)
    assert draft == checked
    assert {(each.field, each.code) for each in twice} <= {(each.field, each.code) for each in once}


def test_the_property_reaches_every_part_of_a_lead():
    reached = {name for _, name in TEXT_FIELDS}
    assert reached >= {"loan_amount", "loan_tenure", "pan_no", "issued_on", "pincode", "ifsc", "ip_address"}
