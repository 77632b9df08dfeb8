"""Bank accounts over REST: added, read, changed and deleted, in Crego's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from leadops.drafts import MOST_BANKS
from leadops.models import ApiKey, Bank, Document, Duplicate, Lead, Scope
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

PATH = "/v1/crm/banks/"
UNKNOWN = "0198c0de-0000-7000-8000-00000000dead"
CREGOS = {
    "id", "created_at", "updated_at", "account_type", "account_no", "account_holder_name", "ifsc", "is_verified",
    "tags", "program_ids", "summary", "banking_id",
}  # fmt: skip
"""The members of a bank account in Crego's pages."""


def _errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {each["field"]: each["code"] for each in answer.json()["errors"]}


def _version() -> int:
    return Lead.objects.order_by("id")[0].version


@pytest.fixture
def applicant(lead) -> dict[str, Any]:
    """The primary applicant, who has one account."""
    return lead["applicants"][0]


@pytest.fixture
def bank_id(applicant) -> str:
    return applicant["banks"][0]["id"]


def _new(applicant: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"applicant_id": applicant["id"], **bodies.bank(account_no="000111222444"), **fields}


def test_a_bank_account_is_added_in_cregos_shape(api, lead, applicant):
    sent = _new(applicant)
    answer = api.post(PATH, sent)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert set(told) == CREGOS | {"applicant_id"}
    assert {name: told[name] for name in sent} == sent | {"account_no": "XXXXXXXX2444"}
    assert (told["program_ids"], told["summary"], told["banking_id"]) == ([lead["program_id"]], [], "")
    kept = Bank.objects.get(pk=told["id"])
    assert (kept.account_no, kept.position) == ("000111222444", 1)
    assert told == api.get(f"{PATH}{told['id']}/").json()
    assert _version() == 2


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"applicant_id": UNKNOWN}, {"applicant_id": "unknown_applicant"}),
        ({"applicant_id": "x", "ifsc": "X"}, {"applicant_id": "invalid_id", "ifsc": "ifsc_length"}),
        ({"account_no": "", "account_holder_name": None, "account_type": "", "ifsc": ""},
         {"account_no": "required", "account_holder_name": "required", "account_type": "required", "ifsc": "required"}),
        ({"account_no": "12", "ifsc": "CBIN0ZZZZZZ"},
         {"account_no": "invalid_account_no", "ifsc": "ifsc_unknown_branch"}),
        ({"is_verified": "no", "number": "1"}, {"is_verified": "not_yes_or_no", "number": "unknown_field"}),
        ({"card_number": "1"}, {"card_number": "card_data"}),
    ],
)  # fmt: skip
def test_every_error_of_a_new_account_is_told(api, applicant, fields, errors):
    assert _errors(api.post(PATH, _new(applicant) | fields)) == errors
    assert Bank.objects.filter(applicant_id=applicant["id"]).count() == 1
    assert _version() == 1


def test_an_applicant_has_at_most_twenty_accounts(api, program):
    accounts = [bodies.bank(account_no=f"0001112223{at:02}") for at in range(MOST_BANKS)]
    person = bodies.applicant(banks=accounts)
    full = api.post("/v1/crm/leads/", bodies.lead(program, applicants=[person])).json()["applicants"][0]
    answer = api.post(PATH, _new(full))
    assert (answer.status_code, answer.json()["detail"]) == (
        409, "There are 20 bank accounts already, and more are not kept.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [{"account_no": "000111222334"}, {"ifsc": "SBIN0000001"}, {"account_holder_name": "Ravi"},
     {"account_no": "000111222334", "is_verified": True}],
)  # fmt: skip
def test_another_account_is_not_verified_any_more(api, bank_id, body):
    Bank.objects.filter(pk=bank_id).update(is_verified=True)
    answer = api.patch(f"{PATH}{bank_id}/", body)
    assert (answer.status_code, answer.json()["is_verified"]) == (200, False), answer.content
    assert _version() == 2


def _left_out(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code in (200, 201), answer.content
    return [(each["field"], each["code"]) for each in answer.json().get("warnings", [])]


def test_a_partner_verifies_no_account(api, program, applicant, bank_id):
    claimed = [("is_verified", "verified_by_lender")]
    assert _left_out(api.patch(f"{PATH}{bank_id}/", {"is_verified": True})) == claimed
    assert _left_out(api.post(PATH, _new(applicant) | {"is_verified": True})) == claimed
    person = bodies.person(banks=[bodies.bank(is_verified=True, account_no="000111222339")])
    added = api.post("/v1/crm/applicants/", {"lead_id": applicant["lead_id"], **person, "is_primary": False})
    assert ("banks[0].is_verified", "verified_by_lender") in _left_out(added)
    lead = bodies.lead(program, partner_ref_id="SAID", applicants=[person | {"pan_no": "AAAPA1234B"}])
    whole = ("applicants[0].banks[0].is_verified", "verified_by_lender")
    assert whole in _left_out(api.post("/v1/crm/leads/", lead))
    bulk = api.post("/v1/crm/leads/bulk/", {"leads": [lead | {"partner_ref_id": "SAID-2"}]}).json()[
        "results"
    ][0]
    assert whole in [(each["field"], each["code"]) for each in bulk["warnings"]]
    assert not Bank.objects.filter(is_verified=True).exists()


@pytest.mark.parametrize("said", [True, False])
def test_what_was_found_stays_whatever_comes_back(api, bank_id, said):
    Bank.objects.filter(pk=bank_id).update(is_verified=True)
    assert _left_out(api.patch(f"{PATH}{bank_id}/", {"is_verified": said})) == []
    assert Bank.objects.get(pk=bank_id).is_verified
    assert _version() == 1


@pytest.mark.parametrize(
    "body",
    [{"account_type": "savings"}, {"tags": ["salary"]}, {"account_no": "XXXXXXXX8777"}, {"ifsc": "cbin0281814"},
     {"account_no": "000999888777"}],
)  # fmt: skip
def test_an_account_that_stays_the_same_stays_verified(api, bank_id, body):
    Bank.objects.filter(pk=bank_id).update(is_verified=True)
    answer = api.patch(f"{PATH}{bank_id}/", body)
    assert (answer.status_code, answer.json()["is_verified"]) == (200, True), answer.content
    assert Bank.objects.get(pk=bank_id).account_no == "000999888777"


def test_a_number_that_comes_back_masked_is_left_out_with_a_warning(api, bank_id):
    told = api.patch(f"{PATH}{bank_id}/", {"account_no": "XXXXXXXX8777"}).json()
    assert [(each["field"], each["code"]) for each in told["warnings"]] == [("account_no", "masked_value")]
    assert _version() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"account_no": None}, {"account_no": "required"}),
        ({"ifsc": "X", "account_no": "1"}, {"ifsc": "ifsc_length", "account_no": "invalid_account_no"}),
        ({"colour": "blue", "ifsc": "X"}, {"colour": "unknown_field", "ifsc": "ifsc_length"}),
        ({"applicant_id": UNKNOWN}, {"applicant_id": "unknown_field"}),
    ],
)
def test_every_error_of_a_change_is_told(api, bank_id, body, errors):
    assert _errors(api.patch(f"{PATH}{bank_id}/", body)) == errors
    assert _version() == 1


def test_an_account_is_deleted_and_the_places_close_up(api, applicant, bank_id):
    second, third = (
        api.post(PATH, _new(applicant, account_no=f"00011122{at}")).json()["id"] for at in (11, 22)
    )
    assert api.delete(f"{PATH}{bank_id}/").status_code == 204
    assert api.get(f"{PATH}{bank_id}/").status_code == 404
    left = Bank.objects.filter(applicant_id=applicant["id"]).values_list("id", "position")
    assert [(str(key), at) for key, at in left] == [(second, 0), (third, 1)]


def test_an_account_with_documents_stays(api, lead, bank_id):
    Document.objects.create(
        lead_id=lead["id"], related_model_id=bank_id, document_type="CHEQUE", size=1, sha256="0"
    )
    answer = api.delete(f"{PATH}{bank_id}/")
    assert (answer.status_code, answer.json()["detail"]) == (
        409, "There are documents about it; delete those first.",
    )  # fmt: skip


def test_an_applicants_accounts_are_a_plain_array(api, applicant, bank_id, django_assert_num_queries):
    second = api.post(PATH, _new(applicant)).json()
    with django_assert_num_queries(4):  # the key, its count, the applicant, its accounts
        told = api.get(f"/v1/crm/applicants/{applicant['id']}/banks/").json()
    assert [each["id"] for each in told] == [bank_id, second["id"]]
    assert told[1] == second


def test_a_decided_lead_keeps_its_accounts(api, applicant, bank_id):
    Lead.objects.update(status=Lead.Status.APPROVED)
    answers = [
        api.post(PATH, _new(applicant)),
        api.patch(f"{PATH}{bank_id}/", {"account_type": "savings"}),
        api.delete(f"{PATH}{bank_id}/"),
    ]
    assert [each.status_code for each in answers] == [409, 409, 409]
    assert _version() == 1


def test_an_account_that_another_lead_has_is_told_and_marked(api, lead, program):
    body = bodies.lead(program, primary_mobile="9000000077", applicants=[bodies.applicant()])
    later = api.post("/v1/crm/leads/", body).json()
    told = api.post(PATH, _new(later["applicants"][0], account_no="000999888777")).json()
    assert [(each["field"], each["code"]) for each in told["warnings"]] == [
        ("account_no", "possible_duplicate")
    ]
    assert Duplicate.objects.count() == 1
    assert api.delete(f"{PATH}{told['id']}/").status_code == 204
    assert not Duplicate.objects.exists()


def test_numbers_are_whole_with_pii_read_only(api, partner, applicant, bank_id):
    whole = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ, Scope.LEAD_WRITE, Scope.PII_READ])[1])
    paths = [f"{PATH}{bank_id}/", f"/v1/crm/applicants/{applicant['id']}/banks/"]
    for path in paths:
        assert "000999888777" in whole.get(path).content.decode()
        assert "000999888777" not in api.get(path).content.decode()
    assert whole.patch(paths[0], {"account_no": "000111222334"}).json()["account_no"] == "000111222334"
