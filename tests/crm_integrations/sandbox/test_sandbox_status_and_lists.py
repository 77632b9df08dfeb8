"""What the twins tell of records they hold: how they stand, after somebody there moved them, and lists by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.crm_integrations.sandbox.caller import BRAINYSOFT_AUTH, CREGO_AUTH

LEADS = "/bs-core/main/leads"
ACCOUNTS = "/v1/los/accounts/"


def move(sandbox, vendor, object_id, **fields):
    return sandbox.call("POST", "/__sandbox__/moves", {"vendor": vendor, "id": object_id, "fields": fields})


@pytest.fixture
def account_id(sandbox) -> str:
    sandbox.crego_lead()
    lead_id = sandbox.accepted("crego_crm")[0]["id"]
    body = {"crm_lead_id": lead_id, "ref_id": "CL00044A", "program_id": "15676342"}
    return sandbox.call("POST", ACCOUNTS, body, CREGO_AUTH).json["id"]


def found(sandbox, *values: str):
    items = [{"field": "creationDate", "value": value} for value in values]
    search = {"fields": ["id"], "searchFields": items, "orderBy": "id", "countFrom": 0, "countTo": 100}
    return sandbox.call("POST", f"{LEADS}/partial-load", search, BRAINYSOFT_AUTH)


def test_an_account_that_was_moved_reads_so_alone_and_in_the_list(sandbox, account_id):
    assert sandbox.call("GET", f"{ACCOUNTS}{account_id}/", None, CREGO_AUTH).json["status"] == "activation"
    assert move(sandbox, "crego_los", account_id, status="dropped", drop_reason="Withdrawn").status == 200
    alone = sandbox.call("GET", f"{ACCOUNTS}{account_id}/", None, CREGO_AUTH).json
    assert (alone["status"], alone["drop_reason"]) == ("dropped", "Withdrawn")
    dropped = sandbox.call("GET", f"{ACCOUNTS}?status=dropped", None, CREGO_AUTH).json
    assert [row["id"] for row in dropped["results"]] == [account_id]


def test_a_move_is_forgotten_with_the_ledger(sandbox, account_id):
    move(sandbox, "crego_los", account_id, status="dropped")
    sandbox.call("DELETE", "/__sandbox__/ledger")
    assert sandbox.call("GET", f"{ACCOUNTS}{account_id}/", None, CREGO_AUTH).status == 404
    assert move(sandbox, "crego_los", account_id, status="active").status == 404


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"vendor": "nobody", "id": "1", "fields": {}},
        {"vendor": "crego_los", "id": "1", "fields": "x"},
        {"vendor": "crego_los", "id": ["1"], "fields": {}},
    ],
)
def test_a_move_that_names_nothing_is_refused(sandbox, body):
    assert sandbox.call("POST", "/__sandbox__/moves", body).status == 400


@pytest.mark.parametrize(("after", "before", "count"), [(0, 0, 1), (-1, 1, 1), (1, 2, 0), (-3, -1, 0)])
def test_crego_lists_what_was_made_between_two_days_both_included(sandbox, account_id, after, before, count):
    today = (datetime.now(UTC) + timedelta(hours=5, minutes=30)).date()
    days = [(today + timedelta(days=each)).isoformat() for each in (after, before)]
    query = f"created_at_after={days[0]}&created_at_before={days[1]}&page=1&page_size=100"
    assert sandbox.call("GET", f"{ACCOUNTS}?{query}", None, CREGO_AUTH).json["count"] == count


def test_crego_refuses_a_day_that_is_none(sandbox, account_id):
    reply = sandbox.call("GET", f"{ACCOUNTS}?created_at_after=yesterday", None, CREGO_AUTH)
    assert (reply.status, reply.json) == (400, {"created_at_after": ["Enter a valid date."]})


def test_a_lead_that_was_approved_became_an_application(sandbox):
    lead_id = sandbox.brainysoft_lead().json["data"]
    lead = sandbox.call("GET", f"{LEADS}/{lead_id}", None, BRAINYSOFT_AUTH).json["data"]
    assert (lead["currentStatus"], lead["loanApplicationId"]) == ("WAITING", None)
    move(
        sandbox, "brainysoft", lead_id, currentStatus="APPROVED", loanApplicationId=7, currentStatusId=101544
    )
    lead = sandbox.call("GET", f"{LEADS}/{lead_id}", None, BRAINYSOFT_AUTH).json["data"]
    assert (lead["currentStatus"], lead["loanApplicationId"]) == ("APPROVED", 7)
    assert "currentStatusId" not in lead
    application = sandbox.call("GET", "/bs-core/main/loan-apps/7", None, BRAINYSOFT_AUTH).json["data"]
    assert application == {"id": 7, "currentStatusId": 101544}
    assert sandbox.call("GET", "/bs-core/main/loan-apps/8", None, BRAINYSOFT_AUTH).status == 404
    assert sandbox.call("GET", "/bs-core/main/loan-apps/7").status == 401


def test_brainysoft_finds_by_the_moment_of_creation(sandbox):
    lead_id = sandbox.brainysoft_lead().json["data"]
    moscow = datetime.now(UTC) + timedelta(hours=3)
    day = moscow.date().isoformat()
    assert found(sandbox, f">={day} 00:00:00", f"<={day} 23:59:59").json["data"] == [{"id": lead_id}]
    tomorrow = (moscow.date() + timedelta(days=1)).isoformat()
    assert found(sandbox, f">={tomorrow} 00:00:00").json["data"] == []
    assert found(sandbox, ">=2000-01-01 00:00:00", "<=2000-01-02 00:00:00").json["data"] == []


@pytest.mark.parametrize(
    "value", ["2026-01-01 00:00:00", ">=yesterday", ">=2026-01-01", "%%2026-01-01 00:00:00"]
)
def test_a_moment_that_can_not_be_compared_is_refused(sandbox, value):
    sandbox.brainysoft_lead()
    assert found(sandbox, value).status == 400
