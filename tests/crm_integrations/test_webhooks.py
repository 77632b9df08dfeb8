"""Webhooks: signed or refused, kept once, answered at once, and read afterwards."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from uuid import uuid4

import pytest
from django.db import connections as databases
from django.test import Client

from crm_integrations import delivery as engine
from crm_integrations import tasks, webhooks
from crm_integrations.connector import Event
from crm_integrations.models import Connection, Exchange, Inbound, Notice, StatusChange
from leadops.services import loan_accounts

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "It's a Secret to Everybody"
VECTOR = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
"""The vendor's own: what `Hello, World!` is signed as with that secret."""
WITHDRAWAL = {
    "source": {
        "service": "requests",
        "group": "crm.webhooks.groups.requests.withdrawal",
        "event": "crm.webhooks.requests.withdrawal.reject",
    },
    "target": {"name": "Webhook-Withdraw"},
    "version": "1.0.0",
    "data": {"id": "4711", "type": "withdrawal", "status": "rejected", "user_id": "ABCD1234"},
}


@pytest.fixture
def broctagon(connections) -> Connection:
    connection = connections["broctagon"]
    connection.secrets = {**connection.secrets, "webhook_secret": SECRET}
    connection.save()
    return connection


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(connection_id, body: bytes, sign: str | None = None, **headers: str):
    """A vendor's call: no cookie, no CSRF token."""
    said = {"X-Crm-Signature": signature(body) if sign is None else sign, **headers}
    return Client(enforce_csrf_checks=True).post(
        f"/v1/webhooks/{connection_id}/", body, content_type="application/json", headers=said
    )


def of(event: dict) -> bytes:
    return json.dumps(event).encode()


@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_the_vendors_own_example_is_accepted_in_both_spellings(broctagon, prefix):
    assert post(broctagon.pk, b"Hello, World!", prefix + VECTOR).status_code == 200
    kept = Inbound.objects.get()
    assert (kept.body, kept.event, kept.outcome) == ("Hello, World!", "", webhooks.UNREADABLE)


@pytest.mark.parametrize(
    "given",
    ["", VECTOR[:-1], VECTOR[:-1] + "8", "sha1=" + VECTOR, "sha256=", "sha256=sha256=" + VECTOR, "é" * 64],
)
def test_a_wrong_signature_is_refused_told_and_without_effect(broctagon, given):
    answer = post(broctagon.pk, b"Hello, World!", given)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:leadops:problem:unauthenticated"
    assert not Inbound.objects.exists()
    notice = Notice.objects.get()
    assert (notice.kind, notice.connection) == (Notice.Kind.WEBHOOK, broctagon)


def test_a_missing_signature_is_refused(broctagon):
    answer = Client().post(f"/v1/webhooks/{broctagon.pk}/", b"{}", content_type="application/json")
    assert answer.status_code == 401
    assert not Inbound.objects.exists()


def test_without_a_secret_nothing_is_taken_not_even_signed_with_nothing(connections):
    body = of(WITHDRAWAL)
    assert post(connections["broctagon"].pk, body, signature(body, "")).status_code == 401


def test_refusals_are_one_notice_that_counts(broctagon):
    for _ in range(3):
        post(broctagon.pk, b"{}", "wrong")
    assert Notice.objects.get().seen == 3


def test_the_right_signature_ends_the_notice_unless_another_is_refused_since(broctagon):
    post(broctagon.pk, b"{}", "wrong")
    assert post(broctagon.pk, of(WITHDRAWAL)).status_code == 200
    webhooks.read_new()
    assert not Notice.objects.filter(closed_at=None).exists()
    assert post(broctagon.pk, of({"another": 1})).status_code == 200
    post(broctagon.pk, b"{}", "wrong")
    webhooks.read_new()
    assert Notice.objects.filter(closed_at=None).count() == 1


def test_the_raw_bytes_are_what_was_signed(broctagon):
    body = b'{ "source":{"event":"e"},\t"data": {"n": 1.50} }\n'
    assert post(broctagon.pk, body).status_code == 200
    assert post(broctagon.pk, json.dumps(json.loads(body)).encode(), signature(body)).status_code == 401


@pytest.mark.parametrize("vendor", ["crego_crm", "brainysoft", "ispcrm"])
def test_a_vendor_that_calls_nobody_has_no_address(connections, vendor):
    assert post(connections[vendor].pk, b"{}").status_code == 404


def test_an_unknown_or_disabled_connection_is_not_there(broctagon):
    assert post(uuid4(), b"{}").status_code == 404
    Connection.objects.filter(pk=broctagon.pk).update(enabled=False)
    assert post(broctagon.pk, b"{}").status_code == 404
    assert not Notice.objects.exists()


def test_a_paused_connection_still_listens(broctagon):
    Connection.objects.filter(pk=broctagon.pk).update(paused_until=Connection.UNTIL_RESUMED)
    assert post(broctagon.pk, of(WITHDRAWAL)).status_code == 200


def test_only_post_is_taken_and_no_session_begins(broctagon):
    assert Client().get(f"/v1/webhooks/{broctagon.pk}/").status_code == 405
    assert not post(broctagon.pk, of(WITHDRAWAL)).cookies


def test_a_body_is_read_up_to_its_limit(broctagon, monkeypatch):
    monkeypatch.setattr(webhooks, "LONGEST_BODY", 100)
    assert post(broctagon.pk, b"x" * 100).status_code == 200
    assert post(broctagon.pk, b"x" * 101).status_code == 413
    assert Inbound.objects.count() == 1


def test_a_hundred_of_the_same_are_one_and_are_counted(broctagon):
    body = of(WITHDRAWAL)
    assert {post(broctagon.pk, body).status_code for _ in range(100)} == {200}
    kept = Inbound.objects.get()
    assert (kept.times, kept.event) == (100, "crm.webhooks.requests.withdrawal.reject")
    assert webhooks.read_new() == 1
    post(broctagon.pk, body)
    assert webhooks.read_new() == 0


def test_the_same_at_the_same_time_is_one(broctagon):
    body, ready, answers = of(WITHDRAWAL), threading.Barrier(6), []

    def call():
        ready.wait()
        answers.append(post(broctagon.pk, body).status_code)
        databases.close_all()

    callers = [threading.Thread(target=call) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert answers == [200] * 6
    assert Inbound.objects.get().times == 6


def test_what_broctagon_tells_is_kept_for_reading_and_nothing_is_made_of_it(broctagon, receive):
    lead = receive()
    engine.drain()
    before = list(lead.deliveries.order_by("id").values_list("state", "vendor_status", "updated_at"))
    post(broctagon.pk, of(WITHDRAWAL))
    tasks.follow()
    kept = Inbound.objects.get()
    assert kept.outcome == webhooks.ABOUT_NOTHING_OF_OURS
    assert kept.processed_at is not None
    assert list(lead.deliveries.order_by("id").values_list("state", "vendor_status", "updated_at")) == before
    assert not StatusChange.objects.exists()


def test_personal_data_and_secrets_are_kept_redacted(broctagon):
    told = {**WITHDRAWAL, "data": {"phone": "9876543210", "email": "asha@example.com", "note": f"x {SECRET}"}}
    post(broctagon.pk, of(told))
    body = Inbound.objects.get().body
    assert not [word for word in ("9876543210", "asha@example.com", SECRET) if word in body]
    assert "withdrawal.reject" in body


def test_a_burst_is_stored_at_once_and_understood_later(broctagon):
    for n in range(50):
        assert post(broctagon.pk, of({**WITHDRAWAL, "data": {"id": str(n)}})).status_code == 200
    assert Inbound.objects.filter(processed_at=None).count() == 50
    assert not Exchange.objects.exists()
    assert webhooks.read_new() == 50


def test_a_call_costs_four_statements(broctagon, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        post(broctagon.pk, of(WITHDRAWAL))


def speaks_of(monkeypatch, connection, reference: str, status: str) -> None:
    """As a vendor would that tells of our records; none of the five does."""
    event = Event("account.moved", reference, status)
    monkeypatch.setattr(type(connection.connector), "takes_webhooks", True)
    monkeypatch.setattr(type(connection.connector), "verify", lambda self, headers, body: True)
    monkeypatch.setattr(type(connection.connector), "read_event", lambda self, body: event)


def test_an_event_about_our_record_moves_it(receive, connections, program, monkeypatch):
    account = loan_accounts.open_account(receive(), "CL00044A", program)
    engine.drain()
    los = account.deliveries.get()
    speaks_of(monkeypatch, connections["crego_los"], los.reference, "active")
    assert post(los.connection_id, b"{}").status_code == 200
    account.refresh_from_db()
    assert account.status == "activation", "nothing happens before the answer"
    webhooks.read_new()
    account.refresh_from_db()
    assert account.status == "active"
    assert Inbound.objects.get().outcome.endswith(": active.")
    assert StatusChange.objects.get().source == StatusChange.Source.WEBHOOK


def test_an_event_about_a_record_of_nobody_changes_nothing(receive, connections, monkeypatch):
    receive()
    engine.drain()
    speaks_of(monkeypatch, connections["crego_crm"], "somebody-elses", "active")
    post(connections["crego_crm"].pk, b"{}")
    webhooks.read_new()
    assert Inbound.objects.get().outcome == webhooks.ABOUT_NOTHING_OF_OURS


def test_a_fault_of_ours_in_one_stops_no_other(receive, connections, broctagon, program, monkeypatch):
    account = loan_accounts.open_account(receive(), "CL00044A", program)
    engine.drain()
    los = account.deliveries.get()
    speaks_of(monkeypatch, connections["crego_los"], los.reference, "active")

    def breaks(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(webhooks.following, "take_webhook", breaks)
    post(los.connection_id, b"{}")
    post(broctagon.pk, of(WITHDRAWAL))
    assert webhooks.read_new() == 2
    outcomes = set(Inbound.objects.values_list("outcome", flat=True))
    assert outcomes == {"A fault in leadops: ZeroDivisionError.", webhooks.ABOUT_NOTHING_OF_OURS}
