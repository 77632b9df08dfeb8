"""The back office's pages of subscriptions: making one, steering it, and seeing how it goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery, subscriptions
from crm_integrations.models import Connection, Delivery, EventType, State, Subscription
from leadops.models import ApiKey, AuditEvent, Scope
from tests import people
from tests.crm_integrations.receiver import Receiver, receiving

PAGE = "admin:crm_integrations_subscription_"
URL = "https://hooks.sunrise.example/leadops"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def subscription(partner, receiver) -> Subscription:
    return subscriptions.create(partner, receiver.url, list(EventType))[0]


def _page(desk, subscription: Subscription) -> str:
    answer = desk.get(reverse(f"{PAGE}change", args=[subscription.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def _press(desk, name: str, subscription: Subscription, **body: str):
    return desk.post(reverse(f"{PAGE}{name}", args=[subscription.pk]), body, follow=True)


def test_an_officer_subscribes_a_partner_and_sees_the_secret_once(desk, partner):
    body = {"partner": partner.pk, "url": URL, "events": ["lead.created", "import.finished"]}
    answer = desk.post(reverse(f"{PAGE}add"), body)
    made = Subscription.objects.get()
    assert (made.partner, made.url, made.events) == (partner, URL, body["events"])
    secret = made.connection.secrets["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in _page(desk, made)
    partner.refresh_from_db()
    assert partner.keeps_events


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": f"{URL}?token=1"}, "without ? and #"),
        ({"url": "ftp://x"}, "Give a URL like"),
        ({"events": []}, "This field is required."),
        ({"events": ["lead.eaten"]}, "is not one of the available choices"),
        ({"partner": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_at_the_form(desk, partner, changes, words):
    body = {"partner": partner.pk, "url": URL, "events": ["lead.created"]} | changes
    answer = desk.post(reverse(f"{PAGE}add"), body)
    assert words in answer.content.decode()
    assert not Subscription.objects.exists()


def test_the_page_shows_what_was_sent_and_how_that_went(desk, subscription, receive, receiver):
    receiver.status = 500
    receive()
    delivery.drain()
    shown = _page(desk, subscription)
    assert "lead.created" in shown
    assert "No event was taken since" in shown
    assert "HTTP 500." in shown


def test_what_we_disabled_says_why_here_and_on_the_partners_page(desk, subscription, receive, receiver):
    receiver.status = 503
    receive()
    delivery.drain()
    Subscription.objects.update(failing_since=Now() - timedelta(days=6))
    Delivery.objects.update(due_at=Now())
    delivery.drain()
    assert "No event was taken for 5 days." in _page(desk, subscription)
    partners = desk.get(reverse("admin:leadops_partner_change", args=[subscription.partner_id]))
    assert "No event was taken for 5 days." in partners.content.decode()
    receiver.status = 200
    _press(desk, "enable", subscription)
    Delivery.objects.update(due_at=Now())
    delivery.drain()
    assert Delivery.objects.get().state == State.DELIVERED
    assert "5 days" not in _page(desk, subscription)


def test_the_buttons_do_what_they_say(desk, subscription, receive, receiver):
    assert "test event is on its way" in _press(desk, "test", subscription).content.decode()
    receive()
    delivery.drain()
    since = timezone.localtime() - timedelta(minutes=2)
    asked = {"since": f"{since:%Y-%m-%dT%H:%M}", "reason": "Their server was down"}
    assert "1 event since" in _press(desk, "replay", subscription, **asked).content.decode()
    delivery.drain()
    assert len(receiver.heard) == 3
    noted = AuditEvent.objects.get(action=AuditEvent.Action.REPLAYED)
    assert (noted.record, noted.act.reason) == (str(subscription.pk), "Their server was down")
    for wrong, words in {
        "since": "Give the day and the time",
        "reason": "Say why they are sent again",
    }.items():
        assert words in _press(desk, "replay", subscription, **asked | {wrong: "so"}).content.decode()
    number = asked | {"reason": "For 98765 43210"}
    assert "without any number" in _press(desk, "replay", subscription, **number).content.decode()
    delivery.drain()
    assert len(receiver.heard) == 3
    before = Connection.objects.get().secrets["secret"]
    rotated = _press(desk, "rotate", subscription).content.decode()
    after = Connection.objects.get().secrets
    assert after["secret"] in rotated
    assert after == {"secret": after["secret"], "former_secret": before}
    _press(desk, "disable", subscription)
    assert not Connection.objects.get().enabled
    assert "enable it first" in _press(desk, "test", subscription).content.decode()
    _press(desk, "end", subscription)
    assert Subscription.objects.get().state == "deleted"
    assert desk.get(reverse(f"{PAGE}change", args=[subscription.pk])).status_code == 302


def test_address_and_events_are_changed_on_the_page(desk, subscription, receiver):
    page = reverse(f"{PAGE}change", args=[subscription.pk])
    desk.post(page, {"url": f"{receiver.url}/new", "events": ["lead.updated"]})
    changed = Subscription.objects.get()
    assert (changed.url, changed.events) == (f"{receiver.url}/new", ["lead.updated"])
    refused = desk.post(page, {"url": "no address", "events": ["lead.updated"]})
    assert "Give a URL like" in refused.content.decode()
    assert Subscription.objects.get().url == f"{receiver.url}/new"


def test_the_desk_keeps_webhooks_apart_from_vendors(desk, subscription, receive, connections):
    name = subscription.connection.name
    lead = receive()
    delivery.drain()
    assert name in desk.get(reverse("admin:crm_integrations_delivery_changelist")).content.decode()
    for page in ("admin:crm_integrations_connection_changelist", "admin:index"):
        assert name not in desk.get(reverse(page)).content.decode()
    assert name not in desk.get(reverse("admin:leadops_lead_change", args=[lead.pk])).content.decode()
    vendors = desk.get(reverse("admin:crm_integrations_connection_add")).content.decode()
    assert "partner_webhook" not in vendors
    its_own = desk.get(reverse("admin:crm_integrations_connection_change", args=[subscription.connection_id]))
    assert its_own["Location"] == reverse(f"{PAGE}change", args=[subscription.pk])
    sent = Delivery.objects.filter(kind="event").latest("id")
    assert desk.get(reverse("admin:crm_integrations_delivery_change", args=[sent.pk])).status_code == 200


def test_no_officer_makes_a_webhook_among_the_vendors(desk, partner):
    body = {"vendor": "partner_webhook", "name": "x", "base_url": "https://x.example", "jurisdiction": ""}
    assert desk.post(reverse("admin:crm_integrations_connection_add"), body).status_code == 200
    assert not Connection.objects.exists()


def test_who_may_only_look_changes_nothing(subscription):
    clerk = people.clerk("view_subscription", "view_partner")
    shown = _page(clerk, subscription)
    assert "<button" not in shown.partition('id="subscription-title"')[2].partition("</section>")[0]
    for name in ("test", "rotate", "replay", "enable", "disable", "end"):
        assert clerk.post(reverse(f"{PAGE}{name}", args=[subscription.pk])).status_code == 403
    changed = {"url": "https://evil.example/", "events": ["lead.created"]}
    assert clerk.post(reverse(f"{PAGE}change", args=[subscription.pk]), changed).status_code == 403
    assert clerk.get(reverse(f"{PAGE}add")).status_code == 403
    assert people.clerk("view_lead").get(reverse(f"{PAGE}changelist")).status_code == 403


def test_the_list_takes_few_questions(desk, partner, receiver, django_assert_max_num_queries):
    for number in range(8):
        subscriptions.create(partner, f"{receiver.url}/{number}", list(EventType))
    with django_assert_max_num_queries(12):
        shown = desk.get(reverse(f"{PAGE}changelist")).content.decode()
    assert f"{receiver.url}/7" in shown


def test_a_key_may_be_given_the_right_to_subscribe(desk, partner):
    body = {"mode": "live", "label": "events", "scopes": ["event:write"], "expires_at": ""}
    desk.post(reverse("admin:leadops_partner_make_key", args=[partner.pk]), body)
    assert ApiKey.objects.get().scopes == [Scope.EVENT_WRITE]
