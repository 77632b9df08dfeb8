"""A borrower's token opens one lead for some minutes, and nothing else."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from leadops.models import ApiKey, BorrowerToken, CallCount, Document, Lead, Scope
from leadops.services import borrower_tokens
from tests.leadops import papers
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller
from tests.leadops.api.routes import OPEN, routes

LEADS = "/v1/crm/leads/"
PATH = "/v1/crm/borrower_token/"
DOCUMENTS = "/v1/crm/documents/"
OPENED = {("GET", f"{LEADS}<uuid:lead_id>/"), ("POST", DOCUMENTS)}
UNKNOWN = "0198c0de-0000-7000-8000-00000000dead"


@pytest.fixture
def lead_id(api, program) -> str:
    body = bodies.lead(program, applicants=[bodies.person()])
    return api.post(LEADS, body).json()["id"]


@pytest.fixture
def borrower(api, lead_id) -> Caller:
    answer = api.post(PATH, {"lead_id": lead_id})
    assert answer.status_code == 200, answer.content
    return Caller(answer.json()["access"])


def test_the_token_is_told_with_its_lead_and_its_end(api, lead_id):
    answer = api.post(PATH, {"lead_id": lead_id})
    told = answer.json()
    assert set(told) == {"access", "lead_id", "expires_at"}
    assert told["lead_id"] == lead_id
    assert told["access"].startswith("lo_borrower_")
    assert 14 * 60 < told["expires_at"] - time.time() <= 15 * 60
    assert answer["Cache-Control"] == "no-store"


def test_it_opens_its_lead_with_personal_numbers_masked(api, partner, lead_id):
    seeing = ApiKey.issue(partner, scopes=[Scope.BORROWER_TOKEN, Scope.LEAD_READ, Scope.PII_READ])[1]
    token = Caller(seeing).post(PATH, {"lead_id": lead_id}).json()["access"]
    answer = Caller(token).get(f"{LEADS}{lead_id}/")
    assert answer.status_code == 200
    assert answer.content == api.get(f"{LEADS}{lead_id}/").content
    assert "ABCPK1234L" not in answer.content.decode()


def test_another_lead_is_unknown_to_it(api, borrower, program):
    other = api.post(LEADS, bodies.lead(program)).json()["id"]
    same = {"X-Request-Id": "the-same-for-all"}
    answers = [
        borrower.client.get(f"{LEADS}{each}/", headers=borrower.headers | same) for each in (other, UNKNOWN)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    "route",
    [r for r in routes() if r.path not in OPEN and (r.method, r.path) not in OPENED],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_it_opens_nothing_else(borrower, lead_id, route):
    path = re.sub(r"<uuid:\w+>", lead_id, route.path)
    answer = borrower._sent(route.method, path, {}, "application/json", {"Idempotency-Key": "k"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:leadops:problem:forbidden"


def test_only_a_key_with_the_scope_makes_one(partner, lead_id):
    caller = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ, Scope.LEAD_WRITE])[1])
    assert caller.post(PATH, {"lead_id": lead_id}).status_code == 403


def test_of_anothers_lead_there_is_none(other_api, lead_id):
    answers = [other_api.post(PATH, {"lead_id": each}) for each in (lead_id, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert [[e["code"] for e in answer.json()["errors"]] for answer in answers] == [["unknown_lead"]] * 2
    assert not BorrowerToken.objects.exists()


def _said(api, **body) -> tuple[str, str] | str:
    told = api.post(PATH, body).json()
    return told["lead_id"] if "access" in told else (told["errors"][0]["field"], told["errors"][0]["code"])


def test_it_is_asked_for_by_the_leads_mobile_too(api, other_api, program, lead_id):
    second = api.post(LEADS, bodies.lead(program, primary_mobile="9000000017")).json()["id"]
    for written in ("9000000001", "+91 90000 00001"):
        assert _said(api, primary_mobile=written) == lead_id
        assert _said(api, lead_id=lead_id, primary_mobile=written) == lead_id
    for wrong in ("9000000017", "no number"):
        assert _said(api, lead_id=lead_id, primary_mobile=wrong) == ("primary_mobile", "not_the_leads")
    assert _said(api, primary_mobile="9000000018") == ("primary_mobile", "unknown_mobile")
    assert _said(other_api, primary_mobile="9000000001") == ("primary_mobile", "unknown_mobile")
    assert _said(api) == ("lead_id", "required")
    assert _said(api, primary_mobile=7) == ("primary_mobile", "not_a_text")
    Lead.objects.filter(pk=second).update(
        primary_mobile_index=Lead.objects.get(pk=lead_id).primary_mobile_index
    )
    assert _said(api, primary_mobile="9000000001") == ("primary_mobile", "several_leads")


def test_it_ends_in_time(borrower, lead_id):
    BorrowerToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert borrower.get(f"{LEADS}{lead_id}/").status_code == 401


@pytest.mark.parametrize("change", ["revoked", "inactive", "scope"])
def test_it_ends_with_its_key(borrower, partner, lead_id, change):
    if change == "revoked":
        ApiKey.objects.update(revoked_at=timezone.now())
    elif change == "scope":
        ApiKey.objects.update(scopes=[Scope.LEAD_READ])
    else:
        partner.active = False
        partner.save()
    assert borrower.get(f"{LEADS}{lead_id}/").status_code == 401


def test_what_is_altered_is_no_token(borrower, lead_id):
    text = borrower.headers["Authorization"].removeprefix("Bearer ")
    token = BorrowerToken.objects.get()
    for altered in (
        text[:-1],
        text + "x",
        text.replace(token.pk.hex, "0" * 32),
        f"lo_borrower_{token.pk.hex}",
    ):
        assert Caller(altered).get(f"{LEADS}{lead_id}/").status_code == 401
    assert BorrowerToken.objects.get().calls == 0


def test_its_making_and_every_use_are_kept(borrower, api, lead_id):
    made = BorrowerToken.objects.get()
    assert (str(made.lead_id), made.made_from, made.calls) == (lead_id, "127.0.0.1", 0)
    for _ in range(2):
        borrower.client.get(f"{LEADS}{lead_id}/", headers=borrower.headers, REMOTE_ADDR="203.0.113.9")
    used = BorrowerToken.objects.get()
    assert (used.calls, used.last_used_from) == (2, "203.0.113.9")
    assert used.last_used_at is not None
    assert CallCount.objects.filter(api_key=made.api_key, status=200).exists()


def test_a_borrower_calls_from_elsewhere_than_the_key_may(partner, lead_id):
    text = ApiKey.issue(partner, networks=["203.0.113.0/24"])[1]
    maker = Caller(text)
    answer = maker.client.post(
        PATH, {"lead_id": lead_id}, "application/json", headers=maker.headers, REMOTE_ADDR="203.0.113.1"
    )
    assert Caller(answer.json()["access"]).get(f"{LEADS}{lead_id}/").status_code == 200


def test_a_borrower_has_a_limit_of_its_own(borrower, api, lead_id, settings):
    settings.API_BORROWER_CALLS_PER_MINUTE = 2
    path = f"{LEADS}{lead_id}/"
    assert [borrower.get(path).status_code for _ in range(3)] == [200, 200, 429]
    assert api.get(path).status_code == 200


def test_the_life_of_a_token_is_a_setting(api, lead_id, settings):
    settings.BORROWER_TOKEN_MINUTES = 1
    token, _ = borrower_tokens.make(Lead.objects.get(pk=lead_id), ApiKey.objects.first(), None)
    assert token.expires_at - timezone.now() <= timedelta(minutes=1)


def test_a_borrower_hands_in_documents_of_its_own_lead(borrower, api, lead_id, program, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    applicant = api.get(f"{LEADS}{lead_id}/").json()["applicants"][0]["id"]
    assert papers.send(borrower, lead_id).status_code == 201
    assert papers.send(borrower, applicant, parts={"related_model": "applicant"}).status_code == 201
    other = api.post(
        LEADS, bodies.lead(program, partner_ref_id="another", applicants=[bodies.person()])
    ).json()["id"]
    told = [papers.send(borrower, each) for each in (other, UNKNOWN)]
    assert [answer.status_code for answer in told] == [400, 400]
    assert told[0].json()["errors"] == told[1].json()["errors"]
    assert Document.objects.filter(lead_id=lead_id).count() == Document.objects.count() == 2
    assert borrower.get(DOCUMENTS, related_model_id=lead_id).status_code == 403


def test_it_opens_no_more_than_the_key_that_made_it(partner, lead_id):
    key = ApiKey.issue(partner, scopes=[Scope.BORROWER_TOKEN, Scope.LEAD_READ])[1]
    borrower = Caller(Caller(key).post(PATH, {"lead_id": lead_id}).json()["access"])
    assert borrower.get(f"{LEADS}{lead_id}/").status_code == 200
    assert papers.send(borrower, lead_id).status_code == 403
