"""The programs that a lead is in, in Crego's shape of borrower line details."""

from __future__ import annotations

import pytest

from leadops.services import loan_accounts
from tests import people

NO_AMOUNTS = {"approved_line_amount": None, "utilised_line_amount": None, "available_line_amount": None}


@pytest.fixture
def path(lead) -> str:
    return f"/v1/crm/leads/{lead['id']}/programs/"


def _account(api, lead, program, ref_id: str) -> str:
    body = {"crm_lead_id": lead["id"], "ref_id": ref_id, "program_id": str(program.pk)}
    return api.post("/v1/los/accounts/", body).json()["id"]


def test_a_lead_without_an_account_is_in_its_own_program(api, lead, program, path):
    assert api.get(path).json() == [
        {"program_id": str(program.pk), "product_type": "scf", "status": None, "account_id": None,
         "line_detail": NO_AMOUNTS},
    ]  # fmt: skip


def test_each_account_is_told_with_the_loss_own_word(api, lead, program, path):
    account_id = _account(api, lead, program, "A1")
    loan_accounts.record_status(account_id, "activation")
    assert api.get(path).json() == [
        {"program_id": str(program.pk), "product_type": "scf", "status": "activation", "account_id": account_id,
         "line_detail": NO_AMOUNTS},
    ]  # fmt: skip


def test_an_account_under_another_program_stands_beside_the_leads_own(
    api, lead, program, path, django_assert_num_queries
):
    gold = people.program("gold", "Gold loan", product_type="gold_loan")
    account_id = _account(api, lead, gold, "G1")
    with django_assert_num_queries(4):  # the key, its count, the lead with its program, its accounts
        told = api.get(path).json()
    assert [(each["product_type"], each["account_id"]) for each in told] == [
        ("gold_loan", account_id),
        ("scf", None),
    ]
