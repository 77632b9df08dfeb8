"""Events reach those who subscribed: signed, by the engine that delivers leads, again and again until they do."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.utils import timezone
from standardwebhooks.webhooks import WebhookVerificationError

from crm_integrations import delivery, event_log, health, notices, outbox, subscriptions, transport
from crm_integrations.models import (
    Connection,
    Delivery,
    EventType,
    Exchange,
    Health,
    Notice,
    PartnerEvent,
    State,
    Subscription,
    Untold,
)
from crm_integrations.partner_webhook import PartnerWebhook
from leadops.models import Lead
from leadops.services import leads
from tests import people
from tests.crm_integrations.receiver import Receiver, receiving
from tests.environment import ROOT

ALL = list(EventType)
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def subscribed(partner, receiver) -> tuple[Subscription, str]:
    """`partner` is told everything at `receiver`; with the secret."""
    return subscriptions.create(partner, f"{receiver.url}/hooks/leadops", ALL)


@pytest.fixture
def due(db: None) -> Callable[[], None]:
    """Lets all that waits for its next try be due now, and forgets a breaker."""

    def now() -> None:
        Delivery.objects.filter(state=State.RETRYING).update(due_at=Now())
        Health.objects.all().delete()

    return now


def _hooks(**chosen: Any) -> Any:
    return Delivery.objects.filter(kind="event", **chosen)


def test_a_partner_gets_its_events_signed_as_the_public_library_checks(receive, receiver, subscribed):
    lead = receive()
    delivery.drain()
    subscription, secret = subscribed
    [heard] = receiver.heard
    assert heard.path == "/hooks/leadops"
    event = PartnerEvent.objects.get()
    assert heard.headers["webhook-id"] == str(event.id)
    assert abs(int(heard.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    data = {"lead_id": str(lead.pk), "program_id": str(lead.program_id), "status": "submitted", "version": 1}
    assert heard.verified(secret) == {
        "type": "lead.created",
        "timestamp": event.created_at.isoformat(),
        "data": data,
    }
    assert (_hooks().get().state, subscription.state) == (State.DELIVERED, "enabled")


def test_a_changed_body_or_another_secret_is_seen(receive, receiver, subscribed, other_partner):
    receive()
    delivery.drain()
    [heard] = receiver.heard
    _, other = subscriptions.create(other_partner, receiver.url, ALL)
    with pytest.raises(WebhookVerificationError):
        heard.verified(other)
    heard.body = heard.body.replace(b"submitted", b"declined!")
    with pytest.raises(WebhookVerificationError):
        heard.verified(subscribed[1])


@pytest.fixture
def printed(receive, receiver, subscribed) -> tuple[str, dict[str, str], bytes]:
    """A delivery as it came, to be checked by what docs/api.md prints."""
    receive()
    delivery.drain()
    [heard] = receiver.heard
    return subscribed[1], {name.lower(): value for name, value in heard.headers.items()}, heard.body


def test_the_printed_python_tells_ours_from_others(printed):
    secret, headers, body = printed
    names: dict[str, Any] = {}
    exec(re.search(r"```python\n(.*?)```", API, re.DOTALL)[1], names)
    check = names["is_from_leadops"]
    assert check(secret, headers, body)
    assert not check(secret, headers, body + b" ")
    assert not check("whsec_" + "A" * 43 + "=", headers, body)
    assert not check(secret, headers | {"webhook-timestamp": "1763712000"}, body)


def test_the_printed_shell_makes_the_same_signature(printed):
    secret, headers, body = printed
    told = {"SECRET": secret, "ID": headers["webhook-id"], "TIMESTAMP": headers["webhook-timestamp"]}
    script = re.search(r"```bash\n(.*?)```", API, re.DOTALL)[1]
    done = subprocess.run(
        ["bash", "-euc", script],
        env={**os.environ, **told, "BODY": body.decode()},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == headers["webhook-signature"]


def test_every_event_is_explained_with_its_data():
    explained = set(re.findall(r"^\| `([\w.]+)` \|", API.partition("## 9. Events")[2], re.MULTILINE))
    assert set(EventType.values) <= explained


def test_every_try_is_signed_anew_under_the_same_id(receive, receiver, subscribed, due):
    receiver.status = 500
    receive()
    delivery.drain()
    assert _hooks().get().state == State.RETRYING
    receiver.status = 200
    due()
    delivery.drain()
    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert second.verified(subscribed[1])["type"] == "lead.created"
    assert (_hooks().get().state, _hooks().get().attempts) == (State.DELIVERED, 2)


@pytest.mark.parametrize("status", [301, 308, 400, 401, 403, 404, 409, 422, 500, 502, None])
def test_whatever_is_no_yes_is_tried_again(receive, receiver, subscribed, status):
    """Also where nobody knows whether it arrived: who gets it twice knows it by its id."""
    receiver.status = status
    receive()
    delivery.drain()
    assert _hooks().get().state == State.RETRYING
    assert not Connection.objects.get(pk=subscribed[0].connection_id).paused


def test_a_fault_of_ours_once_it_was_sent_is_tried_again_and_one_before_is_told(
    receive, receiver, subscribed, due, monkeypatch
):
    def fail(*args: Any) -> Any:
        real(*args)
        raise ZeroDivisionError

    real = transport.send
    with monkeypatch.context() as broken:
        broken.setattr(transport, "send", fail)
        receive()
        delivery.drain()
    assert _hooks().get().state == State.RETRYING
    monkeypatch.setattr(PartnerWebhook, "build_event", lambda *args: 1 / 0)
    due()
    delivery.drain()
    assert (len(receiver.heard), _hooks().get().state) == (1, State.FAILED)


def test_retry_after_is_honoured(receive, receiver, subscribed):
    receiver.status, receiver.answer_headers = 429, {"Retry-After": "3000"}
    receive()
    delivery.drain()
    assert _hooks().get().due_at > timezone.now() + timedelta(seconds=2900)


def test_it_is_tried_for_75_hours_and_then_given_up(receive, receiver, subscribed, due, settings):
    receiver.status = 500
    receive()
    for _ in range(len(settings.DELIVERY_RETRIES) + 1):
        delivery.drain()
        due()
    assert sum(settings.DELIVERY_RETRIES) > 75 * 3600
    assert (_hooks().get().state, len(receiver.heard)) == (State.DEAD, 11)


def test_for_a_day_after_a_rotation_both_secrets_are_good(receive, receiver, subscribed):
    subscription, old = subscribed
    new = subscriptions.rotate_secret(subscription)
    receive()
    delivery.drain()
    [heard] = receiver.heard
    assert heard.verified(old) == heard.verified(new)
    assert len(heard.headers["webhook-signature"].split()) == 2
    connection = Connection.objects.get(pk=subscription.connection_id)
    connection.settings["former_until"] = int(timezone.now().timestamp()) - 1
    connection.save()
    receive(1)
    delivery.drain()
    with pytest.raises(WebhookVerificationError):
        receiver.heard[1].verified(old)
    assert receiver.heard[1].verified(new)


def test_410_disables_it_at_once(receive, receiver, subscribed):
    receiver.status = 410
    receive()
    delivery.drain()
    subscription = Subscription.objects.get()
    assert (subscription.state, _hooks().get().state) == ("disabled", State.REJECTED)
    assert "410" in subscription.disabled_reason


def test_after_five_days_without_a_yes_it_is_disabled_and_operations_are_told(
    receive, receiver, subscribed, due, settings, mailoutbox
):
    settings.OPERATIONS_EMAIL = ["ops@lender.example"]
    receiver.status = 503
    receive()
    delivery.drain()
    assert Subscription.objects.get().state == "failing"
    Subscription.objects.update(failing_since=Now() - timedelta(days=4, hours=23))
    due()
    delivery.drain()
    assert Subscription.objects.get().state == "failing"
    Subscription.objects.update(failing_since=Now() - timedelta(days=5, seconds=1))
    due()
    delivery.drain()
    subscription = Subscription.objects.get()
    assert (subscription.state, subscription.disabled_reason) == (
        "disabled",
        "No event was taken for 5 days.",
    )
    notices.tell()
    assert [each.kind for each in Notice.objects.all()] == [Notice.Kind.DISABLED]
    assert "webhook disabled" in mail.outbox[0].subject
    heard = len(receiver.heard)
    due()
    receive(1)
    delivery.drain()
    assert len(receiver.heard) == heard


def test_a_yes_ends_the_failing(receive, receiver, subscribed, due):
    receiver.status = 500
    receive()
    delivery.drain()
    assert Subscription.objects.get().failing_since is not None
    receiver.status = 200
    due()
    delivery.drain()
    assert Subscription.objects.get().failing_since is None


def test_enabled_again_what_is_queued_goes_on(receive, receiver, subscribed, due):
    receiver.status = 410
    receive()
    delivery.drain()
    receiver.status = 200
    subscription = subscriptions.change(Subscription.objects.get(), enabled=True)
    assert (subscription.state, subscription.disabled_reason) == ("enabled", "")
    assert not Notice.objects.filter(closed_at=None).exists()
    receive(1)
    delivery.drain()
    assert receiver.types(subscribed[1])[1:] == ["lead.created"]


def test_a_replay_sends_all_since_a_moment_again_under_the_same_ids(receive, receiver, subscribed):
    for number in range(3):
        receive(number)
    delivery.drain()
    later = PartnerEvent.objects.order_by("number")[1:]
    assert subscriptions.replay(subscribed[0], later[0].created_at) == 2
    delivery.drain()
    told = [each.headers["webhook-id"] for each in receiver.heard]
    assert sorted(told[3:]) == sorted(str(each.id) for each in later)
    assert not Untold.objects.exists()
    assert _hooks().count() == 3


def test_a_replay_brings_what_was_written_while_it_was_disabled(receive, receiver, subscribed):
    began = timezone.now() - timedelta(seconds=1)
    subscription, secret = subscribed
    subscriptions.change(subscription, enabled=False)
    receive()
    delivery.drain()
    assert receiver.heard == []
    with pytest.raises(subscriptions.Disabled):
        subscriptions.replay(subscription, began)
    subscriptions.change(subscription, enabled=True)
    assert subscriptions.replay(subscription, began) == 1
    delivery.drain()
    assert receiver.types(secret) == ["lead.created"]


def test_many_events_are_told_a_part_at_a_time(receive, subscribed, monkeypatch):
    monkeypatch.setattr(outbox.telling, "PART", 2)
    for number in range(5):
        receive(number)
    first, last = (PartnerEvent.objects.order_by(by)[0].number for by in ("number", "-number"))
    Untold.objects.all().delete()
    Untold.objects.create(partner=subscribed[0].partner, first=first, last=last)
    assert [outbox.telling.tell_next() for _ in range(4)] == [2, 2, 1, 0]
    assert _hooks().count() == 5


def test_telling_many_asks_no_more_than_telling_one(program, subscribed, django_assert_max_num_queries):
    people.leads_of(subscribed[0].partner, program, 50)
    with django_assert_max_num_queries(8):
        assert outbox.telling.tell_next() == 50
    assert _hooks().count() == 50
    assert not Untold.objects.exists()


def test_a_test_event_goes_to_its_subscription_alone(receiver, subscribed, partner):
    other, secret = subscriptions.create(partner, f"{receiver.url}/second", ALL)
    event = subscriptions.send_test(other)
    delivery.drain()
    [heard] = receiver.heard
    assert heard.path == "/second"
    assert heard.verified(secret)["type"] == "webhook.test"
    assert heard.headers["webhook-id"] == str(event.id)


def test_only_what_was_subscribed_to_is_sent(receive, receiver, partner):
    _, secret = subscriptions.create(partner, receiver.url, [EventType.LEAD_UPDATED])
    lead = receive()
    leads.revise(lead)
    delivery.drain()
    assert receiver.types(secret) == ["lead.updated"]


def test_a_stranger_gets_nothing_of_it(receive, receiver, subscribed, other_partner):
    subscriptions.create(other_partner, f"{receiver.url}/moonlight", ALL)
    receive()
    receive(1, of=other_partner)
    delivery.drain()
    paths = {each.path: each.headers["webhook-id"] for each in receiver.heard}
    owners = {str(each.id): each.partner_id for each in PartnerEvent.objects.all()}
    assert owners[paths["/moonlight"]] == other_partner.pk
    assert owners[paths["/hooks/leadops"]] == subscribed[0].partner_id
    assert len(receiver.heard) == 2


def test_no_personal_data_leaves_with_an_event(receive, receiver, subscribed, connections):
    lead = receive()
    leads.revise(lead)
    delivery.drain()
    said = b"".join(each.body for each in receiver.heard).decode()
    person = lead.applicants.get()
    for secret in (
        lead.primary_mobile,
        lead.primary_mobile[3:],
        person.name,
        person.pan_no,
        person.primary_email,
    ):
        assert secret
        assert secret not in said
    assert len(receiver.heard) >= 6


def test_the_calls_are_kept_without_signature_and_secret(receive, receiver, subscribed):
    receive()
    delivery.drain()
    call = Exchange.objects.get()
    assert (call.status, call.operation, json.loads(call.request_body)["type"]) == (
        204,
        "event",
        "lead.created",
    )
    kept = f"{call.request_headers} {call.request_body} {call.response_headers}"
    assert subscribed[1] not in kept
    assert "v1," not in kept


def test_a_leads_summary_and_deliveries_know_nothing_of_webhooks(receive, receiver, subscribed):
    receiver.status = 500
    lead = receive()
    delivery.drain()
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.NOT_SENT
    assert not lead.deliveries.exists()
    assert _hooks().get().lead is None


def test_a_webhook_that_fails_holds_up_no_lead(receive, receiver, subscribed, connections, vendor_sandbox):
    receiver.status = None
    lead = receive()
    delivery.drain()
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.DELIVERED
    assert len(vendor_sandbox.calls("ispcrm")) == 1


def test_operations_hear_nothing_of_the_first_troubles(receive, receiver, subscribed):
    receiver.status = 500
    for number in range(6):
        receive(number)
    delivery.drain()
    assert Health.objects.get().opened_at is not None
    assert len(receiver.heard) == health.FAILURES_IN_A_ROW
    assert not Notice.objects.exists()


def test_a_worker_that_died_over_it_leaves_it_to_the_next(receive, receiver, subscribed):
    receive()
    outbox.telling.tell()
    claim = outbox.claim()
    assert claim is not None
    [found] = claim.deliveries
    exchange = Exchange(
        connection=found.connection, delivery=found, purpose="create", operation="event", url="x"
    )
    outbox.open_exchange(claim, found, exchange)
    Delivery.objects.update(leased_until=Now() - timedelta(seconds=1))
    outbox.sweep()
    assert _hooks().get().state == State.QUEUED
    delivery.drain()
    assert len(receiver.heard) == 1


def test_a_partner_that_is_no_longer_active_is_told_nothing(receive, receiver, subscribed, partner):
    receive()
    partner.active = False
    partner.save()
    delivery.drain()
    assert receiver.heard == []


def test_old_events_go_with_their_deliveries_and_calls(receive, receiver, subscribed, connections):
    receive()
    delivery.drain()
    PartnerEvent.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert event_log.prune() == len(receiver.heard) == 5
    assert not _hooks().exists()
    assert not Exchange.objects.filter(operation="event").exists()
    assert Delivery.objects.filter(kind="lead", state=State.DELIVERED).count() == 4


def test_a_deleted_subscription_is_told_nothing_more(receive, receiver, subscribed):
    receiver.status = 500
    receive()
    delivery.drain()
    heard = len(receiver.heard)
    subscriptions.delete(subscribed[0])
    assert (_hooks().get().state, Subscription.objects.get().state) == (State.CANCELLED, "deleted")
    assert not Notice.objects.filter(closed_at=None).exists()
    receive(1)
    delivery.drain()
    assert len(receiver.heard) == heard
    assert Connection.objects.get(pk=subscribed[0].connection_id).secrets == {}


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.partner.example/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://2130706433/x",
        "https://user:pass@hooks.partner.example/x",
        "https://hooks.partner.example/x?token=1",
        "https://hooks.partner.example/x#y",
        "https://hooks.partner.example//evil.example",
        "ftp://hooks.partner.example/",
        "hooks.partner.example",
        "https://hooks.partner.example/" + "x" * 300,
        "https://" + "x" * 250 + ".example/",
        "https://hooks.partner.example:99999/",
        "https://[hooks/",
        "https://hooks.partner.example\\@evil.example/",
        "",
    ],
)
def test_it_sends_only_to_public_addresses(partner, settings, url):
    settings.ALLOW_LOCAL_VENDORS = False
    with pytest.raises(subscriptions.WrongAddress):
        subscriptions.create(partner, url, ALL)
    assert not Connection.objects.exists()


def test_an_address_that_turned_private_is_not_called(receive, receiver, subscribed, settings):
    """A name server may answer otherwise later: every connect looks at the address it goes to."""
    settings.ALLOW_LOCAL_VENDORS = False
    receive()
    delivery.drain()
    assert receiver.heard == []
    assert Subscription.objects.get().state == "paused"
    settings.ALLOW_LOCAL_VENDORS = True
    subscriptions.change(Subscription.objects.get(), url=f"{receiver.url}/new")
    delivery.drain()
    assert [each.path for each in receiver.heard] == ["/new"]


def test_a_partner_has_ten_at_most(partner, receiver):
    for number in range(subscriptions.MOST):
        subscriptions.create(partner, f"{receiver.url}/{number}", ALL)
    with pytest.raises(subscriptions.TooMany):
        subscriptions.create(partner, f"{receiver.url}/more", ALL)
