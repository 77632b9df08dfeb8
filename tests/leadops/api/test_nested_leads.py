"""The JSON that the database writes of leads, against what the answer to a new lead says of the same records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import models

from leadops.api.lead_answers import ADDRESS, APPLICANT, BANK, CONSENT, LEAD, lead_answer
from leadops.api.nested_leads import nested_leads
from leadops.models import Address, Applicant, Bank, Consent, Lead, LoanAccount
from tests import people
from tests.leadops.api import bodies

pytestmark = pytest.mark.django_db
ANSWERS = {each.model: each for each in (LEAD, APPLICANT, ADDRESS, BANK, CONSENT)}
EDGE = "\x01"


@pytest.fixture
def whole(api, program) -> Lead:
    """A lead with two applicants, and everything that they can have."""
    consent = {
        "purpose": "bureau",
        "granted_at": 1_760_000_000.25,
        "ip_address": "203.0.113.7",
        "text_version": "v1",
    }
    second = bodies.applicant(
        name="Ravi Verma", is_primary=False, addresses=[bodies.address(), bodies.address()]
    )
    body = bodies.lead(
        program,
        partner_ref_id="WHOLE",
        loan_amount="250000.10",
        consents=[consent],
        applicants=[bodies.person(addresses=[bodies.address()], banks=[bodies.bank()]), second],
    )
    made = api.post("/v1/crm/leads/", body)
    assert made.status_code == 200, made.content
    return Lead.objects.get()


def told(*leads: Lead, whole_pii: bool = True) -> list[dict[str, Any]]:
    return [json.loads(text) for text in nested_leads([each.pk for each in leads], whole_pii).values()]


def by_python(lead: Lead, whole_pii: bool = True) -> dict[str, Any]:
    return json.loads(json.dumps(lead_answer(Lead.objects.with_parties().get(pk=lead.pk), whole_pii)))


def write_everywhere(text: str) -> None:
    """Have `text` in every column of letters that an answer tells, sealed or not."""
    for model, answer in ANSWERS.items():
        for record in model.objects.all():
            for field in model._meta.concrete_fields:
                if field.attname in answer.ways and isinstance(field, models.CharField | models.TextField):
                    setattr(record, field.attname, text[: field.max_length])
            record.save()


@pytest.mark.parametrize("whole_pii", [True, False])
def test_a_whole_lead_is_told_as_its_maker_was_told(whole, whole_pii):
    assert told(whole, whole_pii=whole_pii) == [by_python(whole, whole_pii)]


@pytest.mark.parametrize("whole_pii", [True, False])
def test_an_empty_lead_too(api, program, whole_pii):
    api.post("/v1/crm/leads/", bodies.lead(program, applicants=[bodies.applicant()]))
    lead = Lead.objects.get()
    [found] = told(lead, whole_pii=whole_pii)
    assert found == by_python(lead, whole_pii)
    assert found["applicants"][0]["identity_document"] is None


@pytest.mark.parametrize(
    "text",
    [
        f"{EDGE}0001a204a3-bae7-7642-8dc3-1c6f9cf08f78ff{EDGE}",
        EDGE,
        '"},{"id":"',
        "\\u0001\\",
        "आशा वर्मा \u2028 \U0001f600",
        "a\tb\nc\x7f",
        "' || 'x' --",
    ],
)
def test_no_text_makes_a_hole_or_breaks_out(whole, text):
    write_everywhere(text)
    Lead.objects.update(tags=[text], extra={"crego_crm": {text: [text]}})
    for model in (Applicant, Address, Bank):
        model.objects.update(tags=[text, text])
    Consent.objects.update(connections=[text])
    found = told(whole)
    assert found == [by_python(whole)]
    assert found[0]["applicants"][0]["name"] == text
    assert found[0]["remarks"] == text


def test_numbers_keep_their_length(whole):
    long = 123456789012345678901234567890
    Lead.objects.update(loan_amount=Decimal("999999999999.90"), extra={"crego_crm": {"n": long, "f": 1.5}})
    [found] = told(whole)
    assert found == by_python(whole)
    assert (found["extra"]["crego_crm"]["n"], found["loan_amount"]) == (long, "999999999999.90")


def test_one_date_makes_an_identity_document(api, program):
    person = bodies.applicant(identity_document={"issued_on": "2020-01-31"})
    api.post("/v1/crm/leads/", bodies.lead(program, applicants=[person]))
    lead = Lead.objects.get()
    [found] = told(lead)
    assert found == by_python(lead)
    assert found["applicants"][0]["identity_document"]["issued_on"] == "2020-01-31"


def test_what_belongs_to_an_applicant_stands_in_its_order(whole):
    first, last = Applicant.objects.order_by("position")
    Applicant.objects.filter(pk=first.pk).update(position=9)
    [found] = told(whole)
    assert [each["id"] for each in found["applicants"]] == [str(last.pk), str(first.pk)]
    assert found == by_python(whole)


def test_consents_are_told_in_one_order(api, program):
    given = [
        {"purpose": word, "granted_at": moment} for word, moment in (("later", 9.0), ("b", 5.0), ("a", 5.0))
    ]
    made = api.post("/v1/crm/leads/", bodies.lead(program, consents=given)).json()
    [found] = told(Lead.objects.get())
    assert [each["purpose"] for each in made["consents"]] == ["b", "a", "later"]
    assert found["consents"] == made["consents"]


def test_a_new_lead_was_not_changed_before_it_was_made(api, program):
    made = api.post("/v1/crm/leads/", bodies.lead(program)).json()
    assert made["updated_at"] >= made["created_at"]


def test_a_lead_that_is_gone_meanwhile_is_not_found(api, program, monkeypatch):
    made = api.post("/v1/crm/leads/", bodies.lead(program)).json()
    monkeypatch.setattr("leadops.api.expanding.nested_leads", lambda *args, **kwargs: {})
    assert api.get(f"/v1/crm/leads/{made['id']}/").status_code == 404


def test_moments_are_told_to_the_microsecond(whole):
    moment = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    Lead.objects.update(created_at=moment)
    assert told(whole)[0]["created_at"] == moment.timestamp()


def test_leads_of_two_countries_are_told_newest_first_each_in_its_own_digits(api, program, whole):
    abroad = people.program("kz", "Kazakhstan")
    abroad.country = "KZ"
    abroad.save()
    Lead.objects.filter(pk=whole.pk).update(program=abroad)
    made = api.post("/v1/crm/leads/", bodies.lead(program, partner_ref_id="NEW")).json()["id"]
    newest, oldest = told(Lead.objects.get(pk=made), whole)
    assert (newest["primary_mobile"], oldest["primary_mobile"]) == ("9000000001", "+919000000001")


def test_what_is_expanded_stands_in_the_lead_it_is_of(api, program, whole):
    api.post("/v1/crm/leads/", bodies.lead(program, partner_ref_id="BARE"))
    LoanAccount.objects.create(lead=whole, program=program, ref_id="ACC-1")
    listed = api.get("/v1/crm/leads/", expand="program,loan_accounts").json()["results"]
    accounts = {
        each["partner_ref_id"]: [account["ref_id"] for account in each["loan_accounts"]] for each in listed
    }
    assert accounts == {"WHOLE": ["ACC-1"], "BARE": []}
    assert {each["program"]["code"] for each in listed} == {program.code}
