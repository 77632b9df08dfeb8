from __future__ import annotations

from dataclasses import replace

import pytest

from crm_integrations import errors
from crm_integrations.connector import Outcome, Response
from crm_integrations.connectors.ispcrm import Ispcrm
from crm_integrations.records import AddressRecord, ApplicantRecord, LeadRecord, Phone
from tests.crm_integrations.connectors.contract import ConnectorContract
from tests.crm_integrations.connectors.examples import LEAD

# The request and the answers of https://docs.ispcrm.online/create_lead, our reference added.
PAGE_LEAD = LeadRecord(
    id="1",
    ref="r1",
    program_id="p",
    program_code="P",
    primary_mobile=Phone("+911234567890", "91", "1234567890"),
    remarks="Interested in 100 Mbps plan",
    applicants=(
        ApplicantRecord(
            "person",
            "John Doe",
            primary_email="johndoe@example.com",
            addresses=(AddressRecord(address_line="123 Main St", city="City"),),
        ),
    ),
)
PAGE_REQUEST = (
    b'{"name":"John Doe","email":"johndoe@example.com","phone":"1234567890","address":"123 Main St, City",'
    b'"remarks":"Interested in 100 Mbps plan | Ref r1"}'
)
PAGE_ANSWER = (
    b'{"success": true, "message": "Lead created successfully", "data": {"lead_id": 101, "status": "New"}}'
)


class TestIspcrm(ConnectorContract):
    connector = Ispcrm
    record = LEAD

    def test_the_page_request_is_what_we_send(self) -> None:
        request = self.build(PAGE_LEAD)
        assert (request.method, request.path) == ("POST", "/api/v1/subscriber/CreateLead")
        assert request.headers == {"Content-Type": "application/json"}
        assert request.body == PAGE_REQUEST

    def test_the_page_answer_is_a_success(self) -> None:
        outcome = self.make().outcome(Response(200, PAGE_ANSWER))
        assert outcome == Outcome("101", "New", "Lead created successfully")

    def test_the_token_is_a_bearer(self) -> None:
        request = self.make().auth.apply(self.build())
        assert request.headers["Authorization"] == "Bearer canary-token-0001"

    @pytest.mark.parametrize(
        "body",
        [
            b'{"success": "true", "data": {"lead_id": 101}}',
            b'{"success": 1, "data": {"lead_id": 101}}',
            b'{"data": {"lead_id": 101, "status": "New"}}',
            b'{"success": true}',
            b'{"success": true, "data": {"lead_id": true}}',
            b'{"success": true, "data": {"lead_id": "101"}}',
            b'{"success": true, "data": {"lead_id": 0}}',
            b'{"success": true, "data": {"lead_id": -1}}',
            b'{"success": true, "data": [101]}',
            b'{"success": true, "data": {"lead_id": NaN}}',
            b"{}",
        ],
    )
    def test_a_200_that_says_less_than_documented_is_unknown(self, body: bytes) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().outcome(Response(200, body))

    def test_a_created_status_is_unknown_because_success_is_200(self) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().outcome(Response(201, PAGE_ANSWER))

    @pytest.mark.parametrize("status", [200, 400])
    def test_a_refusal_keeps_the_vendors_words(self, status: int) -> None:
        body = b'{"success": false, "message": "Invalid request data"}'
        with pytest.raises(errors.Rejected, match="Invalid request data"):
            self.make().outcome(Response(status, body))

    def test_unauthorized_is_the_connections_fault(self) -> None:
        body = b'{"success": false, "message": "Unauthorized"}'
        with pytest.raises(errors.Misconfigured, match="HTTP 401: Unauthorized"):
            self.make().outcome(Response(401, body))

    def test_name_email_and_phone_are_all_needed(self) -> None:
        nobody = replace(LEAD.applicants[0], name="", primary_email="", is_primary=False)
        firm = replace(LEAD.applicants[1], is_primary=True)
        assert self.missing(replace(LEAD, applicants=(nobody, firm))) == ["applicants[1].primary_email"]
        no_phone = replace(LEAD, primary_mobile=Phone("", "", ""), applicants=(nobody,))
        assert self.missing(no_phone) == [
            "applicants[0].name",
            "applicants[0].primary_email",
            "primary_mobile",
        ]
        assert self.missing(replace(LEAD, applicants=())) == ["applicants"]

    def test_the_address_is_the_current_one_in_one_line(self) -> None:
        assert self.body()["address"] == "Mall Road, 22B, 4, Shop 75, Old Town, Faridkot, Punjab, 151203"

    def test_street_and_number_are_not_said_twice(self) -> None:
        address = AddressRecord(
            address_line="22B, Mall Road", street="Mall Road", house_no="22B", city="Faridkot"
        )
        person = replace(LEAD.applicants[0], addresses=(address,))
        assert self.body(replace(LEAD, applicants=(person,)))["address"] == "22B, Mall Road, Faridkot"

    def test_what_is_empty_is_left_out(self) -> None:
        person = replace(LEAD.applicants[0], addresses=())
        assert "address" not in self.body(replace(LEAD, applicants=(person,)))

    def test_the_reference_is_in_the_remarks_also_without_remarks(self) -> None:
        assert self.body(replace(LEAD, remarks=""))["remarks"] == f"Ref {LEAD.ref}"
