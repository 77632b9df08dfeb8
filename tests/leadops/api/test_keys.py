"""Who may call, and what each key may do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from leadops.models import ApiKey, Scope
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller
from tests.leadops.api.routes import OPEN, routes

SOME_ID = "0198c0de-0000-7000-8000-000000000001"
LEADS = "/v1/crm/leads/"


def _call(caller: Caller, route) -> object:
    path = re.sub(r"<uuid:\w+>", SOME_ID, route.path)
    if route.method in ("GET", "DELETE"):
        return getattr(caller, route.method.lower())(path)
    answer = getattr(caller, route.method.lower())(path, {})
    if answer.streaming:
        answer.close()  # a server does that once a download is through
    return answer


def _problem(answer) -> str:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:leadops:problem:")


def test_there_are_routes_to_test():
    assert {route.path for route in routes()} >= OPEN | {LEADS, "/v1/los/accounts/"}


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.method} {route.path}")
def test_every_route_but_the_open_ones_needs_a_key(nobody, route):
    answer = _call(nobody, route)
    if route.path in OPEN:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, _problem(answer)) == (401, "unauthenticated")
        assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scope", [None, *Scope], ids=str)
@pytest.mark.parametrize(
    "route", [r for r in routes() if r.path not in OPEN], ids=lambda route: f"{route.method} {route.path}"
)
def test_a_scope_opens_its_own_routes_only(partner, route, scope):
    caller = Caller(ApiKey.issue(partner, scopes=[scope] if scope else [Scope.PII_READ])[1])
    answer = _call(caller, route)
    assert route.scope is not None
    if scope == route.scope:
        assert answer.status_code in {200, 400, 404, 415}  # workbooks are no JSON
    else:
        assert (answer.status_code, _problem(answer)) == (403, "forbidden")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer lo_live_nothing", "Basic abc", "Bearer ключ", "Bearer " + "x" * 5000],
)
def test_what_is_no_key_is_refused(nobody, header):
    nobody.headers = {"Authorization": header}
    answer = nobody.get(LEADS)
    assert (answer.status_code, _problem(answer)) == (401, "unauthenticated")


def test_unknown_revoked_and_expired_keys_get_one_answer(partner):
    revoked, revoked_text = ApiKey.issue(partner)
    revoked.revoked_at = timezone.now()
    revoked.save()
    expired_text = ApiKey.issue(partner, expires_at=timezone.now() - timedelta(seconds=1))[1]
    answers = []
    for text in (revoked_text, expired_text, "lo_live_unknown"):
        answers.append(
            Caller(text).client.get(
                LEADS, headers={"Authorization": f"Bearer {text}", "X-Request-Id": "same-one"}
            )
        )
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_a_deactivated_partners_next_request_fails(api, partner):
    assert api.get(LEADS).status_code == 200
    partner.active = False
    partner.save()
    assert api.get(LEADS).status_code == 401


def test_the_scheme_is_read_in_any_case(key, nobody):
    nobody.headers = {"Authorization": f"bearer {key}"}
    assert nobody.get(LEADS).status_code == 200


def test_last_use_is_kept_to_the_minute(api, partner, django_assert_num_queries):
    assert api.get(LEADS).status_code == 200
    kept = ApiKey.objects.get(partner=partner)
    assert timezone.now() - kept.last_used_at < timedelta(minutes=1)
    assert api.get(LEADS).status_code == 200
    assert ApiKey.objects.get(partner=partner).last_used_at == kept.last_used_at
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    assert api.get(LEADS).status_code == 200
    assert timezone.now() - ApiKey.objects.get(partner=partner).last_used_at < timedelta(minutes=1)


def test_authenticating_and_counting_take_a_query_each(api, django_assert_num_queries):
    api.get(LEADS)
    api.get(LEADS, nonsense="1")
    with django_assert_num_queries(2):  # and in between the filter is refused
        assert api.get(LEADS, nonsense="1").status_code == 400


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ([], "203.0.113.7", 200),
        (["203.0.113.0/24"], "203.0.113.7", 200),
        (["203.0.113.0/24"], "203.0.114.7", 403),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7", 200),
        (["2001:db8::/32"], "2001:db8::1", 200),
        (["2001:db8::/32"], "203.0.113.7", 403),
        (["203.0.113.0/24"], "nonsense", 403),
    ],
)
def test_a_key_is_taken_from_its_own_addresses_only(partner, networks, address, status):
    caller = Caller(ApiKey.issue(partner, networks=networks)[1])
    answer = caller.client.get(LEADS, headers=caller.headers, REMOTE_ADDR=address)
    assert answer.status_code == status
    if status == 403:
        assert _problem(answer) == "wrong-address"


@pytest.mark.parametrize("text", ["203.0.113.0/33", "here", "203.0.113.7/24", ""])
def test_what_is_no_network_is_refused_in_words(partner, text):
    with pytest.raises(ValidationError, match=r"no address and no network|blank"):
        ApiKey.issue(partner, networks=[text])


def test_pii_read_shows_whole_numbers_on_every_route_of_leads(partner, program, api):
    lead_id = api.post(LEADS, bodies.lead(program, applicants=[bodies.person()])).json()["id"]
    whole = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ, Scope.PII_READ])[1])
    for caller, shown in ((api, False), (whole, True)):
        for path in (LEADS, f"{LEADS}{lead_id}/"):
            text = caller.get(path).content.decode()
            for number in ("ABCPK1234L", "000111222333", "K1234567", "9000012345", "9000054321"):
                assert (number in text) is shown
