"""A whole lead is mended in place, and everything that is wrong with it is reported at once."""

from __future__ import annotations

import copy
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from leadops.drafts import (
    AddressDraft,
    ApplicantDraft,
    BankDraft,
    ConsentDraft,
    IdentityDocumentDraft,
    LeadDraft,
)
from leadops.validation import Severity, check_lead
from leadops.validation.extras import check_extra

TODAY = date(2026, 1, 1)


def found(draft: LeadDraft, **options: Any) -> list[tuple[str, str]]:
    return [(finding.field, finding.code) for finding in check_lead(draft, today=TODAY, **options)]


def lead(**applicant: Any) -> LeadDraft:
    return LeadDraft(
        primary_mobile="9800000001", applicants=[ApplicantDraft(**{"name": "Asha Verma", **applicant})]
    )


def test_a_mobile_alone_makes_a_lead():
    assert found(LeadDraft(primary_mobile="9800000001")) == []


@pytest.mark.parametrize("nothing", ["", "  "])
def test_a_lead_without_a_mobile_is_refused(nothing: str):
    assert found(LeadDraft(primary_mobile=nothing)) == [("primary_mobile", "required")]


def test_a_whole_lead_is_mended_in_place():
    draft = LeadDraft(
        primary_mobile="98000 00001",
        loan_amount="₹ 2,50,000",
        loan_tenure="12",
        loan_tenure_unit="mahine",
        applicants=[
            ApplicantDraft(
                first_name=" Asha ",
                last_name="Verma",
                applicant_type="Individual",
                gender="F",
                date_of_birth="12/03/1990",
                nationality="Indian",
                monthly_income="45,000.50",
                pan_no="abcpv 1234 l",
                primary_email="asha@EXAMPLE.com",
                identity_document=IdentityDocumentDraft(issued_on="01/02/2015", expires_on="31 Dec 2030"),
                addresses=[AddressDraft(pincode="751 001", state="Orissa", country="India")],
                banks=[BankDraft(ifsc="cbin0281814", account_no="0012 3456 789")],
            )
        ],
    )
    assert found(draft) == []
    assert (draft.loan_amount, draft.loan_tenure, draft.loan_tenure_unit) == (Decimal(250000), 12, "MONTHS")
    asha = draft.applicants[0]
    assert (asha.name, asha.first_name, asha.last_name) == ("Asha Verma", "Asha", "Verma")
    assert (asha.applicant_type, asha.gender, asha.nationality) == ("person", "female", "IN")
    assert (asha.date_of_birth, asha.monthly_income) == (date(1990, 3, 12), Decimal("45000.50"))
    assert (asha.pan_no, asha.primary_email) == ("ABCPV1234L", "asha@example.com")
    document = asha.identity_document
    assert (document.issued_on, document.expires_on) == (date(2015, 2, 1), date(2030, 12, 31))
    assert asha.addresses[0].pincode == "751001"
    assert (asha.addresses[0].state, asha.addresses[0].country) == ("Odisha", "IN")
    assert (asha.banks[0].ifsc, asha.banks[0].account_no) == ("CBIN0281814", "00123456789")


def test_every_error_is_found_not_only_the_first():
    draft = LeadDraft(
        primary_mobile="9.8E+09",
        loan_amount="-1",
        loan_tenure="0",
        loan_tenure_unit="moons",
        remarks="card 4111 1111 1111 1111",
        extra={"brainysoft": {"cardCvc": "123"}},
        consents=[ConsentDraft(purpose="credit", ip_address="nowhere")],
        applicants=[
            ApplicantDraft(
                name="Asha",
                pan_no="X",
                primary_email="asha",
                date_of_birth="03/25/1990",
                gstin="Y",
                addresses=[AddressDraft(), AddressDraft(pincode="999999")],
                banks=[BankDraft(ifsc="CBIN1281814", account_no="1.2E+15")],
                identity_document=IdentityDocumentDraft(issued_on="1/1/2027", expires_on="never"),
            )
        ],
    )
    before = copy.deepcopy(draft)
    assert set(found(draft)) == {
        ("primary_mobile", "excel_damage"),
        ("loan_amount", "negative_amount"),
        ("loan_tenure", "invalid_tenure"),
        ("loan_tenure_unit", "unknown_tenure_unit"),
        ("remarks", "card_data"),
        ("extra.brainysoft.cardCvc", "card_data"),
        ("extra.brainysoft.cardCvc", "unknown_extra_field"),
        ("consents[0].ip_address", "invalid_ip_address"),
        ("applicants[0].pan_no", "invalid_pan"),
        ("applicants[0].gstin", "invalid_gstin"),
        ("applicants[0].primary_email", "invalid_email"),
        ("applicants[0].date_of_birth", "day_and_month_swapped"),
        ("applicants[0].addresses[1].pincode", "unknown_pincode"),
        ("applicants[0].banks[0].ifsc", "ifsc_fifth_character"),
        ("applicants[0].banks[0].account_no", "excel_damage"),
        ("applicants[0].identity_document.issued_on", "date_in_future"),
        ("applicants[0].identity_document.expires_on", "invalid_date"),
    }
    before.applicants[0].is_primary = True
    for address in before.applicants[0].addresses:
        address.country = address.country or "IN"
    assert draft == before  # what is wrong stays as it was typed


def test_the_first_applicant_becomes_primary_when_nobody_is():
    draft = LeadDraft(
        primary_mobile="9800000001", applicants=[ApplicantDraft(name="A"), ApplicantDraft(name="B")]
    )
    assert found(draft) == []
    assert [applicant.is_primary for applicant in draft.applicants] == [True, False]


def test_every_primary_applicant_after_the_first_is_refused():
    people = [ApplicantDraft(name=each, is_primary=each != "B") for each in "ABCD"]
    assert found(LeadDraft(primary_mobile="9800000001", applicants=people)) == [
        ("applicants[2].is_primary", "several_primary_applicants"),
        ("applicants[3].is_primary", "several_primary_applicants"),
    ]


def test_an_applicant_needs_a_name_and_a_type():
    assert set(found(lead(name="", applicant_type=""))) == {
        ("applicants[0].name", "required"),
        ("applicants[0].applicant_type", "required"),
    }
    assert found(lead(applicant_type="robot")) == [("applicants[0].applicant_type", "unknown_applicant_type")]


def test_a_name_that_was_given_is_not_built_again():
    draft = lead(name="Asha V", first_name="Asha", middle_name="K", last_name="Verma")
    assert found(draft) == []
    assert draft.applicants[0].name == "Asha V"


def test_a_name_is_built_from_its_parts():
    draft = lead(name=" ", first_name="Asha", middle_name=" Kumari ", last_name="Verma")
    assert found(draft) == []
    assert draft.applicants[0].name == "Asha Kumari Verma"


def test_a_warning_does_not_weigh_as_an_error():
    [finding] = check_lead(lead(pan_no="ABCCV1234L"), today=TODAY)
    assert (finding.field, finding.code) == ("applicants[0].pan_no", "pan_holder_mismatch")
    assert finding.severity is Severity.WARNING


def test_the_pan_is_compared_with_the_type_as_it_is_after_mending():
    assert found(lead(applicant_type="company", pan_no="ABCCV1234L")) == []


def test_the_gstin_is_compared_with_the_pan_as_it_is_after_mending():
    applicant = {"applicant_type": "business", "gstin": "27AAPFU0939F1ZV"}
    assert found(lead(pan_no="aapfu 0939 f", **applicant)) == []
    assert found(lead(pan_no="ABCCV1234L", **applicant)) == [("applicants[0].gstin", "gstin_pan_mismatch")]


def test_a_young_firm_is_not_under_age_and_a_young_person_is():
    assert found(lead(applicant_type="business", date_of_birth="01/01/2024")) == []
    assert found(lead(date_of_birth="01/01/2024")) == [("applicants[0].date_of_birth", "under_age")]


def test_russian_numbers_are_checked_in_a_russian_program_only():
    numbers = {"tax_id": "123456789037", "insurance_no": "48748789749", "primary_mobile": "8 912 345-67-89"}
    draft = LeadDraft(primary_mobile="+79123456789", applicants=[ApplicantDraft(name="Иван", **numbers)])
    assert found(draft, country="RU") == [
        ("applicants[0].tax_id", "invalid_inn"),
        ("applicants[0].insurance_no", "snils_checksum"),
    ]
    assert draft.applicants[0].insurance_no == "487-487-897 49"
    assert draft.applicants[0].primary_mobile == "+79123456789"
    assert found(lead(tax_id="123456789037", insurance_no="48748789749")) == []


def test_a_tenure_without_a_unit_is_a_warning():
    assert found(LeadDraft(primary_mobile="9800000001", loan_tenure=12)) == [
        ("loan_tenure_unit", "tenure_unit_missing")
    ]


def test_no_tenure_at_all_is_fine():
    assert found(LeadDraft(primary_mobile="9800000001", loan_tenure="")) == []


@pytest.mark.parametrize(("written", "short"), [(" 10.0.0.1 ", "10.0.0.1"), ("2001:DB8:0::1", "2001:db8::1")])
def test_the_address_a_consent_came_from_is_tidied(written: str, short: str):
    draft = LeadDraft(
        primary_mobile="9800000001", consents=[ConsentDraft(purpose="credit", ip_address=written)]
    )
    assert found(draft) == []
    assert draft.consents[0].ip_address == short


@pytest.mark.parametrize("written", ["fe80::1%eth0", "fe80::1%25eth0", "fe80::1%", "::ffff:10.0.0.1%1"])
def test_an_address_with_a_zone_is_refused(written: str):
    draft = LeadDraft(
        primary_mobile="9800000001", consents=[ConsentDraft(purpose="credit", ip_address=written)]
    )
    assert found(draft) == [("consents[0].ip_address", "invalid_ip_address")]


@pytest.mark.parametrize("nationality", ["RU", "Russian", "россия"])
def test_tax_numbers_are_checked_by_the_nationality_whatever_the_program(nationality: str):
    draft = lead(applicant_type="person", nationality=nationality, tax_id="500100732250", insurance_no="1")
    assert found(draft, country="IN") == [
        ("applicants[0].tax_id", "invalid_inn"),
        ("applicants[0].insurance_no", "invalid_snils"),
    ]
    sound = lead(applicant_type="person", nationality=nationality, tax_id="500100732259")
    assert found(sound, country="IN") == []


def test_a_foreigners_tax_number_is_not_read_as_the_programs():
    kazakh = lead(applicant_type="person", nationality="KZ", tax_id="850101300123", insurance_no="A-1")
    assert found(kazakh, country="RU") == []
    unknown = lead(applicant_type="person", nationality="Ruritania", tax_id="5001007322")
    assert ("applicants[0].tax_id", "invalid_inn") in found(unknown, country="RU")


def test_every_text_of_a_draft_is_checked_for_what_no_database_takes():
    """A new field of the drafts that nobody checks would let a NUL through to PostgreSQL."""
    unchecked = {"applicant_type", "granted_at"}
    parts = {
        "": LeadDraft(),
        "applicants": ApplicantDraft(),
        "identity_document": IdentityDocumentDraft(),
        "addresses": AddressDraft(),
        "banks": BankDraft(),
        "consents": ConsentDraft(),
    }
    for part in parts.values():
        for field in fields(part):
            if field.name not in unchecked and getattr(part, field.name) in ("", None):
                setattr(part, field.name, "\x00?\x00")
    draft, applicant = parts[""], parts["applicants"]
    applicant.identity_document = parts["identity_document"]
    applicant.addresses, applicant.banks = [parts["addresses"]], [parts["banks"]]
    draft.applicants, draft.consents = [applicant], [parts["consents"]]
    reported = {field for field, _ in found(draft)}
    prefixes = {
        "": "",
        "applicants": "applicants[0].",
        "identity_document": "applicants[0].identity_document.",
        "addresses": "applicants[0].addresses[0].",
        "banks": "applicants[0].banks[0].",
        "consents": "consents[0].",
    }
    for name, part in parts.items():
        for field in fields(part):
            if getattr(part, field.name) == "\x00?\x00":
                assert prefixes[name] + field.name in reported


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        ({"brainysoft": {"childrenCount": 2, "ipAddress": "10.0.0.1", "mobilePhoneCheck": True}}, []),
        ({"brainysoft": {"childrenCount": None}}, []),
        ({"brainysoft": {"childrenCount": True}}, [("extra.brainysoft.childrenCount", "wrong_extra_type")]),
        ({"brainysoft": {"meanDebt": 2}}, [("extra.brainysoft.meanDebt", "unknown_extra_field")]),
        ({"brainysoft": {"activeCreditsAmount": 2, "monthlyCreditPayment": 2.5, "goods": []}}, []),
        ({"brainysoft": {"goods": {}}}, [("extra.brainysoft.goods", "wrong_extra_type")]),
        ({"brainysoft": {"passport": {"id": 5}, "addressData": {"metroStation": "x"}}}, []),
        (
            {"brainysoft": {"passport": {"no": "5"}}},
            [("extra.brainysoft.passport.no", "unknown_extra_field")],
        ),
        ({"brainysoft": {"passport": 5}}, [("extra.brainysoft.passport", "wrong_extra_type")]),
        ({"brainysoft": []}, [("extra.brainysoft", "wrong_extra_type")]),
        ({"ispcrm": {"plan": "x"}}, [("extra.ispcrm.plan", "unknown_extra_field")]),
        ({"crego": {}}, [("extra.crego", "unknown_extra_vendor")]),
    ],
)
def test_extra_holds_only_what_a_vendor_declares(extra, found):
    findings = check_lead(LeadDraft(primary_mobile="9800000001", extra=extra))
    assert [(each.field, each.code) for each in findings] == found


@pytest.mark.parametrize("extra", [[1], [], "x", "", 5, 0, True, False, None])
def test_extra_that_is_no_object_is_a_finding(extra):
    assert [(f.field, f.code) for f in check_extra(extra)] == [("extra", "wrong_extra_type")]
