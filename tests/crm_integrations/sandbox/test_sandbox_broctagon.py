from __future__ import annotations

import json

import pytest

from crm_integrations.sandbox.vendors.broctagon import signature_v2, signatures_v1
from tests.crm_integrations.sandbox.caller import BROCTAGON_KEY, BROCTAGON_LEAD, broctagon_auth

CREATE = "/public/v1/leads/create"
VECTOR_KEY = "test_api_key_0001"
FLAT = b'{"name":"Jane Tan","email":"jane@example.com","gender":"female","comment":"web"}'
NESTED = b'{"name":"Jane Tan","phone":{"country_code":"65","number":"91234567"}}'


@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (FLAT, "BD35C4174735FCF601E37C3D0C0E90E94DFA95A5"),
        (NESTED, "251D5770D60E8B0335BC9272DBE3B5CF2F750FB0"),
    ],
)
def test_version_1_signature_matches_the_vectors(start, raw, signature):
    assert signatures_v1(json.loads(raw), VECTOR_KEY) == {signature}
    sandbox = start("--credential", f"broctagon:api_key={VECTOR_KEY}")
    good = sandbox.call("POST", CREATE, raw, {"key": VECTOR_KEY, "signature": signature})
    assert good.status == 201
    lower = sandbox.call("POST", CREATE, raw, {"key": VECTOR_KEY, "signature": signature.lower()})
    assert lower.status == 403


@pytest.mark.parametrize(
    ("raw", "digest"),
    [
        (FLAT, "3e90985fe923db8e230e3199294db27257021ada0fbcbe69561bf108626a461b"),
        (NESTED, "7ee7f892f33286f7f9fc3f4ab77be0913e2ab1cd4e3a95fbafc33fd622bd2ff3"),
    ],
)
def test_version_2_signature_matches_the_vectors(start, raw, digest):
    assert signature_v2(raw, VECTOR_KEY) == f"sha256={digest}"
    sandbox = start("--credential", f"broctagon:api_key={VECTOR_KEY}")
    headers = {"key": VECTOR_KEY, "signature": f"sha256={digest}"}
    assert sandbox.call("POST", CREATE, raw, headers).status == 201
    assert sandbox.call("POST", CREATE, raw + b" ", headers).status == 403


def test_empty_value_may_be_signed_either_way():
    with_empty = {"comment": "", "name": "Jane Tan"}
    assert signatures_v1({"name": "Jane Tan"}, "k") < signatures_v1(with_empty, "k")


@pytest.mark.parametrize(("flag", "keys"), [("empty", []), ("id", ["id"])])
def test_lead_is_created(start, flag, keys):
    sandbox = start("--broctagon-answer", flag)
    reply = sandbox.broctagon_lead()
    assert (reply.status, list(reply.json)) == (201, keys)
    [entry] = sandbox.accepted("broctagon")
    assert len(entry["id"]) == 8
    assert entry["reference"] is None
    assert reply.json.get("id", entry["id"]) == entry["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"key": "wrong"},
        {"key": ""},
        {"signature": ""},
        {"signature": "sha256=00"},
        {"signature": "00"},
        {"signature": "é"},
    ],
)
def test_wrong_key_or_signature_is_denied(sandbox, change):
    raw = json.dumps(BROCTAGON_LEAD).encode()
    reply = sandbox.call("POST", CREATE, raw, broctagon_auth(raw) | change)
    assert (reply.status, reply.json) == (403, {"error": True, "code": 403, "type": "access_denied"})
    assert sandbox.accepted("broctagon") == []


def test_signature_of_another_key_is_denied(sandbox):
    raw = json.dumps(BROCTAGON_LEAD).encode()
    headers = broctagon_auth(raw, "another") | {"key": BROCTAGON_KEY}
    assert sandbox.call("POST", CREATE, raw, headers).status == 403


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"email": "jane@example.com"}, "name"),
        ({"name": "Jane Tan"}, "email or phone"),
        ({"name": "Jane Tan", "phone": {"country_code": "65"}}, "email or phone"),
        ({"name": "", "email": "jane@example.com"}, "name"),
        ({"name": "Jane Tan", "email": "jane"}, "email"),
        ({"name": "Jane Tan", "phone": "+65 91234567"}, "phone"),
        ({"name": "Jane Tan", "phone": {"number": 91234567}}, "phone.number"),
        ({"name": "Jane Tan", "phone": {"number": "1", "type": "home"}}, "phone.type"),
        ({"name": "Jane Tan", "email": "jane@example.com", "owner_id": "7du6r2m"}, "owner_id"),
        ({"name": "Jane Tan", "email": "jane@example.com", "source": "web"}, "source"),
        ({"name": "Jane Tan", "email": "jane@example.com", "gender": None}, "gender"),
    ],
)
def test_wrong_lead_is_refused(sandbox, body, reason):
    raw = json.dumps(body).encode()
    reply = sandbox.call("POST", CREATE, raw, broctagon_auth(raw))
    assert (reply.status, reply.json["error"], reply.json["code"]) == (400, True, 400)
    assert reason in reply.headers["x-sandbox-reason"]
    assert sandbox.accepted("broctagon") == []


@pytest.mark.parametrize("body", [{"phone": {"number": "91234567"}}, {"email": "jane@example.com"}])
def test_email_or_phone_is_enough(sandbox, body):
    raw = json.dumps({"name": "Jane Tan", **body}).encode()
    assert sandbox.call("POST", CREATE, raw, broctagon_auth(raw)).status == 201
