from __future__ import annotations

import json
from typing import Any

import pytest

from crm_integrations import errors
from crm_integrations.connector import Outcome, Response
from crm_integrations.connectors.bank_verifier import BankVerifier
from crm_integrations.records import BankAccountRecord
from tests.crm_integrations.connectors.contract import ConnectorContract

ACCOUNT = BankAccountRecord(
    id="018f0000-0000-7000-8000-000000000005",
    ref="018f0000000070008000000000000006",
    account_no="000111222333",
    ifsc="CBIN0281814",
    account_holder_name="Asha Verma",
)
FOUND = {"id": "C-1", "reference": ACCOUNT.ref, "status": "found", "name_at_bank": "ASHA VERMA"}
NOT_FOUND = {
    "id": "C-2",
    "reference": ACCOUNT.ref,
    "status": "not_found",
    "reason": "There is no such account.",
}
IN_HER_NAME = Outcome(
    "C-1",
    "found",
    "The account is in the name of ASHA VERMA.",
    facts={"name_at_bank": "ASHA VERMA", "reason": ""},
)
NOBODYS = Outcome(
    "C-2", "not_found", NOT_FOUND["reason"], facts={"name_at_bank": "", "reason": NOT_FOUND["reason"]}
)


def answer(body: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(body).encode())


class TestBankVerifier(ConnectorContract):
    connector = BankVerifier
    kind = "bank"
    record = ACCOUNT

    def test_it_names_itself_and_its_public_page(self) -> None:
        """The interface is our own: docs/vendors/bank_verifier.md is its page."""
        assert (self.connector.label, self.connector.docs_url) == ("Bank verification", "")

    def test_the_account_is_sent_with_its_holder_and_our_reference(self) -> None:
        request = self.build()
        assert (request.method, request.path) == ("POST", "/penny-drop/v1/checks/")
        assert self.body() == {
            "reference": ACCOUNT.ref,
            "account_no": "000111222333",
            "ifsc": "CBIN0281814",
            "account_holder_name": "Asha Verma",
        }

    @pytest.mark.parametrize(("body", "outcome"), [(FOUND, IN_HER_NAME), (NOT_FOUND, NOBODYS)])
    def test_what_the_bank_said_is_told_alike_by_the_check_and_by_the_look_up(self, body, outcome) -> None:
        assert self.make().outcome(answer(body, 201)) == outcome
        listed = answer({"count": 1, "results": [body]})
        assert self.make().found(listed, ACCOUNT) == outcome

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "perhaps"},
            {"name_at_bank": " "},
            {"id": ""},
            {"status": "not_found"},
            {"name_at_bank": 7},
        ],
    )
    def test_an_answer_that_says_half_is_no_answer(self, changes) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().outcome(answer({**FOUND, **changes}))

    def test_a_check_that_the_list_does_not_hold_was_not_made(self) -> None:
        assert self.make().found(answer({"count": 0, "results": []}), ACCOUNT) is None

    @pytest.mark.parametrize(
        "body", [{"count": 2, "results": [FOUND]}, {"count": 2, "results": [FOUND, FOUND]}, {"more": []}]
    )
    def test_a_list_that_is_not_whole_tells_nothing(self, body) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().found(answer(body), ACCOUNT)
