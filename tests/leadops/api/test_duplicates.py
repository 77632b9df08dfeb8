"""What a partner is told of a borrower who is known already: of its own leads all, of others' nothing."""

from __future__ import annotations

import pytest

from leadops.models import Duplicate, DuplicatePolicy, Lead
from tests.leadops.api import bodies

PATH = "/v1/crm/leads/"
SAME = {"X-Request-Id": "the-same-for-all"}


def body(program, reference, **fields):
    person = bodies.applicant(**{"pan_no": "ABCPK1234L"} | fields.pop("person", {}))
    return bodies.lead(program, partner_ref_id=reference, applicants=[person], **fields)


class TestFlag:
    def test_names_the_own_lead_that_was_first(self, api, program):
        first = api.post(PATH, body(program, "A")).json()
        answer = api.post(PATH, body(program, "B", primary_mobile="9000000009"))
        said = answer.json()
        assert answer.status_code == 200
        assert said["duplicate_of"] == first["id"] != said["id"]
        assert said["duplicates"] == [
            {
                "lead_id": first["id"],
                "partner_ref_id": "A",
                "created_at": first["created_at"],
                "status": "submitted",
                "common": [{"key": "pan", "field": "applicants[0].pan_no", "shown": "ABXXXXX34L"}],
                "only_mobile": False,
            }
        ]
        [warning] = said["warnings"]
        assert (warning["field"], warning["code"]) == ("applicants[0].pan_no", "possible_duplicate")
        assert warning["message"].startswith("Your lead A of ")

    def test_of_a_familys_telephone_warns_and_names_no_duplicate(self, api, program):
        api.post(PATH, body(program, "A"))
        said = api.post(PATH, body(program, "B", person={"pan_no": "ABCPK9999L"})).json()
        assert "duplicate_of" not in said
        assert [each["only_mobile"] for each in said["duplicates"]] == [True]
        assert "another person of the same household" in said["warnings"][0]["message"]

    def test_of_another_partners_lead_answers_as_of_a_new_one(self, api, other_api, program):
        other_api.post(PATH, body(program, "A"))
        known = api.post(PATH, body(program, "B")).json()
        new = api.post(
            PATH, body(program, "C", primary_mobile="9000000009", person={"pan_no": "ABCPK9999L"})
        ).json()
        assert set(known) == set(new)
        assert not {"duplicate_of", "duplicates", "warnings"} & set(known)
        assert Duplicate.objects.count() == 1, "the lender sees it all the same"


class TestRefuse:
    @pytest.fixture(autouse=True)
    def _refuse(self, rule):
        rule(DuplicatePolicy.REFUSE)

    def test_answers_409_with_the_own_lead_and_the_fields(self, api, program):
        first = api.post(PATH, body(program, "A")).json()
        answer = api.post(PATH, body(program, "B"))
        said = answer.json()
        assert answer.status_code == 409
        assert said["type"] == "urn:leadops:problem:duplicate-lead"
        assert said["existing_id"] == first["id"]
        assert [(each["field"], each["code"]) for each in said["errors"]] == [
            ("primary_mobile", "duplicate_lead"),
            ("applicants[0].pan_no", "duplicate_lead"),
        ]
        assert Lead.objects.count() == 1

    def test_of_another_partners_lead_says_one_and_the_same(self, api, other_api, program):
        other_api.post(PATH, body(program, "A"))
        sent = [
            body(program, "B"),
            body(program, "C", primary_mobile="9000000009"),
            bodies.lead(program),
        ]
        answers = [api.post(PATH, each, **SAME) for each in sent]
        assert {answer.status_code for answer in answers} == {409}
        assert len({answer.content for answer in answers}) == 1
        said = answers[0].json()
        assert "existing_id" not in said
        assert said["errors"] == [
            {"field": "", "code": "duplicate_lead", "message": "The lender knows this borrower already."}
        ]

    def test_a_call_that_is_sent_again_is_a_conflict_of_references_as_before(self, api, program):
        first = api.post(PATH, body(program, "A")).json()
        again = api.post(PATH, body(program, "A"))
        assert again.status_code == 409
        assert again.json()["type"] == "urn:leadops:problem:conflict"
        assert again.json()["existing_id"] == first["id"]


class TestMerge:
    def test_answers_the_first_lead_and_what_was_filled_in(self, api, program, rule):
        rule(DuplicatePolicy.MERGE)
        first = api.post(PATH, body(program, "A")).json()
        answer = api.post(PATH, body(program, "B", loan_amount="250000"))
        said = answer.json()
        assert answer.status_code == 200
        assert (said["id"], said["partner_ref_id"]) == (first["id"], "A")
        assert (said["filled"], said["loan_amount"]) == (["loan_amount"], "250000.00")
        assert api.get(PATH).json()["count"] == 1
