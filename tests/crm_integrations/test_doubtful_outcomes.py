"""Where it is not sure whether the vendor holds a lead: it is asked, or a person is, and never sent blindly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError

from crm_integrations import delivery as engine
from crm_integrations import outbox, snapshots, transport
from crm_integrations.connector import Outcome, Response
from crm_integrations.connectors.brainysoft import Brainysoft
from crm_integrations.connectors.crego_crm import CregoCrm
from crm_integrations.connectors.ispcrm import Ispcrm
from crm_integrations.models import Delivery, Exchange, State
from leadops.services import leads
from tests.crm_integrations.in_hand import claimed, end_leases, make_due, only, sleep_on

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_yes_without_an_id_is_written_only_under_the_lease(receive, connections):
    receive()
    only("crego_crm")
    claim = claimed()
    end_leases()
    outbox.reap()
    with pytest.raises(outbox.LostLease):
        outbox.accept(claim, claim.deliveries[0], None)
    assert not Delivery.objects.get().accepted


def test_a_yes_without_an_id_is_kept_with_its_answer(receive, connections):
    receive()
    only("crego_crm")
    claim = claimed()
    exchange = Exchange(delivery=claim.deliveries[0], purpose="create")
    outbox.open_exchange(claim, claim.deliveries[0], exchange)
    exchange.status, exchange.response_body = 200, "{}"
    outbox.accept(claim, claim.deliveries[0], exchange)
    kept = Exchange.objects.get()
    assert (kept.status, kept.response_body) == (200, "{}")
    assert kept.finished_at is not None


def test_a_fault_of_ours_after_a_yes_makes_no_second_copy(receive, connections, vendor_sandbox, monkeypatch):
    def fail(*args: Any) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(outbox, "held_by_another", fail)
    receive()
    only("crego_crm")
    for _ in range(8):
        engine.drain()
        make_due()
    ended = Delivery.objects.get()
    assert (ended.state, ended.accepted) == (State.REVIEW, True)
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_a_fault_of_ours_once_it_was_sent_makes_no_second_copy(
    receive, connections, vendor_sandbox, monkeypatch
):
    real = transport.send

    def fail(*args: Any) -> None:
        real(*args)
        raise ZeroDivisionError

    monkeypatch.setattr(transport, "send", fail)
    receive()
    only("ispcrm")
    engine.drain()
    assert Delivery.objects.get().state == State.REVIEW
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_a_fault_of_ours_in_sending_is_no_look_up(receive, connections, vendor_sandbox, monkeypatch):
    real = transport.send

    def fail(*args: Any) -> None:
        real(*args)
        raise ZeroDivisionError

    monkeypatch.setattr(transport, "send", fail)
    receive()
    only("crego_crm")
    engine.drain()
    sent = Delivery.objects.get()
    assert (sent.state, sent.lookups) == (State.UNKNOWN, 0)


def test_a_fault_of_ours_in_a_look_up_makes_no_second_copy(receive, connections, vendor_sandbox, monkeypatch):
    def fail(*args: Any) -> None:
        raise ZeroDivisionError

    vendor_sandbox.fault("crego_crm", "500_after", times=1)
    receive()
    only("crego_crm")
    engine.drain()
    assert Delivery.objects.get().state == State.UNKNOWN
    monkeypatch.setattr(CregoCrm, "find", fail)
    for _ in range(8):
        make_due()
        engine.drain()
    assert Delivery.objects.get().state == State.REVIEW
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_a_look_up_that_came_too_late_forgets_nothing(receive, connections, vendor_sandbox, monkeypatch):
    def late(claim: outbox.Claim) -> None:
        raise outbox.TooLate

    receive()
    only("crego_crm")
    known = {"state": State.UNKNOWN, "accepted": True, "lookups": 2, "absences": 1}
    Delivery.objects.update(**known)
    monkeypatch.setattr(outbox, "still_ours", late)
    engine.deliver(claimed())
    assert Delivery.objects.values(*known).get() == known
    assert vendor_sandbox.calls("crego_crm") == []


def accepting_without_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crego says yes, and names no id."""
    understood = CregoCrm.outcome

    def without_id(connector: CregoCrm, response: Response) -> Outcome:
        return replace(understood(connector, response), reference="", look_up=True)

    monkeypatch.setattr(CregoCrm, "outcome", without_id)


def test_what_was_accepted_is_not_sent_again_when_time_runs_out_before_its_look_up(
    receive, connections, vendor_sandbox, monkeypatch
):
    accepting_without_id(monkeypatch)
    opened = outbox.open_exchange

    def slow(claim: outbox.Claim, delivery: Delivery, exchange: Exchange) -> None:
        opened(claim, delivery, exchange)
        if exchange.purpose == Exchange.Purpose.FIND:
            sleep_on(claim)

    receive()
    only("crego_crm")
    monkeypatch.setattr(outbox, "open_exchange", slow)
    engine.deliver(claimed())
    left = Delivery.objects.get()
    assert (left.state, left.accepted, left.lease) == (State.UNKNOWN, True, None)
    monkeypatch.setattr(outbox, "open_exchange", opened)
    engine.drain()
    ended = Delivery.objects.get()
    assert (ended.state, ended.attempts) == (State.DELIVERED, 1)
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_what_was_accepted_is_looked_up_whatever_state_it_was_claimed_from(
    receive, connections, vendor_sandbox
):
    receive()
    only("crego_crm")
    claim = claimed()
    claim.deliveries[0].accepted = True
    engine.deliver(claim)
    assert [call["kind"] for call in vendor_sandbox.calls("crego_crm")] == ["find"]
    left = Delivery.objects.get()
    assert (left.state, left.accepted, left.attempts) == (State.UNKNOWN, True, 0)


@pytest.mark.parametrize("state", [State.QUEUED, State.RETRYING])
def test_the_database_refuses_to_have_sent_what_was_accepted(receive, connections, state):
    receive()
    only("crego_crm")
    with pytest.raises(IntegrityError, match="what_was_accepted_is_never_sent"):
        Delivery.objects.update(state=state, accepted=True)


def test_what_was_refused_after_a_yes_is_not_simply_retried(receive, connections):
    receive()
    only("crego_crm")
    Delivery.objects.update(state=State.REJECTED, accepted=True)
    assert outbox.retry(Delivery.objects.values_list("pk", flat=True)) == 0


def test_what_may_be_there_is_decided_by_a_person_when_its_record_cannot_be_read(
    receive, connections, vendor_sandbox, monkeypatch
):
    def fail(*args: Any) -> None:
        raise ZeroDivisionError

    receive()
    only("crego_crm")
    Delivery.objects.update(state=State.UNKNOWN, accepted=True)
    monkeypatch.setattr(snapshots, "of_deliveries", fail)
    engine.deliver(claimed())
    left = Delivery.objects.get()
    assert (left.state, left.accepted) == (State.REVIEW, True)
    assert outbox.retry([left.pk]) == 0


def test_an_uncertain_look_up_is_no_absence(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("crego_crm", "cut_before", times=1)
    vendor_sandbox.fault("crego_crm", "html", times=1, kinds=["find"])
    receive()
    only("crego_crm")
    for _ in range(2):
        engine.drain()
        make_due()
    left = Delivery.objects.get()
    assert (left.state, left.lookups, left.absences) == (State.UNKNOWN, 1, 0)


def test_a_look_up_that_is_refused_pauses_and_is_not_counted(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("crego_crm", "500_after", times=1)
    vendor_sandbox.fault("crego_crm", "401", times=1, kinds=["find"])
    receive()
    only("crego_crm")
    for _ in range(2):
        engine.drain()
        make_due()
    left = Delivery.objects.get()
    assert (left.state, left.lookups) == (State.UNKNOWN, 0)
    assert left.connection.paused
    outbox.resume(left.connection)
    engine.drain()
    assert Delivery.objects.get().state == State.DELIVERED
    assert len(vendor_sandbox.held("crego_crm")) == 1


@pytest.mark.parametrize("fault", ["500_after", None], ids=["answer lost", "accepted without id"])
def test_an_id_of_another_record_is_never_taken_for_ours(
    receive, connections, vendor_sandbox, monkeypatch, fault
):
    first = receive(0)
    engine.drain()
    taken = Delivery.objects.get(lead=first, connection__vendor="crego_crm").reference
    if fault:
        vendor_sandbox.fault("crego_crm", fault, times=1)
    monkeypatch.setattr(CregoCrm, "parse_find", lambda *args: engine.Outcome(taken))
    second = receive(1)
    for _ in range(8):
        engine.drain()
        make_due()
    ended = Delivery.objects.get(lead=second, connection__vendor="crego_crm")
    assert (ended.state, ended.reference) == (State.REVIEW, "")


def test_what_was_accepted_is_never_sent_again_however_often_it_is_absent(
    receive, connections, vendor_sandbox, monkeypatch
):
    monkeypatch.setattr(CregoCrm, "parse_find", lambda *args: None)
    receive()
    only("crego_crm")
    for _ in range(8):
        engine.drain()
        make_due()
    assert Delivery.objects.get().state == State.REVIEW
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_a_worker_that_died_looking_up_leaves_it_unknown(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("crego_crm", "500_after", times=1)
    receive()
    only("crego_crm")
    engine.drain()
    make_due()
    claim = claimed()
    outbox.open_exchange(claim, claim.deliveries[0], Exchange(delivery=claim.deliveries[0], purpose="find"))
    end_leases()
    outbox.reap()
    assert Delivery.objects.get().state == State.UNKNOWN
    make_due()
    engine.drain()
    assert Delivery.objects.get().state == State.DELIVERED
    assert len(vendor_sandbox.held("crego_crm")) == 1


@pytest.mark.parametrize("changes", [{"primary_mobile": "+919811111111"}, {"partner_ref_id": "another"}])
def test_a_lead_edited_while_its_outcome_is_unknown_is_not_sent_twice(
    receive, connections, vendor_sandbox, changes
):
    vendor_sandbox.fault("crego_crm", "500_after", times=1)
    lead = receive()
    only("crego_crm")
    engine.drain()
    for name, value in changes.items():
        setattr(lead, name, value)
    lead.save()
    leads.revise(lead)
    for _ in range(8):
        make_due()
        engine.drain()
    assert len(vendor_sandbox.held("crego_crm")) == 1
    assert Delivery.objects.get().state in (State.DELIVERED, State.REVIEW)


@pytest.mark.parametrize(
    ("broken", "method", "state"),
    [
        (Ispcrm, "auth", State.FAILED),
        (CregoCrm, "find", State.REVIEW),
        (Brainysoft, "parse", State.DELIVERED),
    ],
)
def test_a_connector_that_breaks_ends_where_a_person_sees_it(
    receive, connections, vendor_sandbox, monkeypatch, broken, method, state
):
    def fail(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(broken, method, property(fail) if method == "auth" else fail)
    receive()
    only(broken.slug)
    for _ in range(8):
        engine.drain()
        make_due()
    assert Delivery.objects.get().state == state
    assert len(vendor_sandbox.held(broken.slug)) == (state != State.FAILED)


def test_an_id_is_anothers_only_at_the_same_connection_and_of_the_same_kind(receive, connections):
    other, mine = (receive(number).deliveries for number in range(2))
    ours = mine.get(connection__vendor="crego_crm")
    theirs = other.filter(connection__vendor="crego_crm")
    other.filter(connection__vendor="ispcrm").update(reference="7")
    assert not outbox.held_by_another(ours, "7")
    theirs.update(reference="7", kind="loan_account")
    assert not outbox.held_by_another(ours, "7")
    theirs.update(kind="lead")
    assert outbox.held_by_another(ours, "7")
    theirs.update(reference="")
    assert not outbox.held_by_another(ours, "")
    mine.filter(pk=ours.pk).update(reference="8")
    ours.pk, ours.version = None, 2
    assert not outbox.held_by_another(ours, "8")  # of an earlier version of itself
