"""Tokens, the doorbell, the clock's tasks, and what must be right before a start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from celery import current_app
from django.core.checks import run_checks
from django.utils import timezone

import leadops.doorbell
from crm_integrations import delivery, doorbell, outbox, tasks, tokens
from crm_integrations.connector import Token
from crm_integrations.models import Connection, Delivery, Exchange, Route, State
from leadops import synthetic
from leadops.ids import made_at
from leadops.models import Lead
from leadops.services import leads, loan_accounts
from tests import patience
from tests.environment import ROOT


@pytest.fixture
def connection() -> Connection:
    return Connection(vendor="brainysoft", name="bs", base_url="https://core.example")


def test_of_many_threads_one_fetches_the_token(connection):
    fetched, start = [], threading.Barrier(20)

    def fetch() -> Token:
        fetched.append(1)
        return Token("abc", 1800)

    got: list[str] = []

    def ask() -> None:
        start.wait()
        got.append(tokens.get(connection, fetch))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, fetched) == (["abc"] * 20, [1])


def test_a_refused_token_is_dropped_but_not_its_successor(connection):
    assert tokens.get(connection, lambda: Token("old", 1800)) == "old"
    tokens.forget(connection, "old")
    assert tokens.get(connection, lambda: Token("new", 1800)) == "new"
    tokens.forget(connection, "old")
    assert tokens.get(connection, lambda: Token("newer", 1800)) == "new"


def test_new_credentials_never_meet_an_old_token(connection):
    tokens.get(connection, lambda: Token("old", 1800))
    connection.secrets = {"client_id": "other"}
    assert tokens.get(connection, lambda: Token("new", 1800)) == "new"


def test_a_broker_that_is_away_does_not_fail_a_submit(monkeypatch, caplog):
    def away(*args, **kwargs):
        raise ConnectionError("amqp://user:hush@broker")

    monkeypatch.setattr(current_app, "send_task", away)
    doorbell.ring()
    assert "sweep" in caplog.text
    assert "hush" not in caplog.text


def test_a_broker_that_was_away_is_left_alone_for_a_moment(monkeypatch):
    rung = []

    def away(*args, **kwargs):
        rung.append(args)
        raise ConnectionError

    monkeypatch.setattr(current_app, "send_task", away)
    for _ in range(3):
        doorbell.ring()
    assert len(rung) == 1
    monkeypatch.setitem(leadops.doorbell.hushed, "until", time.monotonic())
    doorbell.ring()
    assert len(rung) == 2


RING = """
import django
django.setup()
from leadops import doorbell
doorbell.ring("crm_integrations.tasks.work")
"""


def test_a_broker_that_hangs_up_is_not_tried_again_while_a_lead_waits():
    with socket.create_server(("127.0.0.1", 0)) as broker:
        broker.settimeout(patience.SECONDS)
        url = f"amqp://guest:guest@127.0.0.1:{broker.getsockname()[1]}//"
        environment = {**os.environ, "CELERY_BROKER_URL": url}
        with subprocess.Popen([sys.executable, "-c", RING], cwd=ROOT, env=environment) as ringing:
            broker.accept()[0].close()
            assert ringing.wait(patience.SECONDS) == 0
        broker.settimeout(0)
        with pytest.raises(BlockingIOError):
            broker.accept()


@pytest.fixture
def one_lead(partner, program, db) -> Lead:
    made = Connection(vendor="crego_crm", name="crego", base_url="http://127.0.0.1:9")
    made.secrets = {"token": "t"}
    made.save()
    Route.objects.create(connection=made)
    los = Connection(vendor="crego_los", name="los", base_url="http://127.0.0.1:9")
    los.secrets = {"token": "t"}
    los.save()
    Route.objects.create(connection=los)
    return leads.receive(synthetic.drafts(1)[0], partner=partner, program=program, intake="api")[0]


def test_the_sweep_rings_for_what_is_due_and_wakes_what_waits(one_lead, program, monkeypatch):
    account = loan_accounts.open_account(one_lead, "CL1", program)
    assert account.deliveries.get().state == State.WAITING
    one_lead.deliveries.filter(kind="lead").update(
        state=State.DELIVERED, reference="lead-1", delivered_at=timezone.now()
    )
    rings: list[str] = []
    monkeypatch.setattr(doorbell, "ring", lambda: rings.append("ring"))
    tasks.sweep()
    assert account.deliveries.get().state == State.QUEUED
    assert rings == ["ring"]


def test_old_bodies_are_emptied_and_the_rows_stay(one_lead, settings):
    held = Delivery.objects.get()
    for days in (settings.EXCHANGE_BODY_DAYS + 1, 1):
        with made_at(timezone.now() - timedelta(days=days)):
            Exchange.objects.create(
                connection=held.connection,
                delivery=held,
                purpose="create",
                request_body="{}",
                response_body="{}",
            )
    tasks.prune()
    assert list(Exchange.objects.values_list("request_body", flat=True).order_by("id")) == ["", "{}"]


def test_a_connection_chosen_by_an_officer_needs_no_route(one_lead, partner, program):
    Route.objects.all().delete()
    lead = leads.receive(synthetic.drafts(2)[1], partner=partner, program=program, intake="api")[0]
    assert lead.deliveries.count() == 0
    leads.submit([lead], connections=[Connection.objects.get(name="crego").pk])
    assert [d.connection.name for d in lead.deliveries.all()] == ["crego"]


def test_a_disabled_connection_gets_nothing_new(one_lead, partner, program):
    Connection.objects.update(enabled=False)
    lead = leads.receive(synthetic.drafts(2)[1], partner=partner, program=program, intake="api")[0]
    assert lead.deliveries.count() == 0


def test_cancelled_deliveries_leave_the_lead_unsent(one_lead):
    outbox.cancel(one_lead.deliveries.values_list("pk", flat=True))
    one_lead.refresh_from_db()
    assert one_lead.sync_status == Lead.SyncStatus.NOT_SENT


def test_a_lease_that_ends_before_a_call_does_is_refused(settings):
    assert "crm_integrations.E001" not in {found.id for found in run_checks()}
    settings.DELIVERY_LEASE_SECONDS = settings.DELIVERY_DEADLINE_SECONDS
    assert "crm_integrations.E001" in {found.id for found in run_checks()}


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_begun(one_lead):
    monitor: list[int] = []

    def stop() -> bool:
        monitor.append(1)
        return len(monitor) > 1

    delivery.drain(stop)
    left = Delivery.objects.get()
    assert (left.state, left.lease, left.attempts) == (State.QUEUED, None, 0)
