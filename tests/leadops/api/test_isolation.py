"""Two partners: whatever one of them asks, nothing of the other comes back.

Which operations there are and where they take ids is read off the schema: a new one is tried without being named here.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test.client import encode_multipart

from tests.contract.belongings import REFERENCE_DATA, Belongings
from tests.contract.operations import FROZEN, Operation, frozen, operations
from tests.leadops.api import bodies
from tests.patience import wait_until

UNKNOWN = "0198c0de-0000-7000-8000-00000000dead"
SAME = {"X-Request-Id": "the-same-for-all"}
OWN_EVERY_TIME = ("RateLimit-", "Idempotency")
"""Headers that count the caller's calls."""
SCHEMA = frozen()
OPERATIONS = operations(SCHEMA)
BOUNDARY = "between-the-parts"


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def mine(api, program) -> Belongings:
    """Makes what the other partner must not see."""
    return Belongings(SCHEMA, api, str(program.pk))


def _body(body: Any, media_type: str) -> str | bytes:
    if media_type == "multipart/form-data":
        return encode_multipart(BOUNDARY, body)
    return json.dumps(body)


def _send(caller, operation: Operation, ids: dict[str, str], body: Any = None, **query: str) -> Any:
    """Call `operation`; a body that it wants is empty where none is given."""
    media_type = next(iter(operation.media_types()), "")
    data = _body(body or {}, media_type) if media_type else ""
    content_type = f"{media_type}; boundary={BOUNDARY}" if "multipart" in media_type else media_type
    path = operation.path.format_map(ids | REFERENCE_DATA) + (f"?{urlencode(query)}" if query else "")
    return caller.client.generic(operation.method, path, data, content_type, headers=caller.headers | SAME)


def _content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def _same(foreign: Any, unknown: Any) -> None:
    """Byte for byte; the request's id is the same because both requests brought it along."""
    assert foreign.status_code == unknown.status_code
    assert _content(foreign) == _content(unknown)
    assert _headers(foreign) == _headers(unknown)


def _headers(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if not name.startswith(OWN_EVERY_TIME)}


def _seen(caller, ids: dict[str, str]) -> list[bytes]:
    """All that the owner can read, of the records with these ids too."""
    reading = [each for each in OPERATIONS if each.method == "GET" and not each.is_open]
    known = [each for each in reading if set(each.path_ids()) <= set(ids)]
    return [_content(_send(caller, each, ids, **_needed(each, ids))) for each in known]


def _needed(operation: Operation, ids: dict[str, str]) -> dict[str, str]:
    """The query that it can't be without, where the ids are known."""
    told = operation.parameters("query")
    return {name: ids[name] for name in told if told[name].get("required") and name in ids}


def test_the_generator_has_operations_to_try():
    assert FROZEN.exists()
    assert len([each for each in OPERATIONS if each.path_ids()]) >= 8
    assert {each.method for each in OPERATIONS} >= {"GET", "POST", "PUT"}
    assert [str(each) for each in OPERATIONS if each.is_open] == ["GET /v1/crm/health/"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_parameter_of_a_path_is_an_id_or_said_to_be_everybodys(operation):
    named = set(operation.parameters("path"))
    assert named <= set(operation.path_ids()) | set(REFERENCE_DATA)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.path_ids()], ids=str)
def test_anothers_id_in_a_path_is_answered_as_an_unknown_one(mine, api, other_api, operation):
    ids = {name: mine.id_of(name) for name in operation.path_ids()}
    before = _seen(api, ids)
    foreign = _send(other_api, operation, ids)
    assert foreign.status_code == 404
    _same(foreign, _send(other_api, operation, dict.fromkeys(ids, UNKNOWN)))
    assert _seen(api, ids) == before
    own = _send(api, operation, ids)
    assert own.status_code != 404
    assert operation.method != "GET" or own.status_code in (200, 409)  # 409: not in its present state
    _content(own)  # else its file stays open


QUERIES = [(each, name) for each in OPERATIONS for name in each.query_ids()]


@pytest.mark.parametrize(("operation", "name"), QUERIES, ids=lambda each: str(each))
def test_anothers_id_in_a_query_is_answered_as_an_unknown_one(mine, api, other_api, operation, name):
    ids = {each: mine.id_of(each) for each in operation.path_ids()}
    value = mine.id_of(name)
    assert _send(api, operation, ids, **{name: value}).status_code == 200
    foreign = _send(other_api, operation, ids, **{name: value})
    _same(foreign, _send(other_api, operation, ids, **{name: UNKNOWN}))
    assert foreign.status_code == 404 or foreign.json()["results"] == []


BODIES = [
    (each, media_type, at)
    for each in OPERATIONS
    for media_type in each.media_types()
    for at in each.body_ids(media_type)
]


@pytest.mark.parametrize(("operation", "media_type", "at"), BODIES, ids=lambda each: str(each))
def test_anothers_id_in_a_body_is_refused_as_an_unknown_one(mine, api, other_api, operation, media_type, at):
    ids = {each: mine.id_of(each) for each in operation.path_ids()}
    value = mine.id_of(at)
    body = mine.body(operation) if media_type == "application/json" else operation.first_choices(media_type)
    before = _seen(api, ids)
    foreign = _send(other_api, operation, ids, body | {at: value})
    _same(foreign, _send(other_api, operation, ids, body | {at: UNKNOWN}))
    assert foreign.status_code == 404 or at in _blamed(foreign)
    assert _seen(api, ids) == before
    assert at not in _blamed(_send(api, operation, ids, body | {at: value}))


def _blamed(answer: Any) -> set[str]:
    """The fields that the answer finds wrong."""
    return {each["field"] for each in answer.json().get("errors", [])}


def _about_one(operation: Operation) -> bool:
    """Whether the list is of one record, which the path or the query names."""
    needed = [told for told in operation.parameters("query").values() if told.get("required")]
    return bool(operation.parameters("path") or needed)


LISTS = [each for each in OPERATIONS if each.method == "GET" and not each.is_open and not _about_one(each)]


@pytest.fixture
def secrets(mine) -> dict[str, str]:
    """One record of each kind; the subscription first, since events are written for who asked for some."""
    names = {name for each in OPERATIONS for name in each.path_ids()}
    return {name: mine.id_of(name) for name in sorted(names, key=lambda name: name != "subscription_id")}


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_lists_hold_nothing_of_another(api, other_api, secrets, operation):
    # Events wait for older transactions, those of tests beside too.
    wait_until(lambda: _send(api, operation, {}).json().get("results"), "the own records are listed")
    assert _send(other_api, operation, {}).json()["results"] == []
    assert _send(other_api, operation, {}).json().get("count", 0) == 0
    assert _send(other_api, operation, {}, cursor="").json()["results"] == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/crm/leads/", {"partner_ref_id": "SECRET-REF"}),
        ("/v1/crm/leads/", {"primary_mobile": "9000000001"}),
        ("/v1/los/accounts/", {"ref_id": "SECRET-ACC"}),
        ("/v1/crm/leads/", {"cursor": "ffffffffffffffffffffffffffffffff"}),
    ],
)
def test_filters_find_nothing_of_another(other_api, api, program, path, query):
    lead = api.post("/v1/crm/leads/", bodies.lead(program, partner_ref_id="SECRET-REF"))
    account = {"crm_lead_id": lead.json()["id"], "ref_id": "SECRET-ACC", "program_id": str(program.pk)}
    api.post("/v1/los/accounts/", account)
    assert len(api.get(path, **query).json()["results"]) == 1
    assert other_api.get(path, **query).json()["results"] == []


def test_a_conflict_does_not_tell_anothers_account(other_api, api, program):
    ids = []
    for caller in (api, other_api):
        lead = caller.post("/v1/crm/leads/", bodies.lead(program)).json()
        body = {"crm_lead_id": lead["id"], "ref_id": "SECRET-ACC", "program_id": str(program.pk)}
        answer = caller.post("/v1/los/accounts/", body)
        ids.append(answer.json().get("id"))
    assert answer.status_code == 409
    assert "existing_id" not in answer.json()
    assert ids[0] not in answer.content.decode()
