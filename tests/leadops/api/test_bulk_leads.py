"""Many leads in one request: each is answered as if it had been sent alone, and none costs another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError

from leadops.models import ApiKey, DuplicatePolicy, Lead, Scope
from leadops.services import bulk_leads, leads
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

PATH = "/v1/crm/leads/bulk/"


def _lead(program, number: int, **fields: Any) -> dict[str, Any]:
    """One of many: each of another person."""
    person = bodies.applicant(
        primary_mobile=f"91000{number + 1:05}", pan_no=f"ABCPK{number + 1:04}L", banks=[], addresses=[]
    )
    given = {"partner_ref_id": f"B-{number}", "applicants": [person], **fields}
    return bodies.lead(program, primary_mobile=f"90000{number + 1:05}", **given)


def _results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert list(told) == ["count", "stored", "refused", "results"]
    assert told["count"] == told["stored"] + told["refused"] == len(told["results"])
    assert [each["index"] for each in told["results"]] == list(range(told["count"]))
    return told["results"]


def _statuses(answer: Any) -> list[int]:
    return [each["status"] for each in _results(answer)]


def _codes(result: dict[str, Any]) -> dict[str, str]:
    return {each["field"]: each["code"] for each in result["problem"]["errors"]}


def test_many_leads_are_stored_and_submitted_in_their_order(api, program):
    results = _results(api.post(PATH, {"leads": [_lead(program, at) for at in range(3)]}))
    assert [each["partner_ref_id"] for each in results] == ["B-0", "B-1", "B-2"]
    stored = Lead.objects.order_by("id")
    assert [str(lead.pk) for lead in stored] == [each["id"] for each in results]
    assert {(lead.status, lead.intake) for lead in stored} == {("submitted", "api")}
    assert [lead.applicants.count() for lead in stored] == [1, 1, 1]


def test_a_stored_one_reads_as_if_it_had_been_sent_alone(api, program):
    [result] = _results(api.post(PATH, {"leads": [_lead(program, 1)]}))
    alone = api.post("/v1/crm/leads/", _lead(program, 2)).json()
    assert api.get(f"/v1/crm/leads/{result['id']}/").json().keys() == alone.keys()


def test_a_bad_one_costs_no_other_and_says_all_that_is_wrong(api, program):
    wrong = _lead(program, 1, colour="red") | {"primary_mobile": "12"}
    wrong["applicants"][0]["pan_no"] = "NO"
    unknown = _lead(program, 2) | {"program_id": "0198c0de-0000-7000-8000-00000000dead"}
    rows = [_lead(program, 0), wrong, unknown, "a text", _lead(program, 3)]
    results = _results(api.post(PATH, {"leads": rows}))
    assert [each["status"] for each in results] == [200, 400, 400, 400, 200]
    assert _codes(results[1]).keys() == {"primary_mobile", "colour", "applicants[0].pan_no"}
    assert _codes(results[2]) == {"program_id": "unknown_program"}
    assert results[1]["problem"]["type"] == "urn:leadops:problem:validation"
    assert Lead.objects.count() == 2


def test_a_mended_value_is_told_of_each(api, program):
    again = _lead(program, 2, partner_ref_id="B-1")
    answers = _results(api.post(PATH, {"leads": [_lead(program, 1), again]}))
    assert [each["status"] for each in answers] == [200, 409]
    single = api.post("/v1/crm/leads/", _lead(program, 3)).json()
    assert answers[0].get("warnings") == single.get("warnings")


def test_a_reference_is_used_once_also_within_the_request(api, program):
    first = api.post("/v1/crm/leads/", _lead(program, 1)).json()
    rows = [_lead(program, 1), _lead(program, 2), _lead(program, 3, partner_ref_id="B-2")]
    results = _results(api.post(PATH, {"leads": rows}))
    assert [each["status"] for each in results] == [409, 200, 409]
    assert results[0]["problem"]["existing_id"] == first["id"]
    assert results[2]["problem"]["existing_id"] == results[1]["id"]


def test_the_same_request_again_makes_nothing_twice(api, program):
    body = {"leads": [_lead(program, at) for at in range(3)]}
    made = [each["id"] for each in _results(api.post(PATH, body))]
    again = _results(api.post(PATH, body))
    assert [each["problem"]["existing_id"] for each in again] == made
    assert Lead.objects.count() == 3


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [("refuse", [409, 200, 409]), ("flag", [200, 200, 200]), ("merge", [200, 200, 200])],
)
def test_the_rule_for_duplicates_holds_for_each(api, program, rule, policy, statuses):
    rule(policy)
    first = api.post("/v1/crm/leads/", _lead(program, 1, partner_ref_id="old")).json()
    rows = [_lead(program, 1), _lead(program, 2), _lead(program, 2, partner_ref_id="B-3")]
    results = _results(api.post(PATH, {"leads": rows}))
    assert [each["status"] for each in results] == statuses
    told = {"refuse": "problem", "flag": "duplicate_of", "merge": "filled"}[policy]
    assert [told in each for each in results] == [True, False, True]
    if policy == DuplicatePolicy.FLAG:
        assert [results[0][told], results[2][told]] == [first["id"], results[1]["id"]]
    if policy == DuplicatePolicy.MERGE:
        assert [results[0]["id"], results[2]["id"]] == [first["id"], results[1]["id"]]


def test_leads_are_stored_together_in_a_fixed_number_of_queries(api, program, django_assert_max_num_queries):
    api.post(PATH, {"leads": [_lead(program, 999)]})
    for first, count in ((0, 2), (100, 40)):
        with django_assert_max_num_queries(20):
            answer = api.post(PATH, {"leads": [_lead(program, first + at) for at in range(count)]})
        assert _statuses(answer) == [200] * count


def test_one_that_the_database_will_not_have_costs_no_other(api, program, monkeypatch):
    create = leads.create

    def refuse_all(drafts: Any, **options: Any) -> list[Lead]:
        if any(each.partner_ref_id == "B-1" for each in drafts):
            raise ValueError("synthetic")
        return create(drafts, **options)

    monkeypatch.setattr(leads, "create", refuse_all)
    assert _statuses(api.post(PATH, {"leads": [_lead(program, at) for at in range(3)]})) == [200] * 3


def test_a_fault_of_ours_is_told_of_its_row_alone(api, program, monkeypatch):
    submit = leads.submit
    monkeypatch.setattr(bulk_leads, "_store_together", lambda *_: None)

    def break_on_one(made: Any, **options: Any) -> Any:
        """Within the transaction, its lead already written."""
        if any(lead.partner_ref_id == "B-1" for lead in made):
            raise ValueError("secret of the row")
        return submit(made, **options)

    monkeypatch.setattr(leads, "submit", break_on_one)
    answer = api.post(PATH, {"leads": [_lead(program, at) for at in range(3)]})
    assert _statuses(answer) == [200, 500, 200]
    assert "secret" not in answer.content.decode()
    assert sorted(Lead.objects.values_list("partner_ref_id", flat=True)) == ["B-0", "B-2"]


def test_a_database_that_is_away_ends_all(api, program, monkeypatch):
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(leads, "create", away)
    assert api.post(PATH, {"leads": [_lead(program, 1)]}).status_code == 503
    assert Lead.objects.count() == 0


def test_five_hundred_are_taken_and_one_more_is_too_many(api, program):
    rows = [{"program_id": str(program.pk), "primary_mobile": "1"}] * 501
    answer = api.post(PATH, {"leads": rows})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:leadops:problem:too-large")
    assert _statuses(api.post(PATH, {"leads": rows[:500]})) == [400] * 500


def test_a_body_may_be_longer_than_a_leads_but_not_without_end(api, program, settings):
    rows = [_lead(program, at, remarks="x" * 4000) for at in range(70)]
    assert len(json.dumps(rows)) > settings.API_MAX_BYTES
    assert _statuses(api.post(PATH, {"leads": rows})) == [200] * 70
    settings.API_BULK_MAX_BYTES = 1000
    assert api.post(PATH, {"leads": rows}).status_code == 413


@pytest.mark.parametrize("body", [[], {}, {"leads": {}}, {"leads": None}, {"leads": [], "more": 1}])
def test_a_body_of_another_form_is_refused_whole(api, body):
    assert api.post(PATH, body).status_code == 400


def test_no_leads_are_no_error(api):
    assert _results(api.post(PATH, {"leads": []})) == []


def test_a_key_that_may_only_read_sends_nothing(partner, program):
    reader = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ])[1])
    assert reader.post(PATH, {"leads": [_lead(program, 1)]}).status_code == 403


def test_anothers_reference_is_free(api, other_api, program):
    assert _statuses(api.post(PATH, {"leads": [_lead(program, 1)]})) == [200]
    assert _statuses(other_api.post(PATH, {"leads": [_lead(program, 1)]})) == [200]
    assert Lead.objects.count() == 2
