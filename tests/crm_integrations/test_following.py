"""How a delivered record stands: asked on a schedule, kept word by word, and never taken back by what came late."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connections as databases
from django.db.models.functions import Now
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import following, retry, snapshots
from crm_integrations.answers import flat
from crm_integrations.calls import kept_call
from crm_integrations.connector import Outcome
from crm_integrations.models import Connection, Delivery, Exchange, Health, Inbound, Notice, StatusChange
from crm_integrations.models.exchange import UNANSWERED
from leadops.services import loan_accounts

pytestmark = pytest.mark.django_db(transaction=True)
Purpose, Source = Exchange.Purpose, StatusChange.Source
POLLS = ((3600, 300), (86400, 1800))


@pytest.fixture
def account(receive, connections, vendor_sandbox, program):
    """A loan account that Crego LOS has taken, with its lead at Crego CRM and Brainysoft."""
    opened = loan_accounts.open_account(receive(), "CL00044A", program)
    engine.drain()
    opened.refresh_from_db()
    return opened


def at(vendor: str) -> Delivery:
    return Delivery.objects.select_related("connection").get(connection__vendor=vendor)


def make_due(*vendors: str) -> None:
    Delivery.objects.filter(connection__vendor__in=vendors).update(ask_at=Now())
    Delivery.objects.exclude(connection__vendor__in=vendors).update(ask_at=None)


def ask(*vendors: str) -> int:
    make_due(*vendors)
    return following.follow()


def changes(delivery: Delivery) -> list[tuple[str, str, str, str]]:
    rows = delivery.status_changes.order_by("id")
    return list(rows.values_list("source", "before", "after", "meaning"))


def calls(delivery: Delivery) -> list[str]:
    return list(delivery.exchanges.filter(purpose=Purpose.STATUS).values_list("operation", flat=True))


def test_only_what_can_be_asked_for_is_asked_after_delivery(account, settings):
    due = {d.connection.vendor: d.ask_at for d in Delivery.objects.select_related("connection")}
    assert {vendor for vendor, ask_at in due.items() if ask_at} == {"crego_los", "brainysoft"}
    wait = due["crego_los"] - timezone.now()
    assert timedelta(seconds=290) < wait <= timedelta(seconds=settings.STATUS_POLLS[0][1])
    assert following.follow() == 0


def test_an_account_that_moved_is_shown_as_the_los_last_said(account, vendor_sandbox):
    los = at("crego_los")
    vendor_sandbox.move("crego_los", los.reference, status="dropped", drop_reason="Customer not interested")
    assert ask("crego_los") == 1
    account.refresh_from_db()
    los.refresh_from_db()
    assert (account.status, account.drop_reason) == ("dropped", "Customer not interested")
    assert los.vendor_status == "dropped"
    assert changes(los) == [(Source.POLL, "activation", "dropped", "stopped")]
    assert calls(los) == ["get_account"]
    assert los.ask_at is None, "a final word stops the asking"
    assert following.follow() == 0


def test_a_word_that_did_not_change_leaves_no_trace_but_the_call(account):
    ask("crego_los")
    los = at("crego_los")
    assert changes(los) == []
    assert len(calls(los)) == 1
    assert los.ask_at > timezone.now()


def test_an_unknown_word_is_kept_verbatim_and_told_to_operations(account, vendor_sandbox):
    los = at("crego_los")
    vendor_sandbox.move("crego_los", los.reference, status="Under Re-Assessment")
    ask("crego_los")
    account.refresh_from_db()
    assert account.status == "Under Re-Assessment"
    assert changes(los) == [(Source.POLL, "activation", "Under Re-Assessment", "")]
    notice = Notice.objects.get(kind=Notice.Kind.NEW_STATUS)
    assert (notice.subject, "Re-Assessment" in notice.text) == ("Under Re-Assessment", False)
    los.refresh_from_db()
    assert los.ask_at is not None


def test_a_connection_may_tell_what_a_word_means_there(account, vendor_sandbox):
    los = at("crego_los")
    Connection.objects.filter(pk=los.connection_id).update(settings={"meanings": {"Booked": "active"}})
    vendor_sandbox.move("crego_los", los.reference, status="Booked")
    ask("crego_los")
    assert changes(los) == [(Source.POLL, "activation", "Booked", "active")]
    assert not Notice.objects.exists()


def test_an_approved_lead_is_followed_as_the_application_it_became(account, vendor_sandbox):
    lead = at("brainysoft")
    vendor_sandbox.move("brainysoft", int(lead.reference), currentStatus="CHECK")
    ask("brainysoft")
    vendor_sandbox.move(
        "brainysoft",
        int(lead.reference),
        currentStatus="APPROVED",
        loanApplicationId=90210,
        currentStatusId=101543,
    )
    ask("brainysoft")
    lead.refresh_from_db()
    assert changes(lead) == [
        (Source.POLL, "", "CHECK", "in_review"),
        (Source.POLL, "CHECK", "101543", "active"),
    ]
    assert calls(lead) == ["get_lead", "get_lead", "get_application"]
    assert (lead.reference, lead.ask_at) == (str(vendor_sandbox.held("brainysoft")[0]["id"]), None)


def test_the_longer_nothing_is_new_the_less_often_it_is_asked(account, settings):
    settings.STATUS_POLLS = POLLS
    los = at("crego_los")
    for age, expected in ((60, 300), (3600, 1800), (86_400, None)):
        Delivery.objects.filter(pk=los.pk).update(delivered_at=Now() - timedelta(seconds=age + 5))
        Delivery.objects.filter(pk=los.pk).update(created_at=Now() - timedelta(days=9))
        ask("crego_los")
        los.refresh_from_db()
        wait = None if los.ask_at is None else (los.ask_at - timezone.now()).total_seconds()
        assert wait is None if expected is None else expected - 10 < wait <= expected


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 300), (3599, 300), (3600, 1800), (86_399, 1800), (86_400, None)]
)
def test_the_table_says_how_often(age, wait):
    assert retry.ask_in(age, POLLS) == wait


def test_an_empty_table_asks_never(receive, connections, program, settings):
    settings.STATUS_POLLS = ()
    receive()
    engine.drain()
    assert not Delivery.objects.exclude(ask_at=None).exists()


@pytest.mark.parametrize("fault", ["500_after", "html", "down", "cut_after", "429", "truncated"])
def test_a_failed_call_changes_nothing_and_is_made_again_later(account, vendor_sandbox, fault):
    los = at("crego_los")
    vendor_sandbox.fault("crego_los", fault, kinds=["read"])
    vendor_sandbox.move("crego_los", los.reference, status="active")
    assert ask("crego_los") == 1
    los.refresh_from_db()
    assert (los.vendor_status, los.state, changes(los)) == ("activation", "delivered", [])
    assert los.ask_at > timezone.now()
    assert len(calls(los)) == 1


def test_a_record_that_the_vendor_no_longer_has_is_left_as_it_was(account, vendor_sandbox):
    los = at("crego_los")
    vendor_sandbox.reset()
    ask("crego_los")
    los.refresh_from_db()
    assert (los.vendor_status, los.exchanges.get(purpose=Purpose.STATUS).status) == ("activation", 404)
    assert los.ask_at is not None


def test_a_vendor_in_trouble_does_not_hold_up_the_others(account, vendor_sandbox, receive):
    receive(1)
    engine.drain()
    vendor_sandbox.fault("brainysoft", "down", kinds=["read"])
    vendor_sandbox.move("crego_los", at("crego_los").reference, status="active")
    assert ask("brainysoft", "crego_los") == 2, "one of two leads at Brainysoft, and the account"
    assert at("crego_los").vendor_status == "active"


@pytest.mark.parametrize("why", ["paused", "disabled", "held", "opened"])
def test_nothing_is_asked_of_a_connection_that_holds(account, why):
    los = at("crego_los").connection
    later = timezone.now() + timedelta(hours=1)
    if why == "held":
        Health.objects.update_or_create(connection=los, defaults={"hold_until": later})
    elif why == "opened":
        Health.objects.update_or_create(connection=los, defaults={"opened_at": timezone.now(), "failures": 5})
    else:
        change = {"paused_until": later} if why == "paused" else {"enabled": False}
        Connection.objects.filter(pk=los.pk).update(**change)
    assert ask("crego_los") == 0


def test_polls_keep_to_the_rate_that_deliveries_keep_to(account):
    los = at("crego_los").connection
    Connection.objects.filter(pk=los.pk).update(rate=4.0)
    Health.objects.update_or_create(connection=los, defaults={"tokens": 1.0, "filled_at": timezone.now()})
    began = time.monotonic()
    assert ask("crego_los") == 1
    assert time.monotonic() - began > 0.25, "it waits until another call is allowed"
    assert Health.objects.get(connection=los).tokens < 0.5
    Health.objects.filter(connection=los).update(tokens=-4000.0, filled_at=Now())
    assert ask("crego_los") == 0, "deliveries have used up what is allowed"


def test_an_answer_that_comes_after_a_newer_word_is_dropped(account, vendor_sandbox, monkeypatch):
    los = at("crego_los")
    real = following._answer

    def slow(delivery):
        answer = real(delivery)
        assert following.take_webhook(los.pk, Outcome(los.reference, "active"))
        return answer

    monkeypatch.setattr(following, "_answer", slow)
    ask("crego_los")
    los.refresh_from_db()
    account.refresh_from_db()
    assert (los.vendor_status, account.status) == ("active", "active")
    assert changes(los) == [(Source.WEBHOOK, "activation", "active", "active")]


def test_webhooks_in_any_order_never_lead_back(account):
    los = at("crego_los")
    said = [
        following.take_webhook(los.pk, Outcome(los.reference, word))
        for word in ("assessment", "active", "agreement")
    ]
    assert "further on" in said[0]
    assert "further on" in said[2]
    assert changes(los) == [(Source.WEBHOOK, "activation", "active", "active")]


def test_several_workers_ask_once(account, vendor_sandbox):
    before = len(vendor_sandbox.calls("crego_los"))
    make_due("crego_los")
    ready = threading.Barrier(4)
    asked = []

    def work():
        ready.wait()
        asked.append(following.follow())
        databases.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(asked) == 1
    assert len(vendor_sandbox.calls("crego_los")) == before + 1


def test_a_dead_workers_question_is_asked_again_when_its_time_is_over(account, vendor_sandbox):
    make_due("crego_los")
    dead = following._claim([])
    assert dead is not None
    started = {"connection": dead.delivery.connection, "delivery": dead.delivery, "purpose": Purpose.STATUS}
    begun = Exchange.objects.create(
        **started, operation="get_account", method="GET", url="https://los.example/"
    )
    assert following.follow() == 0
    assert dead.until > timezone.now() + timedelta(seconds=60)
    Delivery.objects.filter(pk=dead.delivery.pk).update(ask_at=Now())
    vendor_sandbox.move("crego_los", dead.delivery.reference, status="active")
    assert following.follow() == 1
    begun.refresh_from_db()
    assert begun.error == UNANSWERED
    following._ask(dead)  # it was only asleep: what it says now is not heard
    assert changes(dead.delivery) == [(Source.POLL, "activation", "active", "active")]


def test_an_officer_may_have_it_asked_at_once_though_it_is_final(account, vendor_sandbox):
    los = at("crego_los")
    vendor_sandbox.move("crego_los", los.reference, status="dropped")
    ask("crego_los")
    vendor_sandbox.move("crego_los", los.reference, status="assessment")
    others = [each.pk for each in Delivery.objects.all()]
    assert following.ask_now(others) == 2, "Crego LOS and Brainysoft"
    following.follow()
    los.refresh_from_db()
    assert (los.vendor_status, los.ask_at is None) == ("assessment", False)


def test_a_credential_in_the_vendors_word_is_not_stored(account, vendor_sandbox):
    los = at("crego_los")
    token = los.connection.secrets["token"]
    vendor_sandbox.move(
        "crego_los", los.reference, status=f"seen {token}", drop_reason=f"{token} and 9876543210"
    )
    ask("crego_los")
    account.refresh_from_db()
    los.refresh_from_db()
    stored = repr([account.__dict__, los.__dict__, changes(los), *Exchange.objects.values_list()])
    assert token not in stored
    assert "9876543210" not in stored


def test_a_word_longer_than_its_columns_is_cut(account, vendor_sandbox):
    los = at("crego_los")
    vendor_sandbox.move("crego_los", los.reference, status="x" * 300)
    ask("crego_los")
    account.refresh_from_db()
    los.refresh_from_db()
    assert (len(los.vendor_status), len(account.status)) == (100, 50)


@pytest.mark.parametrize("vendor", ["crego_crm", "crego_los", "brainysoft"])
def test_a_twin_lists_what_was_sent_to_it(account, vendor):
    delivery, today = at(vendor), timezone.now().date()
    connector = delivery.connection.connector
    days = today - timedelta(days=1), today + timedelta(days=1)
    page = connector.list_page(*days, 1)
    listed = kept_call(delivery.connection, page, Purpose.LIST, connector.parse_list)
    [row] = listed.rows
    ref = account.ref_id if vendor == "crego_los" else delivery.ref
    assert (row.reference, row.ref, listed.more) == (delivery.reference, ref, False)
    assert row.created_at is not None
    assert timezone.now() - row.created_at < timedelta(minutes=5)
    sent = flat(
        json.loads(connector.build(delivery.kind, snapshots.of_deliveries([delivery])[delivery.pk]).body)
    )
    compared = {name: value for name, value in row.fields.items() if name in sent}
    assert compared == {name: sent[name] for name in compared}
    assert len(compared) >= 3


def test_the_command_asks_and_reads_without_celery(account, vendor_sandbox, capsys):
    vendor_sandbox.move("crego_los", at("crego_los").reference, status="active")
    make_due("crego_los")
    Inbound.objects.create(connection=at("broctagon").connection, digest="0" * 64, body="{}")
    call_command("follow_up", "--json")
    assert json.loads(capsys.readouterr().out) == {"webhooks": 1, "asked": 1}
    account.refresh_from_db()
    assert account.status == "active"
