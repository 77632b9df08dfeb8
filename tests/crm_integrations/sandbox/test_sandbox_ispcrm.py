from __future__ import annotations

import pytest

from tests.crm_integrations.sandbox.caller import ISPCRM_AUTH, ISPCRM_LEAD

CREATE = "/api/v1/subscriber/CreateLead"


def test_page_example_is_accepted_under_increasing_numbers(sandbox):
    reply = sandbox.ispcrm_lead()
    assert (reply.status, reply.json) == (
        200,
        {"success": True, "message": "Lead created successfully", "data": {"lead_id": 101, "status": "New"}},
    )
    assert sandbox.ispcrm_lead().json["data"]["lead_id"] == 102


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "bearer sandbox-ispcrm-token"}]
)
def test_call_without_the_token_is_refused(sandbox, headers):
    reply = sandbox.call("POST", CREATE, ISPCRM_LEAD, headers)
    assert (reply.status, reply.json) == (401, {"success": False, "message": "Unauthorized"})
    assert sandbox.accepted("ispcrm") == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": None},
        {"email": "john"},
        {"phone": 1234567890},
        {"phone": ""},
        {"address": ["123 Main St"]},
        {"city": "City"},
    ],
)
def test_wrong_lead_is_refused_in_one_sentence(sandbox, change):
    reply = sandbox.ispcrm_lead(**change)
    assert (reply.status, reply.json) == (400, {"success": False, "message": "Invalid request data"})
    assert next(iter(change)) in reply.headers["x-sandbox-reason"]
    assert sandbox.accepted("ispcrm") == []


@pytest.mark.parametrize("field", ["name", "email", "phone"])
def test_missing_field_is_refused(sandbox, field):
    body = {name: value for name, value in ISPCRM_LEAD.items() if name != field}
    assert sandbox.call("POST", CREATE, body, ISPCRM_AUTH).status == 400


def test_address_and_remarks_can_be_left_out(sandbox):
    body = {name: ISPCRM_LEAD[name] for name in ("name", "email", "phone")}
    assert sandbox.call("POST", CREATE, body, ISPCRM_AUTH).status == 200


def test_wrong_method_path_and_content_type_are_refused(sandbox):
    assert sandbox.call("GET", CREATE, None, ISPCRM_AUTH).status == 405
    assert sandbox.call("POST", CREATE.lower(), ISPCRM_LEAD, ISPCRM_AUTH).status == 404
    as_text = ISPCRM_AUTH | {"Content-Type": "text/plain"}
    assert sandbox.call("POST", CREATE, ISPCRM_LEAD, as_text).status == 400
    assert sandbox.accepted("ispcrm") == []
