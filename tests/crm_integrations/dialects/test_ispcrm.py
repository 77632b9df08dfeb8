"""ISPCRM's clients against us."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_integrations import snapshots
from crm_integrations.connector import Config
from crm_integrations.connectors.ispcrm import Ispcrm
from crm_integrations.messages import Response
from leadops.models import Lead, LeadNumber
from tests.crm_integrations.dialects.callers import VendorClient
from tests.crm_integrations.dialects.rules import DialectRules, shared, texts

PATH = "/api/v1/subscriber/CreateLead"
# The page's example request and its answers, to the byte.
EXAMPLE = b"""{
  "name": "John Doe",
  "email": "johndoe@example.com",
  "phone": "1234567890",
  "address": "123 Main St, City",
  "remarks": "Interested in 100 Mbps plan"
}"""
CREATED = {
    "success": True,
    "message": "Lead created successfully",
    "data": {"lead_id": 101, "status": "New"},
}
OPTIONAL = ("address", "remarks")


def sent_on(lead: Lead) -> dict[str, Any]:
    """What the vendor's own connector makes of the lead."""
    record = snapshots.of_leads([lead], ["ispcrm"])[lead.pk]["ispcrm"]
    return dict(json.loads(Ispcrm(Config("https://vendor.example")).build("lead", record).body))


class TestIspcrm(DialectRules):
    slug = "ispcrm"
    body = json.loads(EXAMPLE)
    no_key = 401
    no_scope = 401

    def caller(self, key: str) -> VendorClient:
        return VendorClient(PATH, Authorization=key and f"Bearer {key}")

    def is_refusal(self, answer: Any, status: int) -> dict[str, Any]:
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
        body = answer.json()
        assert body["success"] is False
        told = {400: "Invalid request data", 401: "Unauthorized"}
        assert body["message"] == told.get(status, body["message"])
        return body

    def test_the_pages_example_works_as_printed(self, vendor):
        answer = vendor.post(EXAMPLE)
        assert answer.status_code == 200
        told = answer.json()
        lead = Lead.objects.get()
        assert told == CREATED | {"data": {"lead_id": lead.number.number, "status": "New"}}
        [person] = lead.applicants.all()
        assert (person.name, person.primary_email, lead.remarks) == (
            "John Doe",
            "johndoe@example.com",
            "Interested in 100 Mbps plan",
        )
        assert lead.primary_mobile == person.primary_mobile == "+911234567890"

    def test_the_vendors_own_connector_takes_our_answer_for_the_vendors(self, vendor):
        answer = vendor.post(EXAMPLE)
        connector = Ispcrm(Config("https://vendor.example"))
        outcome = connector.outcome(Response(answer.status_code, answer.content))
        assert (outcome.reference, outcome.status) == (str(LeadNumber.objects.get().number), "New")

    def test_the_scheme_is_read_in_any_case(self, vendor, vendor_key):
        assert vendor.post(EXAMPLE, Authorization=f"bearer {vendor_key}").status_code == 200

    @pytest.mark.parametrize("field", ["name", "email", "phone"])
    @pytest.mark.parametrize("how", ["missing", "null", "empty", "number"])
    def test_each_required_field_is_asked_for_by_the_vendors_name(self, vendor, field, how):
        body = {name: value for name, value in self.body.items() if name != field}
        body |= {"missing": {}, "null": {field: None}, "empty": {field: " "}, "number": {field: 5}}[how]
        refused = self.is_refusal(vendor.post(body), 400)
        code = "not_a_text" if how == "number" else "required"
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, code)]

    def test_every_error_is_told_at_once_by_the_vendors_names(self, vendor):
        body = {"name": 7, "email": "nobody", "phone": "12", "address": "x" * 301, "remarks": "y" * 5001}
        refused = self.is_refusal(vendor.post(body), 400)
        assert {each["field"] for each in refused["errors"]} == {
            "name",
            "email",
            "phone",
            "address",
            "remarks",
        }
        assert len(refused["errors"]) == 5
        assert "see errors" in refused["detail"]

    def test_the_name_and_mail_are_enough_beside_a_phone(self, vendor):
        assert (
            vendor.post({"name": "Asha", "email": "a@example.com", "phone": "9000000001"}).status_code == 200
        )
        assert not Lead.objects.get().applicants.get().addresses.exists()

    def test_a_known_borrower_is_refused_as_a_bad_request(self, vendor, rule):
        rule("refuse")
        assert vendor.post(EXAMPLE).status_code == 200
        refused = self.is_refusal(vendor.post(EXAMPLE), 400)
        assert {each["field"] for each in refused["errors"]} == {"phone"}
        assert refused["existing_id"] == str(Lead.objects.get().pk)

    def test_a_repeat_that_is_filled_in_answers_the_first_leads_number(self, vendor, rule):
        rule("merge")
        first, second = vendor.post(EXAMPLE), vendor.post(EXAMPLE)
        assert second.status_code == 200
        assert first.json() == second.json()

    @shared
    @given(
        name=texts,
        address=texts,
        remarks=texts,
        tail=st.integers(0, 99_999),
        kept=st.sets(st.sampled_from(OPTIONAL)),
    )
    def test_all_that_the_page_names_goes_on_to_the_vendor(self, vendor, name, address, remarks, tail, kept):
        body = {"name": name, "email": f"e{tail}@example.com", "phone": f"98000{tail:05}"}
        body |= {each: value for each, value in (("address", address), ("remarks", remarks)) if each in kept}
        answer = vendor.post(body)
        assert answer.status_code == 200, answer.content
        lead = Lead.objects.get(pk=answer["X-Lead-Id"])
        sent = sent_on(lead)
        remarks_sent = sent.pop("remarks")
        assert remarks_sent.startswith(body.pop("remarks", ""))
        assert sent == body
