"""Events over REST: reading them in order, and subscribing to them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm_integrations import delivery
from crm_integrations.models import Connection, PartnerEvent, Subscription
from leadops.models import ApiKey, KeptAnswer, Scope
from tests.crm_integrations.receiver import receiving
from tests.leadops.api.callers import Caller

EVENTS, SUBSCRIPTIONS = "/v1/events/", "/v1/events/subscriptions/"
URL = "https://hooks.sunrise.example/leadops"
SHOWN_ONCE = "urn:leadops:problem:shown-once"


@pytest.fixture
def api(key) -> Caller:
    return Caller(key)


@pytest.fixture
def other_api(other_key) -> Caller:
    return Caller(other_key)


@pytest.fixture
def made(api) -> dict:
    """A subscription as it was answered."""
    return api.post(SUBSCRIPTIONS, {"url": URL, "events": ["lead.created", "lead.delivered"]}).json()


def _of(made: dict, what: str = "") -> str:
    return f"{SUBSCRIPTIONS}{made['id']}/{what}"


def _codes(answer) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def test_events_are_written_from_the_first_call_on(api, receive, partner):
    receive()
    assert api.get(EVENTS).json() == {"page_size": 15, "next_cursor": None, "results": []}
    partner.refresh_from_db()
    lead = receive(1, of=partner)
    [told] = api.get(EVENTS).json()["results"]
    assert (told["type"], told["data"]["lead_id"]) == ("lead.created", str(lead.pk))
    assert set(told) == {"id", "type", "timestamp", "data"}


def test_who_goes_on_from_the_cursor_reads_each_once(api, receive, partner):
    api.get(EVENTS)
    partner.refresh_from_db()
    for number in range(5):
        receive(number, of=partner)
    read, cursor = [], None
    for size in (2, 2, 2, 2):
        page = api.get(EVENTS, page_size=size, **({"cursor": cursor} if cursor else {})).json()
        read += [each["id"] for each in page["results"]]
        cursor = page["next_cursor"]
    assert read == [
        str(each) for each in PartnerEvent.objects.order_by("number").values_list("id", flat=True)
    ]
    assert cursor is not None
    receive(5, of=partner)
    assert len(api.get(EVENTS, cursor=cursor).json()["results"]) == 1


def test_a_page_takes_few_questions(api, receive, partner, django_assert_max_num_queries):
    api.get(EVENTS)
    partner.refresh_from_db()
    for number in range(5):
        receive(number, of=partner)
    with django_assert_max_num_queries(5):
        assert len(api.get(EVENTS).json()["results"]) == 5


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"cursor": "7"}, ("cursor", "invalid_cursor")),
        ({"cursor": "0198c0de00007000800000000000dead"}, ("cursor", "expired_cursor")),
        ({"page_size": "0"}, ("page_size", "out_of_range")),
        ({"page_size": "101"}, ("page_size", "out_of_range")),
        ({"type": "lead.created"}, ("type", "unknown_filter")),
        ({"page": "2"}, ("page", "unknown_filter")),
    ],
)
def test_a_wrong_question_is_told(api, query, told):
    answer = api.get(EVENTS, **query)
    assert answer.status_code == 400
    assert _codes(answer) == [told]


def test_anothers_cursor_is_as_an_old_one(api, other_api, receive, other_partner):
    other_api.get(EVENTS)
    other_partner.refresh_from_db()
    receive(of=other_partner)
    [theirs] = other_api.get(EVENTS).json()["results"]
    foreign = api.get(EVENTS, cursor=theirs["id"])
    unknown = api.get(EVENTS, cursor="0198c0de-0000-7000-8000-00000000dead")
    assert foreign.status_code == 400
    assert foreign.json()["errors"] == unknown.json()["errors"]


def test_a_subscription_shows_its_secret_once(api, made):
    assert made["secret"].startswith("whsec_")
    assert (made["state"], made["url"], made["events"]) == (
        "enabled",
        URL,
        ["lead.created", "lead.delivered"],
    )
    read = api.get(_of(made))
    assert read.json() == {name: value for name, value in made.items() if name != "secret"}
    listed = api.get(SUBSCRIPTIONS).json()
    assert listed == {"count": 1, "current_page": 1, "page_size": 15, "results": [read.json()]}


def test_it_tells_from_its_making_on(made, partner, receive):
    partner.refresh_from_db()
    assert partner.keeps_events
    receive(of=partner)
    assert PartnerEvent.objects.count() == 1


def test_what_is_left_out_stays_as_it_was(api, made):
    changed = api.put(_of(made), {"events": ["import.finished"]}).json()
    assert (changed["url"], changed["events"], changed["state"]) == (URL, ["import.finished"], "enabled")
    moved = api.put(_of(made), {"url": "https://hooks.sunrise.example:8443"}).json()
    assert (moved["url"], moved["events"]) == ("https://hooks.sunrise.example:8443/", ["import.finished"])
    assert api.put(_of(made), {"enabled": False}).json()["state"] == "disabled"
    assert api.put(_of(made), {"enabled": True}).json()["state"] == "enabled"
    assert api.put(_of(made), {}).json()["url"] == moved["url"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, [("url", "required"), ("events", "required")]),
        ({"url": URL, "events": []}, [("events", "required")]),
        ({"url": URL, "events": ["lead.eaten"]}, [("events[0]", "unknown_choice")]),
        ({"url": URL, "events": [["lead.created"]]}, [("events[0]", "unknown_choice")]),
        ({"url": URL, "events": "lead.created"}, [("events", "not_a_list")]),
        ({"url": 7, "events": ["lead.created"]}, [("url", "not_a_text")]),
        ({"url": "https://a.example/?x=1", "events": ["lead.created"]}, [("url", "wrong_address")]),
        ({"url": f"https://{'a' * 64}.example", "events": ["lead.created"]}, [("url", "wrong_address")]),
        ({"url": URL, "events": ["lead.created"], "secret": "mine"}, [("secret", "unknown_field")]),
    ],
)
def test_what_is_wrong_with_a_body_is_told_by_its_field(api, body, told):
    answer = api.post(SUBSCRIPTIONS, body)
    assert answer.status_code == 400
    assert sorted(_codes(answer)) == sorted(told)
    assert not Subscription.objects.exists()


def test_a_secret_is_shown_once_also_to_who_sends_the_same_call_again(api):
    body = {"url": URL, "events": ["lead.created"]}
    first, again = (api.post(SUBSCRIPTIONS, body, **{"Idempotency-Key": "made"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["type"]) == (201, 409, SHOWN_ONCE)
    assert "rotate_secret" in again.json()["detail"]
    assert Subscription.objects.count() == 1
    path = _of(first.json(), "rotate_secret/")
    rotated, again = (api.post(path, {}, **{"Idempotency-Key": "rotated"}) for _ in range(2))
    assert (rotated.status_code, again.status_code, again.json()["type"]) == (200, 409, SHOWN_ONCE)
    assert rotated.json()["secret"] not in again.content.decode()
    assert Connection.objects.get().secrets["secret"] == rotated.json()["secret"]
    kept = [each.body for each in KeptAnswer.objects.all()]
    assert len(kept) == 2
    assert not any("whsec_" in body for body in kept)


def test_a_rotated_secret_is_another_one(api, made):
    answer = api.post(_of(made, "rotate_secret/"), {})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    body = answer.json()
    assert body["secret"].startswith("whsec_")
    assert body["secret"] != made["secret"]
    left = body["former_secret_until"] - timezone.now().timestamp()
    assert timedelta(hours=23) < timedelta(seconds=left) <= timedelta(hours=24)


def test_a_test_event_and_a_replay_arrive(api, receive, partner):
    with receiving() as receiver:
        made = api.post(SUBSCRIPTIONS, {"url": receiver.url, "events": ["lead.created"]}).json()
        tested = api.post(_of(made, "test/"), {})
        assert (tested.status_code, tested.json()["type"]) == (202, "webhook.test")
        partner.refresh_from_db()
        receive(of=partner)
        delivery.drain()
        since = timezone.now() - timedelta(minutes=1)
        replayed = api.post(_of(made, "replay/"), {"since": since.timestamp()})
        assert (replayed.status_code, replayed.json()) == (202, {"events": 1})
        delivery.drain()
        assert receiver.types(made["secret"]) == ["webhook.test", "lead.created", "lead.created"]


def test_nothing_is_sent_to_a_disabled_one(api, made):
    api.put(_of(made), {"enabled": False})
    for what, body in (("test/", {}), ("replay/", {"since": 0})):
        answer = api.post(_of(made, what), body)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:leadops:problem:not-now")


def test_a_replay_needs_a_moment(api, made):
    assert _codes(api.post(_of(made, "replay/"), {})) == [("since", "required")]
    assert _codes(api.post(_of(made, "replay/"), {"since": "soon"})) == [("since", "not_a_moment")]
    assert api.post(_of(made, "replay/"), {"since": "2026-11-01T00:00:00Z"}).json() == {"events": 0}


def test_a_deleted_one_is_gone(api, made):
    assert api.delete(_of(made)).status_code == 204
    assert api.get(_of(made)).status_code == 404
    assert api.get(SUBSCRIPTIONS).json()["results"] == []
    assert api.delete(_of(made)).status_code == 404


def test_the_eleventh_is_refused(api):
    for number in range(10):
        assert (
            api.post(SUBSCRIPTIONS, {"url": f"{URL}/{number}", "events": ["lead.created"]}).status_code == 201
        )
    answer = api.post(SUBSCRIPTIONS, {"url": f"{URL}/more", "events": ["lead.created"]})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:leadops:problem:not-now")


def test_a_stranger_can_do_nothing_with_it(other_api, made):
    calls = [
        other_api.get(_of(made)),
        other_api.put(_of(made), {"enabled": False}),
        other_api.delete(_of(made)),
        *(other_api.post(_of(made, what), {"since": 0} if what == "replay/" else {})
          for what in ("rotate_secret/", "test/", "replay/")),
    ]  # fmt: skip
    assert {answer.status_code for answer in calls} == {404}
    assert Subscription.objects.get().state == "enabled"
    assert Connection.objects.get().secrets["secret"] == made["secret"]


def test_a_key_without_the_scope_only_reads(partner, made):
    _, text = ApiKey.issue(partner, scopes=[Scope.STATUS_READ])
    reader = Caller(text)
    assert reader.get(_of(made)).status_code == 200
    assert reader.post(_of(made, "rotate_secret/"), {}).status_code == 403
    assert reader.post(SUBSCRIPTIONS, {"url": URL, "events": ["lead.created"]}).status_code == 403
