"""What an address takes nothing of is refused and not passed over: bodies of calls without one, and unknown filters."""

from __future__ import annotations

import re
from typing import Any

import pytest

from leadops.models import ApiKey, Scope
from tests.contract import operations
from tests.contract.operations import Operation
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

SOME_ID = "0198c0de-0000-7000-8000-00000000dead"
ALL = list(operations.operations(operations.frozen()))
WITHOUT_BODY = [each for each in ALL if each.method in ("POST", "PUT") and not each.media_types()]
SEALED_OFF = {"/v1/crm/health/", "/v1/schema/", "/v1/docs/"}
"""Whoever watches the service may write there what it likes."""


@pytest.fixture
def all_scopes(partner) -> Caller:
    return Caller(ApiKey.issue(partner, scopes=list(Scope))[1])


def _path(operation: Operation) -> str:
    return re.sub(r"\{\w+_id\}", SOME_ID, operation.path)


def _refusal(answer: Any) -> tuple[int, list[tuple[str, str]]]:
    return answer.status_code, [(e["field"], e["code"]) for e in answer.json().get("errors", [])]


def test_there_are_calls_without_a_body():
    assert len(WITHOUT_BODY) == 6


@pytest.mark.parametrize("operation", WITHOUT_BODY, ids=str)
def test_a_body_is_refused_where_none_is_taken(all_scopes, operation):
    def send(body: Any, kind: str = "application/json", **headers: str) -> Any:
        return all_scopes._sent(operation.method, _path(operation), body, kind, headers)

    key = {"Idempotency-Key": "k"}
    for headers in ({}, key):
        assert _refusal(send({"nonsense": 1}, **headers)) == (400, [("nonsense", "unknown_field")])
        assert _refusal(send([1], **headers)) == (400, [("", "not_an_object")])
        assert send("{", **headers).status_code == 400
        assert send(b"x" * 300_000, **headers).status_code == 413
        assert send(b"x" * 3_000_000, **headers).status_code == 413
        assert send("a=1", "application/x-www-form-urlencoded", **headers).status_code == 415
        form = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
        assert send(form, "multipart/form-data; boundary=x", **headers).status_code == 415
    for nothing in (b"", "{}", "null"):
        assert send(nothing).status_code == 404


@pytest.mark.parametrize("operation", [each for each in ALL if each.path not in SEALED_OFF], ids=str)
def test_an_unknown_filter_is_refused_at_every_address(all_scopes, operation):
    answer = all_scopes.client.generic(
        operation.method, f"{_path(operation)}?nonsense=1", headers=all_scopes.headers
    )
    status, errors = _refusal(answer)
    assert (status, errors[:1]) in ((400, [("nonsense", "unknown_filter")]), (404, []))


def test_what_is_asked_of_one_record_is_what_it_takes(api, program):
    lead_id = api.post("/v1/crm/leads/", bodies.lead(program)).json()["id"]
    path = f"/v1/crm/leads/{lead_id}/"
    assert api.get(path, expand="program").status_code == 200
    for each in (path, f"{path}programs/", f"{path}readiness/", f"{path}deliveries/", f"{path}checklist/"):
        assert _refusal(api.get(each, x="1")) == (400, [("x", "unknown_filter")])
    assert _refusal(api.get(path, status="draft")) == (400, [("status", "unknown_filter")])
    assert api.get("/v1/crm/banks/ifsc/CBIN0281814/", x="1").status_code == 400


def test_who_has_no_key_learns_nothing_of_filters(nobody):
    assert nobody.get("/v1/crm/leads/", nonsense="1").status_code == 401
