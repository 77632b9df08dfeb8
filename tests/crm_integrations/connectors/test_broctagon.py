from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crm_integrations import errors
from crm_integrations.connector import Config, Event, Outcome, Response
from crm_integrations.connectors.broctagon import Broctagon
from crm_integrations.records import ApplicantRecord, LeadRecord, Phone
from tests.crm_integrations.connectors.contract import ConnectorContract
from tests.crm_integrations.connectors.examples import LEAD

PAGE_LEAD = LeadRecord(
    id="1",
    ref="r1",
    program_id="p",
    program_code="P",
    primary_mobile=Phone("+6591234567", "65", "91234567"),
    remarks="web form",
    applicants=(ApplicantRecord("person", "Jane Tan", primary_email="jane@example.com", nationality="SG"),),
)
# The fields in the order of the create-lead page; our reference follows the remarks.
PAGE_REQUEST = (
    b'{"email":"jane@example.com","phone":{"country_code":"65","number":"91234567"},"name":"Jane Tan",'
    b'"owner_id":"7du6r2mg","comment":"web form | Ref r1","nationality":"sg"}'
)


class TestBroctagon(ConnectorContract):
    connector = Broctagon
    record = LEAD
    empty_is_success = frozenset({201})

    def test_the_example_request_is_what_we_send(self) -> None:
        request = self.build(PAGE_LEAD, owner_id="7du6r2mg")
        assert (request.method, request.path) == ("POST", "/public/v1/leads/create")
        assert request.body == PAGE_REQUEST

    def test_key_and_signature_go_into_headers(self) -> None:
        connector = self.make()
        request = connector.auth.apply(connector.build("lead", PAGE_LEAD))
        assert request.headers["key"] == "canary-api_key-0001"
        assert request.headers["signature"].startswith("sha256=")
        assert request.body == connector.build("lead", PAGE_LEAD).body

    @pytest.mark.parametrize(
        ("body", "reference"),
        [(b"", ""), (b"  \n", ""), (b"{}", ""), (b'{"id": "7du6r2mg"}', "7du6r2mg"), (b'{"id": 17}', "17")],
    )
    def test_created_is_a_success_with_an_id_only_where_there_is_one(
        self, body: bytes, reference: str
    ) -> None:
        assert self.make().outcome(Response(201, body)) == Outcome(reference)

    @pytest.mark.parametrize("body", [b'{"id": true}', b'{"id": NaN}', b'{"id": null}', b'{"id": {"a": 1}}'])
    def test_an_odd_id_is_no_id(self, body: bytes) -> None:
        assert self.make().outcome(Response(201, body)).reference == ""

    @pytest.mark.parametrize("status", [200, 202, 204])
    def test_only_created_is_documented(self, status: int) -> None:
        with pytest.raises(errors.OutcomeUnknown, match=f"HTTP {status}"):
            self.make().outcome(Response(status, b'{"id": "7du6r2mg"}'))

    def test_created_with_an_error_flag_is_unknown(self) -> None:
        body = b'{"error": true, "code": 400, "type": "user_not_found"}'
        with pytest.raises(errors.OutcomeUnknown, match="user_not_found"):
            self.make().outcome(Response(201, body))

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b'{"error": true, "code": 400, "type": "invalid_request"}', "HTTP 400: invalid_request"),
            (b'{"type": "invalid_request", "message": "No name"}', "HTTP 400: invalid_request: No name"),
            (b'{"error": "No name"}', "HTTP 400: No name"),
        ],
    )
    def test_a_refusal_is_told_by_its_type(self, body: bytes, words: str) -> None:
        with pytest.raises(errors.Rejected) as raised:
            self.make().outcome(Response(400, body))
        assert raised.value.message == words

    def test_a_name_and_a_way_to_reach_the_person_are_needed(self) -> None:
        nobody = replace(LEAD.applicants[0], name="", primary_email="")
        unreachable = replace(LEAD, primary_mobile=Phone("", "", ""), applicants=(nobody,))
        assert self.missing(unreachable) == ["applicants[0].name", "primary_mobile"]
        assert self.missing(replace(unreachable, applicants=LEAD.applicants)) == []
        assert self.missing(replace(LEAD, applicants=())) == ["applicants"]

    def test_without_a_phone_there_is_no_phone_object(self) -> None:
        assert "phone" not in self.body(replace(LEAD, primary_mobile=Phone("", "", "")))

    def test_the_plus_is_a_setting(self) -> None:
        assert self.body(country_code_plus=True)["phone"]["country_code"] == "+91"
        assert self.body()["phone"]["country_code"] == "91"

    def test_version_1_sends_the_phone_only_without_an_email_address(self) -> None:
        assert "phone" not in self.body(auth_version=1)
        person = replace(LEAD.applicants[0], primary_email="")
        assert "phone" in self.body(replace(LEAD, applicants=(person,)), auth_version=1)

    def test_empty_values_are_left_out(self) -> None:
        bare = replace(PAGE_LEAD, remarks="", applicants=(ApplicantRecord("person", "Jane Tan"),))
        assert list(self.body(bare)) == ["phone", "name", "comment"]

    @pytest.mark.parametrize("owner", ["7du6r2m", "7du6r2mg1", 12345678])
    def test_an_owner_of_another_length_is_refused(self, owner: Any) -> None:
        with pytest.raises(errors.Misconfigured, match="eight characters"):
            self.build(owner_id=owner)
        assert self.missing(replace(LEAD, extra={"owner_id": owner})) == ["extra.owner_id"]

    def test_the_leads_own_owner_wins(self) -> None:
        record = replace(LEAD, extra={"owner_id": "ewem9cab"})
        assert self.body(record, owner_id="7du6r2mg")["owner_id"] == "ewem9cab"

    def test_the_vendor_documents_no_harmless_call_for_leads(self) -> None:
        assert self.make().check() is None

    # Webhooks: https://open-api-docs.broctagon.com/webhooks/security.html --------------------------------

    @pytest.mark.parametrize("prefix", ["", "sha256="])
    def test_the_vendors_test_vector_is_verified_in_both_spellings(self, prefix: str) -> None:
        config = Config("https://vendor.example", secrets={"webhook_secret": "It's a Secret to Everybody"})
        signed = prefix + "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        connector = Broctagon(config)
        assert connector.verify({"x-crm-signature": signed}, b"Hello, World!") is True
        assert connector.verify({"x-hub-signature-256": signed}, b"Hello, World!") is False
        assert connector.verify({"x-crm-signature": signed}, b"Hello, World") is False
        assert connector.verify({"x-crm-signature": signed.upper()}, b"Hello, World!") is False

    def test_an_event_is_its_slug_and_never_about_a_lead(self) -> None:
        slug = "crm.webhooks.requests.withdrawal.reject"
        told = {"source": {"event": slug}, "version": "1.0.0", "data": {"id": "4711", "status": "rejected"}}
        assert self.make().read_event(json.dumps(told).encode()) == Event(slug)
