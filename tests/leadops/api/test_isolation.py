"""Two partners: whatever one of them asks, nothing of the other comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from crm_integrations.models import Connection, Delivery, Route
from leadops.models import Address, Applicant, Bank, ImportBatch, Lead, LoanAccount, Program
from tests.leadops import papers
from tests.leadops.api import bodies
from tests.leadops.api.routes import OPEN, routes

UNKNOWN = "0198c0de-0000-7000-8000-00000000dead"
IDS = (
    "lead_id",
    "account_id",
    "import_id",
    "document_id",
    "applicant_id",
    "address_id",
    "bank_id",
    "subscription_id",
)
ABOUT_ONE = {"/v1/crm/documents/"}
"""Lists that are of one record, named in the query."""
SAME = {"X-Request-Id": "the-same-for-all"}


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def secrets(api, partner, program) -> dict[str, str]:
    """Ids of what `partner` has, by the name they have in a path."""
    verifier = Connection.objects.create(vendor="bank_verifier", name="v", base_url="https://v.example")
    Route.objects.create(connection=verifier)  # takes no leads, and lets bank accounts be verified
    asked = {"url": "https://secret.example/hook", "events": ["lead.created"]}
    subscription = api.post("/v1/events/subscriptions/", asked).json()
    body = bodies.lead(program, partner_ref_id="SECRET-REF", applicants=[bodies.person(name="Secret Person")])
    lead_id = api.post("/v1/crm/leads/", body).json()["id"]
    account = api.post(
        "/v1/los/accounts/", {"crm_lead_id": lead_id, "ref_id": "SECRET-ACC", "program_id": str(program.pk)}
    )
    assert account.status_code == 201, account.content
    batch = ImportBatch.objects.create(
        road=ImportBatch.Road.API, partner=partner, program=program, file_name="secret.xlsx", sha256="0" * 64
    )
    document = papers.send(api, lead_id).json()
    # The account makes the lead one that is not changed any more, so these are of another lead.
    applicant = api.post("/v1/crm/leads/", _open_lead(program)).json()["applicants"][1]
    return {
        "lead_id": lead_id,
        "account_id": account.json()["id"],
        "import_id": str(batch.pk),
        "applicant_id": applicant["id"],
        "address_id": applicant["addresses"][0]["id"],
        "document_id": document["id"],
        "bank_id": applicant["banks"][0]["id"],
        "subscription_id": subscription["id"],
    }


def _open_lead(program: Program) -> dict[str, Any]:
    people = [bodies.applicant(), bodies.person(is_primary=False, name="Secret Friend", pan_no="ABCPK4321L")]
    return bodies.lead(program, primary_mobile="9000000055", applicants=people)


def _reads() -> list[str]:
    return [route.path for route in routes() if route.method == "GET" and route.path not in OPEN]


def _get(caller, path: str, **query: str) -> object:
    return caller.client.get(path, query, headers=caller.headers | SAME)


def _headers(answer) -> dict[str, str]:
    """All but how many calls are left, which every call changes."""
    return {name: value for name, value in answer.headers.items() if not name.startswith("RateLimit-")}


def _filled(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(f"<uuid:{name}>", value)
    return path


def _operations() -> list[tuple[str, str]]:
    """Every operation of the schema with an id in its path."""
    schema = yaml.safe_load(Path(settings.BASE_DIR, "docs", "openapi.yaml").read_text(encoding="utf-8"))
    return [
        (method.upper(), path)
        for path, item in schema["paths"].items()
        for method in item
        if method != "parameters" and "_id}" in path
    ]


def _send(caller, method: str, path: str) -> Any:
    body = "" if method in ("GET", "DELETE") else "{}"
    headers = caller.headers | SAME
    return caller.client.generic(method, path, body, "application/json", headers=headers)


def test_the_schema_has_operations_to_try():
    assert len(_operations()) >= 20
    assert {method for method, _ in _operations()} == {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize(("method", "path"), _operations())
def test_no_operation_of_the_schema_leaks_or_changes_anything_of_another(other_api, secrets, method, path):
    before = _all_that_is_kept()
    named = dict(secrets)
    foreign = _send(other_api, method, path.format_map(named))
    unknown = _send(other_api, method, path.format_map(dict.fromkeys(named, UNKNOWN)))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    assert dict(foreign.headers) == dict(unknown.headers)
    assert _all_that_is_kept() == before


def _all_that_is_kept() -> list[Any]:
    models = (Lead, Applicant, Address, Bank, LoanAccount, ImportBatch, Delivery)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize(
    ("path", "field", "of"),
    [
        ("/v1/crm/applicants/", "lead_id", "lead_id"),
        ("/v1/crm/addresses/", "applicant_id", "applicant_id"),
        ("/v1/crm/banks/", "applicant_id", "applicant_id"),
        ("/v1/los/accounts/", "crm_lead_id", "lead_id"),
    ],
)
def test_anothers_id_in_a_body_is_refused_as_an_unknown_one(other_api, secrets, path, field, of):
    before = _all_that_is_kept()
    answers = [other_api.post(path, {field: named}, **SAME) for named in (secrets[of], UNKNOWN)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content
    assert field in {each["field"] for each in answers[0].json()["errors"]}
    assert _all_that_is_kept() == before


def test_the_routes_with_an_id_are_known():
    named = {name for path in _reads() for name in IDS if name in path}
    assert named == set(IDS)
    assert all("<uuid:" not in _filled(path, dict.fromkeys(named, UNKNOWN)) for path in _reads())


@pytest.mark.parametrize("path", [path for path in _reads() if "<uuid:" in path])
def test_anothers_id_is_answered_as_an_unknown_one_byte_for_byte(other_api, api, secrets, path):
    own = _get(api, _filled(path, secrets))
    assert own.status_code == 200
    if own.streaming:
        b"".join(own.streaming_content)  # else its file stays open
    foreign = _get(other_api, _filled(path, secrets))
    unknown = _get(other_api, _filled(path, dict.fromkeys(secrets, UNKNOWN)))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    assert _headers(foreign) == _headers(unknown)


@pytest.mark.parametrize(
    "path", [each.path for each in routes() if each.method == "POST" and "<" in each.path]
)
def test_nothing_is_done_to_anothers_record(other_api, secrets, path):
    before = list(ImportBatch.objects.values_list())
    ids = (secrets, dict.fromkeys(secrets, UNKNOWN))
    answers = [other_api.post(_filled(path, each), {}, **SAME) for each in ids]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert list(ImportBatch.objects.values_list()) == before


@pytest.mark.parametrize("path", [path for path in _reads() if "<" not in path and path not in ABOUT_ONE])
def test_lists_hold_nothing_of_another(other_api, api, secrets, path):
    assert len(_get(api, path).json()["results"]) >= 1
    assert _get(other_api, path).json()["results"] == []
    assert _get(other_api, path).json().get("count", 0) == 0
    assert _get(other_api, path, cursor="").json()["results"] == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/crm/leads/", {"partner_ref_id": "SECRET-REF"}),
        ("/v1/crm/leads/", {"primary_mobile": "9000000001"}),
        ("/v1/los/accounts/", {"ref_id": "SECRET-ACC"}),
        ("/v1/crm/leads/", {"cursor": "ffffffffffffffffffffffffffffffff", "page_size": "1"}),
    ],
)
def test_filters_find_nothing_of_another(other_api, api, secrets, path, query):
    assert len(_get(api, path, **query).json()["results"]) == 1
    assert _get(other_api, path, **query).json()["results"] == []


def test_documents_about_anothers_lead_are_answered_as_about_an_unknown_one(other_api, api, secrets):
    path = "/v1/crm/documents/"
    assert _get(api, path, related_model_id=secrets["lead_id"]).json()["count"] == 1
    foreign = _get(other_api, path, related_model_id=secrets["lead_id"])
    unknown = _get(other_api, path, related_model_id=UNKNOWN)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_anothers_document_is_changed_by_nobody_else(other_api, api, secrets, method):
    answers = []
    for document_id in (secrets["document_id"], UNKNOWN):
        sent = ({"tags": ["x"]},) if method == "patch" else ()
        answers.append(getattr(other_api, method)(f"/v1/crm/documents/{document_id}/", *sent, **SAME))
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert _get(api, f"/v1/crm/documents/{secrets['document_id']}/").json()["tags"] == []


def test_a_document_about_anothers_lead_is_refused_as_about_an_unknown_one(other_api, secrets):
    answers = [papers.send(other_api, each, **SAME) for each in (secrets["lead_id"], UNKNOWN)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content


def test_an_account_on_anothers_lead_is_refused_as_on_an_unknown_one(other_api, secrets, program):
    answers = []
    for lead_id in (secrets["lead_id"], UNKNOWN):
        body = {"crm_lead_id": lead_id, "ref_id": "X1", "program_id": str(program.pk)}
        answers.append(other_api.post("/v1/los/accounts/", body, **SAME))
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content


def test_a_conflict_does_not_tell_anothers_account(other_api, secrets, program):
    lead_id = other_api.post("/v1/crm/leads/", bodies.lead(program)).json()["id"]
    body = {"crm_lead_id": lead_id, "ref_id": "SECRET-ACC", "program_id": str(program.pk)}
    answer = other_api.post("/v1/los/accounts/", body)
    assert answer.status_code == 409
    assert "existing_id" not in answer.json()
    assert secrets["account_id"] not in answer.content.decode()
