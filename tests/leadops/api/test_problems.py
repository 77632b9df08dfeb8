"""Whatever goes wrong is told in one shape, and gives nothing away."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest
from django.db import OperationalError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadops.api import leads as lead_views
from leadops.api.problems import Type
from leadops.models import Lead
from tests import patience
from tests.leadops.api import bodies

LEADS = "/v1/crm/leads/"
CANARY = "CANARY-9812345678"


def _problem(answer, status: int, slug: str) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == f"urn:leadops:problem:{slug}"
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    assert told["request_id"] == answer["X-Request-Id"] != "-"
    return told


@pytest.mark.parametrize(
    "path",
    [
        "/v1/",
        "/v1",
        "/v1/nothing/",
        "/v1/crm/leads",
        "/v1/crm/leads/12/",
        "/v1/crm/leads//",
        "/v1/crm/leads/a%0Ab/",
    ],
)
def test_an_unknown_address_is_a_problem(api, path):
    told = _problem(api.get(path), 404, "not-found")
    assert ("slash" in told["detail"]) is not path.endswith("/")
    _problem(api.post(path, {}), 404, "not-found")


@pytest.mark.parametrize("path", ["/v1/nothing/", "/v1/crm/leads/12/"])
def test_a_post_to_an_unknown_address_meets_no_check_of_forms(path):
    _problem(Client(enforce_csrf_checks=True).post(path), 404, "not-found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_another_method_is_a_problem(api, method):
    answer = getattr(api.client, method)(LEADS, headers=api.headers)
    _problem(answer, 405, "method-not-allowed")
    assert "GET" in answer["Allow"]


def test_a_head_answers_as_get_without_a_body(api):
    answer = api.client.head(LEADS, headers=api.headers)
    assert (answer.status_code, answer.content) == (200, b"")


def test_another_media_type_is_a_problem(api):
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "x",
    ):
        _problem(api.post(LEADS, "a=1", content_type=content_type), 415, "unsupported-media-type")


def test_another_accept_is_a_problem(api):
    _problem(api.client.get(LEADS, headers=api.headers | {"Accept": "text/html"}), 406, "not-acceptable")


def test_a_body_over_the_limit_is_a_problem(api, program, settings):
    settings.API_MAX_BYTES = 1000
    _problem(api.post(LEADS, bodies.lead(program, remarks="x" * 1000)), 413, "too-large")
    whole = json.dumps(bodies.lead(program))
    assert api.post(LEADS, whole + " " * (1000 - len(whole))).status_code == 200


def test_a_body_over_djangos_own_limit_is_the_same_problem(api):
    _problem(api.post(LEADS, b"x" * 3_000_000), 413, "too-large")


def test_a_body_in_chunks_is_refused_in_words(api):
    told = _problem(
        api.client.generic("POST", LEADS, headers=api.headers | {"Transfer-Encoding": "chunked"}),
        400,
        "malformed",
    )
    assert "Content-Length" in told["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"a": 1,}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xc3"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": -1e400}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b"[" * 21 + b"]" * 21,
        b"[" * 100_000,
        b'{"a":' * 30_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"'a'",
        b"a",
    ],
    ids=lambda body: repr(body[:16]),
)
def test_what_is_not_plain_json_is_a_problem(api, body):
    _problem(api.post(LEADS, body), 400, "malformed")


def test_twenty_levels_are_taken_as_a_body(api):
    _problem(api.post(LEADS, b"[" * 20 + b"]" * 20), 400, "validation")


def test_an_unexpected_error_tells_and_logs_nothing_personal(api, program, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError(f"cannot store {CANARY}")

    monkeypatch.setattr(lead_views.leads, "receive", broken)
    with caplog.at_level(logging.DEBUG):
        answer = api.post(LEADS, bodies.lead(program, remarks=CANARY))
    _problem(answer, 500, "internal")
    assert CANARY not in answer.content.decode() + caplog.text
    assert "RuntimeError" in caplog.text
    assert "in broken" in caplog.text
    assert "Traceback" not in answer.content.decode()


def test_a_database_that_goes_away_is_a_problem_to_try_again(api, program, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError(f"connection to server at {CANARY} failed")

    monkeypatch.setattr(lead_views.leads, "receive", away)
    answer = api.post(LEADS, bodies.lead(program))
    _problem(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert CANARY not in answer.content.decode()


def test_a_database_that_is_away_from_the_start_is_a_problem_on_every_address():
    """In a process of its own, whose database does not exist."""
    script = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "for path in ('/v1/crm/health/', '/v1/crm/leads/'):\n"
        "    answer = Client().get(path, headers={'Authorization': 'Bearer lo_live_x'})\n"
        "    print(answer.status_code, answer['Retry-After'], answer['Content-Type'], answer.json()['type'])\n"
    )
    environment = os.environ | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
    )
    assert (
        done.stdout.splitlines() == ["503 5 application/problem+json urn:leadops:problem:unavailable"] * 2
    ), done.stderr


def test_health_needs_no_key(nobody):
    answer = nobody.get("/v1/crm/health/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_callers_request_id_comes_back(api):
    answer = api.client.get("/v1/nothing/", headers={"X-Request-Id": "their-own-id-1"})
    assert answer.json()["request_id"] == "their-own-id-1"


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
FIELDS = [
    "primary_mobile",
    "mobile",
    "partner_ref_id",
    "loan_amount",
    "loan_tenure",
    "tags",
    "extra",
    "consents",
    "remarks",
]
PERSONAL = [*bodies.person(), "nonsense"]
PLACES = ["pincode", "tags", "country", "fias_id", "city", "state"]
ACCOUNTS = ["account_no", "ifsc", "is_verified", "tags", "account_type"]
hostile_people = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(PERSONAL, trees)
    | {
        "addresses": st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(PLACES, trees)), max_size=2),
        "banks": st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(ACCOUNTS, trees)), max_size=2),
    },
).map(lambda fields: bodies.applicant() | fields)
hostile_bodies = trees | st.fixed_dictionaries(
    {}, optional=dict.fromkeys(FIELDS, trees) | {"applicants": st.lists(hostile_people, max_size=2) | trees}
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(hostile_bodies)
def test_no_body_whatever_breaks_the_service(api, program, body):
    if isinstance(body, dict):
        body = bodies.lead(program) | body
    answer = api.post(LEADS, json.dumps(body))
    if answer.status_code == 200:
        Lead.objects.get(pk=answer.json()["id"]).delete()
        return
    assert answer.status_code in {400, 409}, answer.content
    told = answer.json()
    if told["type"].endswith("validation"):
        fields = [each["field"] for each in told["errors"]]
        assert fields
        assert all(each["message"] and each["code"] for each in told["errors"])


def test_every_type_has_a_status_and_a_title_of_its_own():
    assert len({each.uri for each in Type}) == len(Type)
    assert all(each.value.title and 400 <= each.status < 600 for each in Type)
