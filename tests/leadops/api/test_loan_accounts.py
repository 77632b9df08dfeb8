"""Loan accounts over REST."""

from __future__ import annotations

import pytest

from leadops.models import Lead, LoanAccount
from leadops.services import loan_accounts
from tests import people
from tests.leadops.api import bodies

PATH = "/v1/los/accounts/"


@pytest.fixture
def lead_id(api, program) -> str:
    return api.post("/v1/crm/leads/", bodies.lead(program)).json()["id"]


def _body(lead_id, program, **fields) -> dict[str, str]:
    return {"crm_lead_id": lead_id, "ref_id": "CL00044A", "program_id": str(program.pk)} | fields


def test_an_account_is_opened_with_the_three_fields(api, lead_id, program):
    answer = api.post(PATH, _body(lead_id, program))
    assert answer.status_code == 201, answer.content
    account = answer.json()
    kept = LoanAccount.objects.get()
    assert account == {
        "id": str(kept.pk),
        "created_at": kept.created_at.timestamp(),
        "updated_at": kept.updated_at.timestamp(),
        "crm_lead_id": lead_id,
        "program_id": str(program.pk),
        "ref_id": "CL00044A",
        "product_type": "scf",
        "tags": [],
        "status": "pending",
        "drop_reason": None,
    }


def test_an_account_may_be_opened_under_another_program_than_the_leads(api, lead_id, program):
    other = people.program("gold", "Gold loan", product_type="gold_loan")
    answer = api.post(PATH, _body(lead_id, other))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["program_id"], told["product_type"]) == (str(other.pk), "gold_loan")
    assert Lead.objects.get().program == program
    assert api.post(PATH, _body(lead_id, program)).status_code == 201, "a reference is unique in its program"


def test_a_program_that_takes_no_leads_takes_no_accounts(api, lead_id, program):
    closed = people.program("closed", "No longer offered", active=False)
    for body in (bodies.lead(closed), _body(lead_id, closed)):
        answer = api.post(PATH if "ref_id" in body else "/v1/crm/leads/", body)
        assert [each["code"] for each in answer.json()["errors"]] == ["unknown_program"]
    assert not LoanAccount.objects.exists()


def test_another_program_opens_no_strangers_lead(other_api, lead_id):
    other = people.program("gold", "Gold loan")
    answer = other_api.post(PATH, _body(lead_id, other))
    assert [each["code"] for each in answer.json()["errors"]] == ["unknown_lead"]
    assert not LoanAccount.objects.exists()


def test_status_is_the_vendors_last_word(api, lead_id, program):
    account_id = api.post(PATH, _body(lead_id, program)).json()["id"]
    loan_accounts.record_status(account_id, "activation")
    assert api.get(f"{PATH}{account_id}/").json()["status"] == "activation"
    assert api.get(PATH, status="activation").json()["count"] == 1
    assert api.get(PATH, status="pending").json()["count"] == 0


def test_a_repeated_reference_answers_with_the_account_that_has_it(api, lead_id, program):
    first = api.post(PATH, _body(lead_id, program)).json()
    again = api.post(PATH, _body(lead_id, program))
    assert (again.status_code, again.json()["existing_id"]) == (409, first["id"])
    assert LoanAccount.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"crm_lead_id": "x"}, {"crm_lead_id": "invalid_id"}),
        ({"crm_lead_id": None}, {"crm_lead_id": "required"}),
        ({"program_id": "0198c0de-0000-7000-8000-00000000dead"}, {"program_id": "unknown_program"}),
        ({"crm_lead_id": "0198c0de-0000-7000-8000-00000000dead"}, {"crm_lead_id": "unknown_lead"}),
        ({"ref_id": ""}, {"ref_id": "required"}),
        ({"ref_id": "   "}, {"ref_id": "required"}),
        ({"ref_id": "x" * 51}, {"ref_id": "too_long"}),
        ({"ref_id": 7}, {"ref_id": "not_a_text"}),
        ({"status": "active", "ref_id": 7}, {"status": "unknown_field", "ref_id": "not_a_text"}),
        ({"card_number": "1"}, {"card_number": "card_data"}),
    ],
)  # fmt: skip
def test_every_error_of_a_body_is_told(api, lead_id, program, fields, errors):
    answer = api.post(PATH, _body(lead_id, program, **fields))
    assert answer.status_code == 400
    assert {each["field"]: each["code"] for each in answer.json()["errors"]} == errors
    assert not LoanAccount.objects.exists()


def test_the_list_is_narrowed_by_lead_and_reference(api, lead_id, program, django_assert_num_queries):
    ids = [api.post(PATH, _body(lead_id, program, ref_id=f"A{at}")).json()["id"] for at in range(3)]
    with django_assert_num_queries(4):  # the key, the ids, the rows, the call's count
        listed = api.get(PATH, crm_lead_id=lead_id).json()
    assert [each["id"] for each in listed["results"]] == ids[::-1]
    assert [each["ref_id"] for each in api.get(PATH, ref_id="A1").json()["results"]] == ["A1"]
