"""How often keys, partners and addresses may call."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db.models.functions import Now

from leadops.models import ApiKey, CallCount, CallWindow
from leadops.services import call_counts
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller
from tests.threads import together

LEADS = "/v1/crm/leads/"
CALLS, LIMIT = 200, 60


def _ask(key: str, times: int, answers: list) -> None:
    """Questions that are answered at once: what they ask for is refused."""
    caller = Caller(key)
    answers.extend(caller.get(LEADS, nonsense="1") for _ in range(times))


def _a_minute_passes() -> None:
    CallWindow.objects.update(began_at=Now() - timedelta(seconds=61))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whose", ["key", "partner"])
def test_exactly_as_many_of_200_calls_at_once_pass_as_the_limit_says(partner, other_api, whose):
    made, text = ApiKey.issue(partner)
    limited = made if whose == "key" else partner
    limited.calls_per_minute = LIMIT
    limited.save()
    for _ in range(2):
        answers: list = []
        jobs = [partial(_ask, text, CALLS // 20, answers)] * 20
        assert together(*jobs) == []
        passed = [answer for answer in answers if answer.status_code == 400]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert (len(answers), len(passed), len(refused)) == (CALLS, LIMIT, CALLS - LIMIT)
        assert sorted(int(answer["RateLimit-Remaining"]) for answer in passed) == list(range(LIMIT))
        assert other_api.get(LEADS).status_code == 200
        _a_minute_passes()


def test_a_refused_call_is_told_when_to_come_again(partner):
    caller = Caller(ApiKey.issue(partner, calls_per_minute=1)[1])
    first, second = caller.get(LEADS), caller.get(LEADS)
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("1", "0")
    assert first["RateLimit-Policy"] == "1;w=60"
    assert second.status_code == 429
    assert second["Content-Type"] == "application/problem+json"
    assert second.json()["type"] == "urn:leadops:problem:too-many-calls"
    assert 0 < int(second["Retry-After"]) <= 60
    assert second["RateLimit-Reset"] == second["Retry-After"]
    assert "1 calls a minute" in second.json()["detail"]
    _a_minute_passes()
    assert caller.get(LEADS).status_code == 200


def test_every_answer_tells_how_many_calls_are_left(api, program, settings):
    settings.API_CALLS_PER_MINUTE = 3
    answers = [api.get(LEADS), api.post(LEADS, {}), api.get(f"{LEADS}{program.pk}/")]
    assert [answer.status_code for answer in answers] == [200, 400, 404]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0"]
    assert api.get(LEADS).status_code == 429


def test_a_key_over_its_own_limit_takes_nothing_from_the_others(partner):
    partner.calls_per_minute = 5
    partner.save()
    busy = Caller(ApiKey.issue(partner, calls_per_minute=2)[1])
    other = Caller(ApiKey.issue(partner)[1])
    assert [busy.get(LEADS).status_code for _ in range(20)] == [200] * 2 + [429] * 18
    assert [other.get(LEADS).status_code for _ in range(4)] == [200] * 3 + [429]


def test_a_partners_limit_goes_before_the_usual_one(partner, api, settings):
    settings.API_CALLS_PER_MINUTE = 1
    partner.calls_per_minute = 2
    partner.save()
    assert [api.get(LEADS).status_code for _ in range(3)] == [200, 200, 429]


def test_wrong_keys_are_limited_by_address_and_right_ones_are_not(api, settings):
    settings.API_FAILED_CALLS_PER_MINUTE = 3
    wrong = Caller("lo_live_wrong")

    def status(caller: Caller, address: str) -> int:
        return caller.client.get(LEADS, headers=caller.headers, REMOTE_ADDR=address).status_code

    assert [status(wrong, "203.0.113.7") for _ in range(5)] == [401] * 3 + [429] * 2
    assert status(wrong, "203.0.113.8") == 401
    assert status(api, "203.0.113.7") == 200
    assert [status(wrong, f"2001:db8::{at}") for at in range(4)] == [401] * 3 + [429]
    assert status(wrong, "2001:db8:0:1::1") == 401


def test_a_call_refused_for_its_address_takes_nothing(partner):
    text = ApiKey.issue(partner, calls_per_minute=1, networks=["203.0.113.0/24"])[1]
    caller = Caller(text)
    assert [caller.get(LEADS).status_code for _ in range(3)] == [403] * 3
    assert caller.client.get(LEADS, headers=caller.headers, REMOTE_ADDR="203.0.113.1").status_code == 200


# Counting -----------------------------------------------------------------------------------------------------------


def _counts(**narrowed) -> dict[tuple[int, str, str], int]:
    rows = CallCount.objects.filter(**narrowed)
    return {(row.status, row.problem, row.finding): row.calls for row in rows}


def test_calls_are_counted_by_key_status_and_error(api, partner, program):
    api.get(LEADS)
    api.get(LEADS)
    api.post(LEADS, bodies.lead(program, primary_mobile="12", colour="blue", size="x"))
    api.get(f"{LEADS}{program.pk}/")
    assert _counts(api_key__partner=partner) == {
        (200, "", ""): 2,
        (400, "validation", ""): 1,
        (400, "validation", "invalid_mobile"): 1,
        (400, "validation", "unknown_field"): 1,
        (404, "not-found", ""): 1,
    }


def test_refused_and_replayed_calls_are_counted_too(partner, program):
    key, text = ApiKey.issue(partner, calls_per_minute=2)
    caller = Caller(text)
    for _ in range(3):
        caller.post(LEADS, bodies.lead(program), **{"Idempotency-Key": "k"})
    assert _counts(api_key=key) == {(200, "", ""): 2, (429, "too-many-calls", ""): 1}


def test_old_counts_are_let_go(api):
    api.get(LEADS)
    kept = CallCount.objects.get()
    old = kept.day - call_counts.KEPT
    CallCount.objects.create(api_key=kept.api_key, day=old, status=200, calls=1)
    CallCount.objects.create(api_key=kept.api_key, day=old - timedelta(days=1), status=200, calls=1)
    CallWindow.objects.create(subject="address:203.0.113.9", began_at=Now() - timedelta(hours=1), calls=3)
    call_counts.prune()
    assert set(CallCount.objects.values_list("day", flat=True)) == {kept.day, old}
    assert not CallWindow.objects.filter(subject__startswith="address").exists()
    assert CallWindow.objects.filter(subject__startswith="partner").exists()
