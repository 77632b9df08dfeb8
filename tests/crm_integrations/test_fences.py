"""What stands between a lead and its second copy: each test breaks when one of these fences is taken away.

They are driven through the engine, with the sandbox's ledger as the judge.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db import connection as database

from crm_integrations import delivery as engine
from crm_integrations import outbox, receivers, transport
from crm_integrations.models import Connection, Delivery, Exchange, State
from crm_integrations.outbox import settling, sweeping
from leadops import synthetic
from leadops.models import Applicant, Lead
from leadops.services import loan_accounts
from tests.crm_integrations.in_hand import claimed, end_leases, make_due, only, sleep_on

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_that_woke_too_late_sends_nothing(receive, connections, vendor_sandbox, monkeypatch):
    receive()
    only("ispcrm")
    opened = outbox.open_exchange

    def slow(claim: outbox.Claim, *others: Any) -> None:
        opened(claim, *others)
        if Delivery.objects.get().attempts == 1:
            sleep_on(claim)  # between the opening and the first byte

    monkeypatch.setattr(outbox, "open_exchange", slow)
    claim = claimed()
    engine.deliver(claim)
    left = Delivery.objects.get()
    assert vendor_sandbox.calls("ispcrm") == []
    assert (left.state, left.lease) == (State.QUEUED, None)
    kept = Exchange.objects.get()
    assert "Not sent" in kept.error
    assert kept.finished_at is not None


def test_a_worker_whose_lease_is_gone_opens_no_call(receive, connections, vendor_sandbox):
    receive()
    only("ispcrm")
    claim = claimed()
    end_leases()
    outbox.reap()
    sleep_on(claim)
    engine.deliver(claim)
    assert vendor_sandbox.calls("ispcrm") == []


def test_a_long_batch_renews_its_lease_before_each_call(receive, connections, vendor_sandbox, monkeypatch):
    ensure = outbox.ensure_time

    def late(claim: outbox.Claim, delivery: Delivery) -> None:
        sleep_on(claim)  # the call before took as long as a call may
        ensure(claim, delivery)

    monkeypatch.setattr(outbox, "ensure_time", late)
    for number in range(4):
        receive(number)
    only("ispcrm")
    claim = claimed()
    engine.deliver(claim)
    assert len(vendor_sandbox.held("ispcrm")) == 4
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


def test_a_lease_is_not_renewed_for_what_has_left_it(receive, connections):
    receive(0)
    receive(1)
    only("ispcrm")
    claim = claimed()
    gone, ours = claim.deliveries
    Delivery.objects.filter(pk=gone.pk).update(lease=None, leased_until=None)
    claim.safe_until = 0.0
    with pytest.raises(outbox.LostLease):
        outbox.ensure_time(claim, gone)
    outbox.ensure_time(claim, ours)
    outbox.still_ours(claim)


def test_what_is_being_looked_up_is_not_taken_by_another(receive, connections):
    receive()
    only("crego_crm")
    Delivery.objects.update(state=State.UNKNOWN)
    claimed()
    assert outbox.claim() is None


def test_a_claim_leaves_alone_what_an_officer_is_changing(receive, connections, held_elsewhere):
    receive()
    only("ispcrm")
    with held_elsewhere("SELECT 1 FROM crm_integrations_delivery FOR UPDATE"):
        assert outbox.claim() is None
    claimed()


def test_a_claim_counts_calls_only_when_no_other_claim_does(receive, connections, held_elsewhere):
    receive()
    only("ispcrm")
    with (
        held_elsewhere("SELECT 1 FROM crm_integrations_connection FOR NO KEY UPDATE"),
        pytest.raises(OperationalError),
    ):
        outbox.claim()
    claimed()


def test_the_reaper_leaves_alone_what_another_is_writing(receive, connections, held_elsewhere):
    receive()
    only("ispcrm")
    claimed()
    end_leases()
    with held_elsewhere("SELECT 1 FROM crm_integrations_delivery FOR UPDATE"):
        assert outbox.reap() == 0
    assert outbox.reap() == 1


def test_one_that_breaks_in_the_reapers_hands_stops_no_other(receive, connections, monkeypatch, caplog):
    leads = [receive(number) for number in range(3)]
    only("ispcrm")
    claimed()
    end_leases()
    bad = leads[1].deliveries.get()
    free = sweeping._free
    monkeypatch.setattr(sweeping, "_free", lambda each: 1 / 0 if each.pk == bad.pk else free(each))
    assert outbox.reap() == 2
    stuck = Delivery.objects.filter(state=State.SENDING)
    assert [each.pk for each in stuck] == [bad.pk]
    assert f"Delivery {bad.pk} can't be freed: ZeroDivisionError" in caplog.text


def test_whoever_changes_a_leads_deliveries_waits_for_the_lead(receive, connections, program, held_elsewhere):
    lead = receive()
    claim = claimed()
    claim.safe_until = -1e6  # a settling that can't have the lock is not tried again
    in_hand, other = claim.deliveries[0], lead.deliveries.exclude(lease=claim.lease)[0]
    changes: list[Callable[[], object]] = [
        lambda: loan_accounts.open_account(lead, "CL1", program),
        lambda: outbox.settle(claim, in_hand, outbox.Settlement(State.RETRYING, "", due_in=60)),
        lambda: outbox.cancel([other.pk]),
    ]
    with held_elsewhere("SELECT 1 FROM leadops_lead FOR NO KEY UPDATE"):
        for change in changes:
            with pytest.raises(OperationalError):
                change()
    for change in changes:
        change()


def test_a_release_keeps_what_may_have_been_sent(receive, connections):
    receive(0)
    receive(1)
    only("ispcrm")
    claim = claimed()
    begun, untouched = claim.deliveries
    outbox.open_exchange(claim, begun, Exchange(delivery=begun, purpose="create"))
    outbox.release(claim)
    begun.refresh_from_db()
    untouched.refresh_from_db()
    assert (begun.state, begun.lease) == (State.SENDING, claim.lease)
    assert (untouched.state, untouched.lease) == (State.QUEUED, None)


def test_an_officer_touches_nothing_that_a_worker_has_in_hand(receive, connections, officer):
    receive()
    only("crego_crm")
    Delivery.objects.update(state=State.UNKNOWN)
    assert outbox.claim() is not None
    held = Delivery.objects.get()
    assert not outbox.send_again(held.pk, "they have none", officer)
    assert not outbox.resolve_held(held.pk, "4711", "seen", officer)
    assert Delivery.objects.get().state == State.UNKNOWN


def test_an_officer_can_not_give_a_lead_the_id_of_another(receive, connections, officer):
    receive(0)
    engine.drain()
    reference = Delivery.objects.get(connection__vendor="crego_crm").reference
    second = receive(1)
    mine = Delivery.objects.get(lead=second, connection__vendor="crego_crm")
    Delivery.objects.filter(pk=mine.pk).update(state=State.REVIEW)
    with pytest.raises(outbox.HeldByAnother):
        outbox.resolve_held(mine.pk, reference, "seen", officer)


def test_two_partners_with_one_reference_are_told_apart(receive, connections, vendor_sandbox, other_partner):
    for lead in (receive(0), receive(0, of=other_partner)):
        assert lead.partner_ref_id == synthetic.drafts(1)[0].partner_ref_id
    engine.drain()
    states = Delivery.objects.filter(connection__vendor="crego_crm").values_list("state", "reference")
    assert {state for state, _ in states} == {State.DELIVERED}
    assert {reference for _, reference in states} == {each["id"] for each in vendor_sandbox.held("crego_crm")}
    assert len(states) == 2


def test_one_unreadable_record_holds_up_nobody(receive, connections, vendor_sandbox):
    bad, good = receive(0), receive(1)
    with database.cursor() as cursor:
        cursor.execute("UPDATE leadops_applicant SET pan_no = '\\x0101' WHERE lead_id = %s", [bad.pk])
    assert Applicant.objects.filter(lead=bad).exists()
    engine.drain()
    assert set(bad.deliveries.values_list("state", flat=True)) == {State.FAILED}
    assert set(good.deliveries.values_list("state", flat=True)) == {State.DELIVERED}


def test_a_token_that_no_header_can_hold_pauses_before_anything_is_sent(receive, connections, vendor_sandbox):
    for token in ("dash–token", "line\nbreak"):
        Connection.objects.filter(vendor="ispcrm").update(paused_until=None)
        connection = Connection.objects.get(vendor="ispcrm")
        connection.secrets = {"token": token}
        connection.save()
        Delivery.objects.all().delete()
        Lead.objects.all().delete()
        receive()
        only("ispcrm")
        engine.drain()
        connection.refresh_from_db()
        assert connection.paused, token
        assert Delivery.objects.get().state == State.QUEUED
        assert vendor_sandbox.calls("ispcrm") == []


def test_a_pause_stops_the_batch_that_is_under_way(receive, connections, vendor_sandbox):
    for number in range(5):
        receive(number)
    only("ispcrm")
    vendor_sandbox.fault("ispcrm", "401", times=1)
    engine.drain()
    assert len(vendor_sandbox.calls("ispcrm")) == 1
    assert set(Delivery.objects.values_list("state", "lease")) == {(State.QUEUED, None)}


def test_a_disabled_connection_sends_nothing(receive, connections, vendor_sandbox):
    receive()
    Connection.objects.update(enabled=False)
    engine.drain()
    assert vendor_sandbox.calls("ispcrm") == []


@pytest.mark.parametrize("fault", ["truncated", "cut_after", "huge"])
def test_connections_are_not_used_again_after_an_anomaly(receive, connections, vendor_sandbox, fault):
    vendor_sandbox.fault("ispcrm", fault, times=1)
    receive()
    only("ispcrm")
    engine.drain()
    kept = transport._of_thread.__dict__.get("kept", {})
    assert Connection.objects.get(vendor="ispcrm").base_url not in kept


def test_a_connection_disabled_after_the_claim_sends_nothing(receive, connections, vendor_sandbox):
    receive()
    only("ispcrm")
    claim = claimed()
    Connection.objects.update(enabled=False)
    engine.deliver(claim)
    assert vendor_sandbox.calls("ispcrm") == []
    assert Delivery.objects.values_list("state", "lease").get() == (State.QUEUED, None)


def test_a_release_gives_back_its_own_claim_only(receive, connections):
    receive(0)
    receive(1)
    only("ispcrm")
    first, second = outbox.claim(limit=1), outbox.claim(limit=1)
    assert first is not None
    assert second is not None
    outbox.release(first)
    assert Delivery.objects.get(lease=second.lease).state == State.SENDING


def test_a_release_leaves_unknown_what_is_unknown(receive, connections):
    receive()
    only("crego_crm")
    Delivery.objects.update(state=State.UNKNOWN)
    outbox.release(claimed())
    assert Delivery.objects.values_list("state", "lease").get() == (State.UNKNOWN, None)


def test_a_release_keeps_what_was_accepted(receive, connections):
    receive()
    only("crego_crm")
    claim = claimed()
    outbox.accept(claim, claim.deliveries[0], None)
    outbox.release(claim)
    assert Delivery.objects.get().lease == claim.lease


def test_a_database_that_was_away_gets_the_answer_when_it_is_back(
    receive, connections, vendor_sandbox, monkeypatch
):
    real, away = settling._settle, [OperationalError, InterfaceError]

    def settle(*args: Any) -> None:
        if away:
            raise away.pop()
        real(*args)

    monkeypatch.setattr(settling, "_settle", settle)
    monkeypatch.setattr(settling, "TRY_AGAIN_SECONDS", 0)
    receive()
    only("ispcrm")
    engine.drain()
    assert Delivery.objects.get().state == State.DELIVERED
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_a_database_that_stays_away_is_waited_for_until_the_lease_ends(receive, connections, monkeypatch):
    def settle(*args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(settling, "_settle", settle)
    receive()
    claim = claimed()
    claim.safe_until = time.monotonic() - settings.DELIVERY_DEADLINE_SECONDS + 0.2
    with pytest.raises(OperationalError):
        outbox.settle(claim, claim.deliveries[0], outbox.Settlement(State.DELIVERED, ""))
    assert time.monotonic() >= claim.ends_at


def test_a_refused_lead_that_is_announced_again_is_no_second_delivery(receive, connections):
    lead = receive()
    only("ispcrm")
    Delivery.objects.update(state=State.REJECTED)
    Connection.objects.exclude(vendor="ispcrm").update(enabled=False)
    assert receivers.enqueue_leads(Lead, leads=[lead]) == 0
    assert Delivery.objects.get().state == State.REJECTED


def test_a_refused_version_gives_way_to_the_newer_one(receive, connections):
    lead = receive()
    lead.deliveries.update(state=State.REJECTED)
    lead.version += 1
    assert receivers.enqueue_leads(Lead, leads=[lead]) == 4
    found = set(lead.deliveries.values_list("version", "state"))
    assert found == {(1, State.SUPERSEDED), (2, State.QUEUED)}


def test_a_vendor_that_never_can_is_given_up(receive, connections, vendor_sandbox, settings):
    settings.DELIVERY_RETRIES = (1,)
    vendor_sandbox.fault("ispcrm", "503")
    receive()
    only("ispcrm")
    for _ in range(4):
        engine.drain()
        make_due()
    assert Delivery.objects.get().state == State.DEAD
    assert len(vendor_sandbox.calls("ispcrm")) == 2


def test_a_record_that_is_gone_is_not_sent(receive, connections, vendor_sandbox, monkeypatch):
    receive()
    only("ispcrm")
    monkeypatch.setattr(engine.snapshots, "of_deliveries", lambda deliveries: {})
    engine.drain()
    assert Delivery.objects.get().state == State.CANCELLED
    assert vendor_sandbox.calls("ispcrm") == []


def test_a_renewed_sign_in_leaves_no_call_open(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("brainysoft", "401", times=1)
    receive()
    only("brainysoft")
    engine.drain()
    assert Delivery.objects.get().state == State.DELIVERED
    purposes = list(Exchange.objects.order_by("id").values_list("purpose", flat=True))
    assert purposes[-3:] == ["create", "token", "create"]
    assert not Exchange.objects.filter(finished_at=None).exists()


@pytest.mark.parametrize("fault", ["500_after", "cut_after"])
def test_a_sign_in_without_an_answer_sent_no_lead(receive, connections, vendor_sandbox, fault):
    vendor_sandbox.fault("brainysoft", fault, times=1, kinds=["token"])
    Connection.objects.filter(vendor="brainysoft").update(base_url=f"{vendor_sandbox.url}/")  # no kept token
    receive()
    only("brainysoft")
    engine.drain()
    assert Delivery.objects.get().state == State.RETRYING
    make_due()
    engine.drain()
    assert Delivery.objects.get().state == State.DELIVERED


def test_an_answer_that_came_after_the_lease_is_kept_as_evidence(receive, connections, vendor_sandbox):
    receive()
    only("ispcrm")
    claim = claimed()
    exchange = Exchange(delivery=claim.deliveries[0], purpose="create", status=200, response_body="late")
    outbox.open_exchange(claim, claim.deliveries[0], exchange)
    end_leases()
    outbox.reap()
    with pytest.raises(outbox.LostLease):
        outbox.settle(claim, claim.deliveries[0], outbox.Settlement(State.DELIVERED, ""), exchange)
    assert Exchange.objects.get().response_body == "late"
    assert Delivery.objects.get().state == State.REVIEW


def test_waits_grow_while_signing_in_fails(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("brainysoft", "503", kinds=["token"])
    receive()
    only("brainysoft")
    Connection.objects.filter(vendor="brainysoft").update(base_url=f"{vendor_sandbox.url}/")  # no kept token
    waits = []
    for _ in range(3):
        engine.drain()
        left = Delivery.objects.get()
        waits.append((left.due_at - left.updated_at).total_seconds())
        make_due()
    assert waits[0] < 15 < waits[1] < 80 < waits[2]


def test_an_account_opened_while_its_lead_is_settled_is_not_forgotten(receive, connections, program):
    lead = receive()
    opening = threading.Thread(
        target=lambda: (loan_accounts.open_account(lead, "CL1", program), database.close())
    )
    opening.start()
    engine.drain()
    opening.join()
    engine.drain()
    assert Delivery.objects.get(kind="loan_account").state == State.DELIVERED
