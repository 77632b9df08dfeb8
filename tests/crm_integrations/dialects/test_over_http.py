"""Requests as the vendors' pages have them, through a real server: only host and token are ours."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import shlex
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from leadops.models import Lead
from tests import patience
from tests.crm_integrations.dialects.callers import key_for

pytestmark = pytest.mark.django_db(transaction=True)

# The request of ISPCRM's page, to the byte.
ISPCRM_CURL = """curl -X POST "https://yourispcrmdomain/api/v1/subscriber/CreateLead" \\
-H "Authorization: Bearer YOURAPITOKENHERE" \\
-H "Content-Type: application/json" \\
-d '{
  "name": "John Doe",
  "email": "johndoe@example.com",
  "phone": "1234567890",
  "address": "123 Main St, City",
  "remarks": "Interested in 100 Mbps plan"
}'"""
# A body of the fields in Broctagon's table; the signatures are made as its two pages on authentication say.
BROCTAGON_BODY = (
    b'{"name":"Jane Tan","email":"jane@example.com","phone":{"country_code":"65","number":"91234567"},'
    b'"nationality":"sg","owner_id":"7du6r2mg","comment":"web form"}'
)
BRAINYSOFT_BODY = '{"firstName": "Фридрих", "mobilePhone": "79886542301"}'.encode()


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: Any

    def header(self, name: str) -> str:
        """The header's value; there is exactly one."""
        [value] = [value for each, value in self.headers if each.lower() == name.lower()]
        return value


Send = Callable[[str, dict[str, str], bytes], Answer]


@pytest.fixture
def send(live_server) -> Send:
    """Sends over a connection of its own; whatever is answered is JSON, has one request id and sets no cookie."""

    def sent(path: str, headers: dict[str, str], body: bytes) -> Answer:
        wire = http.client.HTTPConnection(urlsplit(live_server.url).netloc, timeout=patience.SECONDS)
        wire.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = wire.getresponse()
        told = Answer(answer.status, answer.getheaders(), json.loads(answer.read()))
        wire.close()
        assert len(told.header("X-Request-Id")) == 32
        assert told.header("Content-Type") == "application/json"
        assert not [name for name, _ in told.headers if name.lower() == "set-cookie"]
        return told

    return sent


def test_one_order_sent_many_times_at_once_is_one_lead_with_one_number(send, partner, program):
    headers = {"bsauth": key_for("brainysoft", partner, program)}
    body = json.dumps({"firstName": "Asha", "mobilePhone": "79886542301", "orderCode": "order-1"}).encode()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send("/bs-core/main/leads", headers, body), range(24)))
    assert {answer.status for answer in answers} == {200}
    assert {answer.body["data"] for answer in answers} == {Lead.objects.get().number.number}


def test_the_curl_of_ispcrms_page_creates_a_lead(send, partner, program):
    token = key_for("ispcrm", partner, program)
    words = shlex.split(ISPCRM_CURL.replace("\\\n", "").replace("YOURAPITOKENHERE", token))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    path, body = urlsplit(words[3]).path, words[words.index("-d") + 1].encode()
    answer = send(path, headers, body)
    number = Lead.objects.get().number.number
    assert (answer.status, answer.body) == (
        200,
        {
            "success": True,
            "message": "Lead created successfully",
            "data": {"lead_id": number, "status": "New"},
        },
    )
    bad = send(path, headers, b'{"name": "John Doe"}')
    assert (bad.status, bad.body["success"], bad.body["message"]) == (400, False, "Invalid request data")
    stranger = send(path, headers | {"Authorization": "Bearer YOURAPITOKENHERE"}, body)
    assert (stranger.status, stranger.body["success"], stranger.body["message"]) == (
        401,
        False,
        "Unauthorized",
    )


def _version_1(key: str) -> str:
    """SHA-1 over the sorted pairs and the key; the page's JavaScript makes of the phone what JavaScript makes of it."""
    pairs = json.loads(BROCTAGON_BODY) | {"phone": "[object Object]"}
    joined = "&".join(f"{name}={pairs[name]}" for name in sorted(pairs))
    return hashlib.sha1((joined + key).encode()).hexdigest().upper()


def _version_2(key: str) -> str:
    return "sha256=" + hmac.new(key.encode(), BROCTAGON_BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("sign", [_version_1, _version_2])
def test_a_client_that_signs_as_broctagons_pages_say_creates_a_lead(send, partner, program, sign):
    key = key_for("broctagon", partner, program)
    headers = {"key": key, "signature": sign(key)}
    answer = send("/public/v1/leads/create", headers, BROCTAGON_BODY)
    assert answer.status == 201
    assert Lead.objects.get().primary_mobile == "+6591234567"
    changed = send("/public/v1/leads/create", headers, BROCTAGON_BODY.replace(b"Jane", b"Joan"))
    assert (changed.status, changed.body["error"], changed.body["code"]) == (403, True, 403)
    nameless = b"{}"
    signature = "sha256=" + hmac.new(key.encode(), nameless, hashlib.sha256).hexdigest()
    bad = send("/public/v1/leads/create", {"key": key, "signature": signature}, nameless)
    assert (bad.status, bad.body["error"], bad.body["code"], bad.body["type"]) == (
        400,
        True,
        400,
        "validation",
    )


def test_a_client_that_logs_in_as_brainysofts_pages_say_creates_a_lead(send, partner, program):
    password = key_for("brainysoft", partner, program)
    user = json.dumps({"userName": partner.code, "password": password}).encode()
    session = send("/bs-core/main/login", {"customer-key": partner.code}, user)
    assert (session.status, session.body["status"]) == (200, "ok")
    headers = {"bsauth": session.header("bsauth")}
    answer = send("/bs-core/main/leads", headers, BRAINYSOFT_BODY)
    assert (answer.status, answer.body["status"]) == (200, "ok")
    assert answer.body["data"] == Lead.objects.get().number.number
    assert type(answer.body["timestamp"]) is int
    nameless = send("/bs-core/main/leads", headers, b'{"mobilePhone": "79886542301"}')
    assert (nameless.status, nameless.body["status"]) == (400, "error")
    assert nameless.body["data"]["code"] == "NO_CLIENT_FIRST_NAME_ERROR"
    stranger = send("/bs-core/main/leads", {"bsauth": "0" * 32}, BRAINYSOFT_BODY)
    assert (stranger.status, stranger.body["status"]) == (401, "error")
    assert Lead.objects.count() == 1
