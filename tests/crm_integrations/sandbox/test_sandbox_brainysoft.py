from __future__ import annotations

import time
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from crm_integrations.sandbox.vendors import brainysoft
from tests.crm_integrations.sandbox.caller import BRAINYSOFT_AUTH, BRAINYSOFT_LEAD

LEADS = "/bs-core/main/leads"
WHOAMI = "/bs-core/utils/session/whoami"
CLIENT = {
    "grant_type": "client_credentials",
    "client_id": "sandbox-brainysoft-client",
    "client_secret": "sandbox-brainysoft-secret",
}
USER = {"userName": "sandbox-user", "password": "sandbox-brainysoft-password"}
CUSTOMER = {"customer-key": "sandbox-customer"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_smallest_lead_is_accepted_under_an_increasing_number(sandbox):
    before = time.time() * 1000
    reply = sandbox.brainysoft_lead()
    assert (reply.status, reply.json["status"], reply.json["data"]) == (200, "ok", 3692)
    assert before - 1 <= reply.json["timestamp"] <= time.time() * 1000 + 1
    assert sandbox.brainysoft_lead().json["data"] == 3693
    assert [entry["reference"] for entry in sandbox.accepted("brainysoft")] == ["L-1", "L-1"]


def test_lead_meant_to_convert_is_accepted(sandbox):
    reply = sandbox.brainysoft_lead(
        channel="GENERATOR",
        naturalPerson=True,
        lastName="Эберт",
        birthDate="1982-12-20",
        sexId=101251,
        creditProductId=101339,
        amount=10000,
        period=30,
        periodUnit="DAYS",
        passport={"seria": "0782", "no": "078257", "issueDate": "2012-01-23", "closeDate": None},
        addressData={"countryId": 101042, "fullAddressText": "Москва", "telephone": "74951001112"},
        addresses=[{"countryId": 101042, "position": 0, "purposeId": 1}],
        relatives=[{"firstName": "Анна", "collateralRelId": 102143, "passport": None}],
        goods=[{"name": "Варежки", "quantity": 1, "amount": 19000.5}],
        extraFields=[{"key": "client.maritalStatus.id", "value": "101151"}],
        leadDebts=[],
    )
    assert (reply.status, reply.json["status"]) == (200, "ok")


@pytest.mark.parametrize("as_query", [True, False])
def test_client_credentials_give_a_token_that_works(sandbox, as_query):
    form = urlencode(CLIENT)
    reply = sandbox.call(
        "POST",
        f"/oauth/token?{form}" if as_query else "/oauth/token",
        b"" if as_query else form.encode(),
        FORM,
    )
    assert reply.status == 200
    assert reply.json["expires_in"] == 1800
    whoami = sandbox.call("GET", WHOAMI, None, {"bsauth": reply.json["access_token"]})
    assert whoami.json["data"]["customerKey"] == "sandbox-customer"


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_client_gets_no_token(sandbox, change, status, error):
    reply = sandbox.call("POST", "/oauth/token", urlencode(CLIENT | change).encode(), FORM)
    assert (reply.status, reply.json) == (status, {"error": error})


def test_login_gives_the_token_in_a_header(sandbox):
    reply = sandbox.call("POST", "/bs-core/main/login", USER, CUSTOMER)
    assert (reply.status, reply.json["status"]) == (200, "ok")
    assert reply.headers["bsauth"] not in reply.raw.decode()
    assert sandbox.call("GET", WHOAMI, None, {"bsauth": reply.headers["bsauth"]}).status == 200


@pytest.mark.parametrize(
    ("user", "headers"),
    [(USER, {}), (USER, {"customer-key": "x"}), (USER | {"password": "x"}, CUSTOMER), ({}, CUSTOMER)],
)
def test_wrong_login_is_refused(sandbox, user, headers):
    reply = sandbox.call("POST", "/bs-core/main/login", user, headers)
    assert (reply.status, reply.json["status"]) == (401, "error")
    assert "bsauth" not in reply.headers


def test_token_expires(start, monkeypatch):
    sandbox = start("--token-life", "600")
    token = {"bsauth": sandbox.call("POST", "/bs-core/main/login", USER, CUSTOMER).headers["bsauth"]}
    assert sandbox.call("GET", WHOAMI, None, token).status == 200
    later = SimpleNamespace(time=time.time, monotonic=lambda: time.monotonic() + 600)
    monkeypatch.setattr(brainysoft, "time", later)
    assert sandbox.call("GET", WHOAMI, None, token).status == 401
    assert sandbox.call("POST", LEADS, BRAINYSOFT_LEAD, token).status == 401
    assert sandbox.call("GET", WHOAMI, None, BRAINYSOFT_AUTH).status == 200


def test_secrets_never_reach_the_ledger(start, tmp_path):
    sandbox = start("--ledger", str(tmp_path / "ledger"))
    sandbox.call("POST", f"/oauth/token?{urlencode(CLIENT)}")
    sandbox.call("POST", "/bs-core/main/login", USER, CUSTOMER)
    sandbox.brainysoft_lead(cardNumber="4111111111111111", cardCvc="123")
    text = (tmp_path / "ledger").read_text()
    assert text.count("\n") == 3
    for secret in (CLIENT["client_secret"], USER["password"], BRAINYSOFT_AUTH["bsauth"], "4111111111111111"):
        assert secret not in text


@pytest.mark.parametrize("field", ["cardNumber", "cardCvc", "cardHolder", "validThruMonth", "validThruYear"])
def test_card_data_is_refused_loudly(sandbox, field):
    reply = sandbox.brainysoft_lead(**{field: "1"})
    assert (reply.status, reply.json["data"]["code"]) == (400, "CARD_DATA_REFUSED")
    assert field in reply.json["data"]["message"]
    assert sandbox.accepted("brainysoft") == []


@pytest.mark.parametrize(
    ("field", "code"), [("firstName", "NO_CLIENT_FIRST_NAME_ERROR"), ("mobilePhone", "NO_MOBILE_PHONE_ERROR")]
)
def test_missing_field_is_an_error_under_status_200(sandbox, field, code):
    body = {name: value for name, value in BRAINYSOFT_LEAD.items() if name != field}
    reply = sandbox.call("POST", LEADS, body, BRAINYSOFT_AUTH)
    assert (reply.status, reply.json["status"], reply.json["data"]["code"]) == (200, "error", code)
    assert reply.json["data"].keys() == {"code", "message", "type"}
    assert sandbox.accepted("brainysoft") == []


@pytest.mark.parametrize(
    "change",
    [
        {"mobilePhone": "+79886542301"},
        {"mobilePhone": 79886542301},
        {"firstName": "Ф" * 51},
        {"sexId": "101251"},
        {"amount": "10000"},
        {"amount": True},
        {"period": 30.5},
        {"period": 2**31},
        {"birthDate": "1982-13-20"},
        {"birthDate": "20.12.1982"},
        {"channel": "PARTNER"},
        {"periodUnit": "days"},
        {"naturalPerson": "true"},
        {"lastName": None},
        {"referralLink": "x" * 256},
        {"passport": {"number": "078257"}},
        {"passport": {"issueDate": None}},
        {"addressData": {"countryId": "101042"}},
        {"extraFields": [{"key": "client.x", "value": 101151}]},
        {"leadDebts": [{"bank": "x"}]},
        {"currentStatus": "WAITING"},
    ],
)
def test_wrong_type_or_unknown_field_is_refused(sandbox, change):
    reply = sandbox.brainysoft_lead(**change)
    assert (reply.status, reply.json["status"]) == (400, "error")
    assert next(iter(change)) in reply.json["data"]["message"]
    assert sandbox.accepted("brainysoft") == []


@pytest.mark.parametrize(
    "headers", [{}, {"bsauth": "wrong"}, {"Authorization": "Bearer sandbox-brainysoft-token"}]
)
@pytest.mark.parametrize(("method", "path"), [("POST", LEADS), ("GET", LEADS + "/1"), ("GET", WHOAMI)])
def test_call_without_a_token_is_refused(sandbox, method, path, headers):
    reply = sandbox.call(method, path, BRAINYSOFT_LEAD if method == "POST" else None, headers)
    assert (reply.status, reply.json["status"]) == (401, "error")
    assert sandbox.accepted("brainysoft") == []


def test_lead_is_read_back_by_id(sandbox):
    lead_id = sandbox.brainysoft_lead(amount=5000).json["data"]
    lead = sandbox.call("GET", f"{LEADS}/{lead_id}", None, BRAINYSOFT_AUTH).json["data"]
    assert (lead["id"], lead["amount"], lead["currentStatus"]) == (lead_id, 5000, "WAITING")
    assert lead["creationDate"] > 1_600_000_000_000
    assert sandbox.call("GET", f"{LEADS}/1", None, BRAINYSOFT_AUTH).status == 404


def test_search_by_order_code_gives_the_fields_asked_for(sandbox):
    ids = [sandbox.brainysoft_lead(orderCode=code).json["data"] for code in ("A", "B", "A")]
    search = {"fields": ["id", "orderCode", "email"], "searchFields": [{"field": "orderCode", "value": "A"}]}
    reply = sandbox.call("POST", f"{LEADS}/partial-load", search, BRAINYSOFT_AUTH)
    assert reply.json["data"] == [{"id": one, "orderCode": "A", "email": ""} for one in (ids[0], ids[2])]
    missing = {"fields": ["id"], "searchFields": [{"field": "orderCode", "value": "Z"}]}
    assert sandbox.call("POST", f"{LEADS}/partial-load", missing, BRAINYSOFT_AUTH).json["data"] == []


@pytest.mark.parametrize(
    "search",
    [
        {},
        {"fields": "id"},
        {"fields": ["id"], "searchFields": [{"field": "id", "value": ">1"}]},
        {"fields": [], "x": 1},
    ],
)
def test_wrong_search_is_refused(sandbox, search):
    reply = sandbox.call("POST", f"{LEADS}/partial-load", search, BRAINYSOFT_AUTH)
    assert (reply.status, reply.json["status"]) == (400, "error")
