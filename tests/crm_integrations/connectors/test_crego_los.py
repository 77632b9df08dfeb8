from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crm_integrations import errors
from crm_integrations.connector import Outcome, Response
from crm_integrations.connectors.crego_los import CregoLos
from tests.crm_integrations.connectors.contract import ConnectorContract
from tests.crm_integrations.connectors.examples import ACCOUNT

# The example request and answer of https://api-docs.crego.io/api-10694174.
PAGE_REQUEST = {
    "crm_lead_id": "df03f224-6089-4d08-baca-8f1c8868a8ad",
    "ref_id": "CL00044A",
    "program_id": "15676342-6603-4637-a83f-77feda9523e9",
}
PAGE_ANSWER = {
    "id": "91949ecb-4665-4d6d-a1ab-c5c2a63b418a",
    "created_at": 1721387621.6985629,
    "updated_at": 1721387621.8813922,
    "crm_lead_id": "df03f224-6089-4d08-baca-8f1c8868a8ad",
    "program_id": "6788f287-c670-46b9-8ec9-48cc351ab2bc",
    "ref_id": "CL00042A",
    "product_type": "scf",
    "tags": [],
    "status": "activation",
    "drop_reason": None,
}
OURS = {**PAGE_ANSWER, "ref_id": "CL00044A"}
HELD = Outcome("91949ecb-4665-4d6d-a1ab-c5c2a63b418a", "activation")


def answer(body: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(body).encode())


def listing(*rows: Any, count: int | None = None) -> Response:
    total = len(rows) if count is None else count
    return answer({"count": total, "current_page": 1, "page_size": 15, "results": rows})


class TestCregoLos(ConnectorContract):
    connector = CregoLos
    kind = "loan_account"
    record = ACCOUNT
    configurations = ({}, {"program_ids": {"SCF": "theirs", "SCFx": "others"}})

    def test_the_page_request_is_what_we_send(self) -> None:
        request = self.build()
        assert (request.method, request.path) == ("POST", "/v1/los/accounts/")
        assert json.dumps(json.loads(request.body)) == json.dumps(PAGE_REQUEST)

    def test_it_waits_for_the_lead_at_crego_crm(self) -> None:
        assert self.connector.depends_on == "crego_crm"

    def test_the_token_is_a_bearer(self) -> None:
        request = self.make().auth.apply(self.build())
        assert request.headers["Authorization"] == "Bearer canary-token-0001"

    def test_our_program_becomes_theirs(self) -> None:
        assert self.body(program_ids={"SCF": "theirs"})["program_id"] == "theirs"

    @pytest.mark.parametrize("status", [200, 201])
    def test_the_page_answer_is_a_success_with_the_vendors_word(self, status: int) -> None:
        assert self.make().outcome(answer(PAGE_ANSWER, status)) == HELD

    def test_mongo_ids_and_unknown_words_are_taken_as_they_come(self) -> None:
        body = {"_id": "x1", "status": "Agreement Pending"}
        assert self.make().outcome(answer(body, 201)) == Outcome("x1", "Agreement Pending")

    @pytest.mark.parametrize("body", [{}, {"id": 5}, {"id": ""}, {"id": None}, {"status": "activation"}])
    def test_an_answer_without_an_id_is_unknown(self, body: Any) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="no account id"):
            self.make().outcome(answer(body, 201))

    @pytest.mark.parametrize("status", [202, 204])
    def test_other_2xx_are_unknown(self, status: int) -> None:
        with pytest.raises(errors.OutcomeUnknown, match=f"HTTP {status}"):
            self.make().outcome(answer(PAGE_ANSWER, status))

    def test_what_is_missing_is_named(self) -> None:
        bare = replace(ACCOUNT, lead_reference="", ref_id="", program_id="")
        assert self.missing(bare) == ["lead_reference", "ref_id", "program_id"]
        assert self.missing(replace(ACCOUNT, lead_reference="")) == ["lead_reference"]

    # The look-up ----------------------------------------------------------------------------------------

    def test_the_list_is_asked_by_our_reference(self) -> None:
        assert self.make().find(ACCOUNT).path == "/v1/los/accounts/?ref_id=CL00044A"
        moved = self.make(paths={"list_accounts": "/v2/accounts/"})
        assert moved.find(ACCOUNT).path == "/v2/accounts/?ref_id=CL00044A"

    def test_the_check_reads_one_row_of_the_list(self) -> None:
        check = self.make().check()
        assert check is not None
        assert check.path == "/v1/los/accounts/?page_size=1"

    def test_our_account_is_found(self) -> None:
        assert self.make().found(listing(OURS), ACCOUNT) == HELD
        assert self.make().found(answer([OURS]), ACCOUNT) == HELD

    def test_an_account_of_another_lead_is_not_ours(self) -> None:
        assert self.make().found(listing({**OURS, "crm_lead_id": "other"}), ACCOUNT) is None
        assert self.make().found(listing({**OURS, "crm_lead_id": "other", "id": "x"}, OURS), ACCOUNT) == HELD

    @pytest.mark.parametrize("program", [ACCOUNT.program_id, None])
    def test_an_account_of_our_program_for_a_lead_we_do_not_know_may_be_ours(self, program: Any) -> None:
        strange = {**OURS, "crm_lead_id": "other", "program_id": program}
        with pytest.raises(errors.OutcomeUnknown, match="0 fit"):
            self.make().found(listing(strange), ACCOUNT)
        assert self.make().found(listing({**strange, "id": "x"}, OURS), ACCOUNT) == HELD

    def test_an_account_under_an_earlier_id_of_the_lead_is_ours(self) -> None:
        renamed = replace(ACCOUNT, lead_reference="newer", lead_references=("newer", ACCOUNT.lead_reference))
        assert self.make().found(listing(OURS), renamed) == HELD
        assert self.make().found(listing(OURS), replace(renamed, lead_reference="")) == HELD

    def test_without_an_id_of_the_lead_no_account_is_looked_up(self) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="can't be told apart"):
            self.make().find(replace(ACCOUNT, lead_reference=""))

    @pytest.mark.parametrize("response", [listing(), answer([])])
    def test_an_empty_list_means_absent(self, response: Response) -> None:
        assert self.make().found(response, ACCOUNT) is None

    @pytest.mark.parametrize(
        "response",
        [
            listing(OURS, {**OURS, "id": "another"}),
            listing(OURS, count=16),
            listing(count=3),
            listing({**OURS, "id": None}),
            listing({**OURS, "crm_lead_id": None}),
            listing("text"),
            answer([PAGE_ANSWER]),
            answer({"results": [PAGE_ANSWER]}),
        ],
    )
    def test_an_answer_that_does_not_tell_is_unknown(self, response: Response) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().found(response, ACCOUNT)

    # Its status, and the list ---------------------------------------------------------------------------

    def test_the_account_is_asked_for_by_its_id(self) -> None:
        assert self.make().ask_status("91949ecb").path == "/v1/los/accounts/91949ecb/"
        moved = self.make(paths={"get_account": "/v2/accounts/{id}/detail/"})
        assert moved.ask_status("91949ecb").path == "/v2/accounts/91949ecb/detail/"

    def test_the_status_comes_as_it_is_with_the_reason_of_a_drop(self) -> None:
        assert self.make().parse_status(answer(PAGE_ANSWER)) == HELD
        dropped = {**PAGE_ANSWER, "status": "dropped", "drop_reason": "Customer not interested"}
        assert self.make().parse_status(answer(dropped)) == replace(
            HELD, status="dropped", message="Customer not interested"
        )

    @pytest.mark.parametrize("status", [None, "", 7])
    def test_an_account_without_a_status_tells_nothing(self, status: Any) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="no status"):
            self.make().parse_status(answer({**PAGE_ANSWER, "status": status}))

    def test_the_list_is_asked_page_by_page_between_two_days(self) -> None:
        request = self.make().list_page(date(2025, 2, 1), date(2025, 2, 28), 3)
        query = "created_at_after=2025-02-01&created_at_before=2025-02-28&page=3&page_size=100"
        assert request.path == f"/v1/los/accounts/?{query}"

    def test_a_listed_account_is_compared_by_what_we_sent(self) -> None:
        [row] = self.make().parse_list(listing(OURS)).rows
        assert (row.reference, row.ref, row.status) == (OURS["id"], "CL00044A", "activation")
        assert row.fields == {name: OURS[name] for name in ("crm_lead_id", "ref_id", "program_id")}
        assert str(row.created_at) == "2024-07-19 11:13:41.698563+00:00"

    @pytest.mark.parametrize(
        ("page", "more"),
        [
            ({"count": 1, "current_page": 1, "page_size": 15, "results": [OURS]}, False),
            ({"count": 16, "current_page": 1, "page_size": 15, "results": [OURS]}, True),
            ({"count": 16, "current_page": 2, "page_size": 15, "results": [OURS]}, False),
            ({"count": 16, "current_page": 1, "page_size": 15, "results": []}, False),
            ({"has_next": True, "count": 1, "results": [OURS]}, True),
            ({"has_next": False, "results": [OURS]}, False),
            ([OURS], True),
            ([], False),
        ],
    )
    def test_whether_a_page_follows_is_worked_out(self, page: Any, more: bool) -> None:
        assert self.make().parse_list(answer(page)).more is more

    @pytest.mark.parametrize("page", [{"results": [OURS]}, {"count": True, "results": [OURS]}])
    def test_a_page_that_does_not_tell_whether_it_is_the_last_is_unknown(self, page: Any) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="another page"):
            self.make().parse_list(answer(page))
