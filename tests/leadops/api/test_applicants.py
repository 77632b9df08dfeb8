"""Applicants over REST: added, read, changed, marked as primary and deleted, in Crego's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from leadops.drafts import MOST_APPLICANTS
from leadops.models import ApiKey, Applicant, Document, Duplicate, Lead, LoanAccount, Program, Scope
from leadops.services import applicants, leads
from leadops.services.loan_accounts import open_account
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

PATH = "/v1/crm/applicants/"
UNKNOWN = "0198c0de-0000-7000-8000-00000000dead"


def _errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {each["field"]: each["code"] for each in answer.json()["errors"]}


def _refused(answer: Any) -> str:
    assert answer.status_code == 409, answer.content
    problem = answer.json()
    assert problem["type"] == "urn:leadops:problem:not-now"
    return problem["detail"]


def _kept(lead: dict[str, Any]) -> Lead:
    return Lead.objects.with_parties().get(pk=lead["id"])


@pytest.fixture
def ids(lead) -> list[str]:
    """Of the primary applicant and of the other one."""
    return [each["id"] for each in lead["applicants"]]


def _new(lead: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"lead_id": lead["id"], **bodies.applicant(is_primary=False, name="Ravi Kumar"), **fields}


def test_an_applicant_is_added_in_cregos_shape(api, lead):
    answer = api.post(PATH, _new(lead, primary_email="ravi@lender.example"))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    kept = Applicant.objects.get(pk=told["id"])
    assert told["created_at"] == kept.created_at.timestamp()
    shown = (
        "lead_id",
        "applicant_type",
        "is_primary",
        "name",
        "primary_email",
        "pan_no",
        "addresses",
        "banks",
    )
    assert [told[name] for name in shown] == [
        lead["id"], "person", False, "Ravi Kumar", "ravi@lender.example", None, [], [],
    ]  # fmt: skip
    assert told == api.get(f"{PATH}{told['id']}/").json()
    assert api.get(f"/v1/crm/leads/{lead['id']}/").json()["applicants"][2] == told


def test_an_applicant_comes_with_its_addresses_and_banks_at_their_places(api, lead):
    sent = _new(
        lead, addresses=[bodies.address(), bodies.address(locality="Kotkapura")], banks=[bodies.bank()]
    )
    told = api.post(PATH, sent).json()
    assert [each["locality"] for each in told["addresses"]] == ["Faridkot", "Kotkapura"]
    assert [each["account_no"] for each in told["banks"]] == ["XXXXXXXX8777"]
    positions = Applicant.objects.filter(lead_id=lead["id"]).order_by("id").values_list("position", flat=True)
    assert list(positions) == [0, 1, 2]


def test_two_applicants_that_say_the_same_are_two(api, lead):
    first, second = (api.post(PATH, _new(lead)).json()["id"] for _ in range(2))
    listed = [each["id"] for each in api.get(f"/v1/crm/leads/{lead['id']}/").json()["applicants"]]
    assert listed[2:] == [first, second]


def test_the_first_applicant_of_a_lead_is_its_primary_one(api, program):
    bare = api.post("/v1/crm/leads/", bodies.lead(program)).json()
    assert api.post(PATH, _new(bare)).json()["is_primary"] is True


def test_every_change_is_a_new_version(api, lead, ids):
    assert _kept(lead).version == 1
    added = api.post(PATH, _new(lead)).json()["id"]
    api.patch(f"{PATH}{ids[1]}/", {"primary_email": "other@lender.example"})
    api.put(f"{PATH}{ids[1]}/mark_primary/", {})
    api.delete(f"{PATH}{added}/")
    assert _kept(lead).version == 5


def test_a_change_that_says_nothing_new_is_no_new_version(api, lead, ids):
    for body in ({}, {"name": "Asha Verma"}, {"primary_mobile": "+91 90000 00002"}):
        assert api.patch(f"{PATH}{ids[1]}/", body).status_code == 200
    assert api.put(f"{PATH}{ids[0]}/mark_primary/", {}).status_code == 200
    assert _kept(lead).version == 1


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"lead_id": None}, {"lead_id": "required"}),
        ({"lead_id": "x"}, {"lead_id": "invalid_id"}),
        ({"lead_id": UNKNOWN}, {"lead_id": "unknown_lead"}),
        ({"lead_id": UNKNOWN, "pan_no": "X"}, {"lead_id": "unknown_lead", "pan_no": "invalid_pan"}),
        ({"colour": "blue", "name": ""}, {"colour": "unknown_field", "name": "required"}),
        ({"addresses": None}, {"addresses": "required"}),
        ({"is_primary": "yes", "pan_no": "X"}, {"is_primary": "not_yes_or_no", "pan_no": "invalid_pan"}),
        ({"is_primary": True}, {"is_primary": "several_primary_applicants"}),
        ({"addresses": [{"pincode": "999999"}], "banks": [{"ifsc": "X"}], "primary_mobile": "1"},
         {"addresses[0].pincode": "unknown_pincode", "banks[0].ifsc": "ifsc_length",
          "primary_mobile": "invalid_mobile"}),
        ({"employer_name": "4111 1111 1111 1111"}, {"employer_name": "card_data"}),
    ],
)  # fmt: skip
def test_every_error_of_a_new_applicant_is_told_at_its_own_path(api, lead, fields, errors):
    assert _errors(api.post(PATH, _new(lead) | fields)) == errors
    assert len(_kept(lead).applicants.all()) == 2
    assert _kept(lead).version == 1


def test_a_lead_has_at_most_fifty_applicants(api, program):
    many = [bodies.applicant(is_primary=at == 0) for at in range(MOST_APPLICANTS)]
    full = api.post("/v1/crm/leads/", bodies.lead(program, applicants=many)).json()
    assert _refused(api.post(PATH, _new(full))) == "There are 50 applicants already, and more are not kept."


def test_only_what_is_sent_is_changed(api, lead, ids):
    before = api.get(f"{PATH}{ids[1]}/").json()
    sent = {
        "primary_email": "asha2@lender.example",
        "father_name": None,
        "identity_document": {"series": "Z"},
    }
    after = api.patch(f"{PATH}{ids[1]}/", sent).json()
    assert after.pop("updated_at") > before.pop("updated_at")
    document = before["identity_document"] | {"series": "X"}
    assert after == before | {
        "primary_email": "asha2@lender.example", "father_name": None, "identity_document": document,
    }  # fmt: skip


def test_null_empties_a_whole_identity_document(api, lead, ids):
    assert api.patch(f"{PATH}{ids[1]}/", {"identity_document": None}).json()["identity_document"] is None


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"colour": "blue", "pan_no": "X"}, {"colour": "unknown_field", "pan_no": "invalid_pan"}),
        ({"addresses": []}, {"addresses": "unknown_field"}),
        ({"banks": []}, {"banks": "unknown_field"}),
        ({"lead_id": UNKNOWN}, {"lead_id": "unknown_field"}),
        ({"applicant_type": None}, {"applicant_type": "required"}),
        ({"tags": None}, {"tags": "required"}),
        ({"name": 7, "primary_email": "x"}, {"name": "not_a_text", "primary_email": "invalid_email"}),
        ({"identity_document": {"numbr": "1"}}, {"identity_document.numbr": "unknown_field"}),
        ({"identity_document": {"issued_on": "yesterday"}}, {"identity_document.issued_on": "invalid_date"}),
        ({"cvv": "123"}, {"cvv": "card_data"}),
        ([], {"": "not_an_object"}),
    ],
)  # fmt: skip
def test_every_error_of_a_change_is_told(api, lead, ids, body, errors):
    assert _errors(api.patch(f"{PATH}{ids[1]}/", body)) == errors
    assert _kept(lead).version == 1


def test_a_mask_that_comes_back_leaves_what_it_stands_for(api, lead, ids):
    told = api.get(f"{PATH}{ids[1]}/").json()
    sent = {name: told[name] for name in ("pan_no", "tax_id", "insurance_no", "identity_document")}
    answer = api.patch(f"{PATH}{ids[1]}/", {**sent, "employer_name": "Gupta & Sons"}).json()
    kept = Applicant.objects.get(pk=ids[1])
    assert (kept.pan_no, kept.tax_id, kept.identity_number) == ("ABCPK1234L", "TIN-9000012345", "K1234567")
    assert kept.employer_name == "Gupta & Sons"
    masked = {each["field"] for each in answer["warnings"] if each["code"] == "masked_value"}
    assert {"pan_no", "tax_id", "insurance_no", "identity_document.number"} <= masked


def test_warnings_of_a_change_name_the_fields_that_were_sent(api, lead, ids):
    told = api.patch(f"{PATH}{ids[1]}/", {"date_of_birth": "2020-01-01"}).json()
    assert [(each["field"], each["code"]) for each in told["warnings"]] == [("date_of_birth", "under_age")]


def test_marking_as_primary_takes_the_place_of_the_former_one(api, lead, ids):
    answer = api.put(f"{PATH}{ids[1]}/mark_primary/", {})
    assert (answer.status_code, answer.json()["is_primary"]) == (200, True)
    assert api.get(f"{PATH}{ids[0]}/").json()["is_primary"] is False
    again = api.put(f"{PATH}{ids[1]}/mark_primary/", {})
    assert (again.status_code, again.json()) == (200, answer.json())


def test_a_change_to_primary_does_the_same(api, lead, ids):
    assert api.patch(f"{PATH}{ids[1]}/", {"is_primary": True}).json()["is_primary"] is True
    primary = Applicant.objects.filter(lead_id=lead["id"], is_primary=True)
    assert [str(each.pk) for each in primary] == [ids[1]]


def test_the_primary_applicant_does_not_just_cease_to_be_it(api, lead, ids):
    answer = api.patch(f"{PATH}{ids[0]}/", {"is_primary": False})
    assert _errors(answer) == {"is_primary": "primary_applicant_needed"}


def test_an_applicant_is_deleted_and_the_places_close_up(api, lead, ids):
    third = api.post(PATH, _new(lead)).json()["id"]
    answer = api.delete(f"{PATH}{ids[1]}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"{PATH}{ids[1]}/").status_code == 404
    left = Applicant.objects.filter(lead_id=lead["id"]).values_list("id", "position")
    assert [(str(key), at) for key, at in left] == [(ids[0], 0), (third, 1)]


def test_neither_the_primary_nor_the_only_applicant_is_deleted(api, lead, ids):
    assert "primary applicant" in _refused(api.delete(f"{PATH}{ids[0]}/"))
    api.delete(f"{PATH}{ids[1]}/")
    assert "only applicant" in _refused(api.delete(f"{PATH}{ids[0]}/"))
    assert Applicant.objects.count() == 1


def test_an_applicant_with_documents_stays(api, lead, ids):
    bank_id = lead["applicants"][1]["banks"][0]["id"]
    for about in (ids[1], bank_id):
        document = Document.objects.create(
            lead_id=lead["id"], related_model_id=about, document_type="PAN", size=1, sha256="0" * 64
        )
        assert "documents" in _refused(api.delete(f"{PATH}{ids[1]}/"))
        document.delete()
    assert api.delete(f"{PATH}{ids[1]}/").status_code == 204


@pytest.mark.parametrize("status", [Lead.Status.APPROVED, Lead.Status.DECLINED, Lead.Status.DROPPED])
def test_a_lead_that_the_lender_decided_on_is_not_changed(api, lead, ids, status):
    Lead.objects.update(status=status)
    told = {
        _refused(answer)
        for answer in (
            api.post(PATH, _new(lead)),
            api.patch(f"{PATH}{ids[1]}/", {"name": "Other"}),
            api.put(f"{PATH}{ids[1]}/mark_primary/", {}),
            api.delete(f"{PATH}{ids[1]}/"),
        )
    }
    assert told == {f"This lead is {status.label.lower()}, so nothing of it is changed any more."}
    assert _kept(lead).version == 1


def test_a_lead_with_a_loan_account_is_not_changed(api, lead, ids):
    open_account(_kept(lead), "A1", Program.objects.get())
    assert "loan account" in _refused(api.patch(f"{PATH}{ids[1]}/", {"name": "Other"}))
    assert LoanAccount.objects.count() == 1


@pytest.mark.parametrize("status", [Lead.Status.DRAFT, Lead.Status.IN_REVIEW])
def test_a_lead_that_is_still_open_is_changed_in_its_status(api, lead, ids, status):
    Lead.objects.update(status=status)
    assert api.patch(f"{PATH}{ids[1]}/", {"name": "Asha Devi"}).json()["name"] == "Asha Devi"
    assert _kept(lead).status == status


def test_a_change_that_makes_it_a_duplicate_is_told_and_marked(api, lead, program):
    later = api.post("/v1/crm/leads/", bodies.lead(program, primary_mobile="9000000077")).json()
    assert "duplicate_of" not in later
    told = api.post(PATH, _new(later, pan_no="ABCPK1234L")).json()
    assert [(each["field"], each["code"]) for each in told["warnings"]] == [("pan_no", "possible_duplicate")]
    pair = Duplicate.objects.get()
    assert (str(pair.lead_id), str(pair.earlier_id)) == (later["id"], lead["id"])
    assert "warnings" not in api.patch(f"{PATH}{told['id']}/", {"name": "Another name"}).json()
    api.patch(f"{PATH}{told['id']}/", {"pan_no": None})
    assert not Duplicate.objects.exists()


def test_of_anothers_lead_nothing_is_told(other_api, api, lead, program):
    theirs = other_api.post("/v1/crm/leads/", bodies.lead(program, primary_mobile="9000000077")).json()
    told = other_api.post(PATH, _new(theirs, pan_no="ABCPK1234L")).json()
    assert "warnings" not in told
    assert Duplicate.objects.count() == 1


def test_what_was_wrong_elsewhere_before_keeps_nobody_from_mending_the_rest(api, lead, ids):
    person = Applicant.objects.get(pk=ids[0])
    person.gstin = "NONSENSE"
    person.save()
    assert api.patch(f"{PATH}{ids[1]}/", {"name": "Asha Devi"}).status_code == 200


def test_a_key_with_pii_read_sees_and_writes_whole_numbers(partner, lead, ids):
    scopes = [Scope.LEAD_READ, Scope.LEAD_WRITE, Scope.PII_READ]
    whole = Caller(ApiKey.issue(partner, scopes=scopes)[1])
    assert whole.patch(f"{PATH}{ids[1]}/", {"pan_no": "abcpk1234m"}).json()["pan_no"] == "ABCPK1234M"


def test_reading_an_applicant_takes_four_queries(api, lead, ids, django_assert_num_queries):
    with django_assert_num_queries(5):  # the key, its count, the applicant with its program, addresses, banks
        api.get(f"{PATH}{ids[1]}/")


def test_an_applicant_that_is_gone_meanwhile_is_not_found(api, lead, ids, monkeypatch):
    def too_late(applicant: Applicant, given: Any) -> Any:
        Applicant.objects.filter(pk=applicant.pk).delete()
        return changing(applicant, given)

    changing = applicants.change
    monkeypatch.setattr(applicants, "change", too_late)
    assert api.patch(f"{PATH}{ids[1]}/", {"name": "Other"}).status_code == 404


def test_a_fault_while_it_is_announced_leaves_nothing(api, lead, monkeypatch):
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(leads, "submit", broken)
    assert api.post(PATH, _new(lead)).status_code == 500
    assert Applicant.objects.count() == 2
    assert _kept(lead).version == 1
