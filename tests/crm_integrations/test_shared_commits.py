"""The outcome of one call is written with the opening of the next: neither may suffer from the other."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.db import connection as database

from benchmarks.chaos import dying
from benchmarks.chaos.forking import forked
from crm_integrations import delivery as engine
from crm_integrations import outbox, tokens, transport
from crm_integrations.models import Connection, Delivery, Exchange, Lease, State
from crm_integrations.outbox import claims, opening, settling
from leadops.models import Applicant, Lead, LoanAccount
from leadops.services import loan_accounts
from tests.crm_integrations import holding
from tests.crm_integrations.in_hand import claimed, end_leases, only

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(receive, connections, vendor_sandbox) -> outbox.Claim:
    """Two deliveries to ISPCRM, in hand."""
    for number in range(2):
        receive(number)
    only("ispcrm")
    claim = claimed()
    assert len(claim.deliveries) == 2
    return claim


def states(claim: outbox.Claim) -> list[str]:
    found = dict(Delivery.objects.values_list("pk", "state"))
    return [found[each.pk] for each in claim.deliveries]


def before_call(monkeypatch: pytest.MonkeyPatch, number: int, act: Any) -> None:
    """Do `act` in the moment before the first byte of the call with this number."""
    real, made = transport.send, []

    def send(*args: Any) -> Any:
        made.append(args)
        if len(made) == number:
            act()
        return real(*args)

    monkeypatch.setattr(transport, "send", send)


def test_an_outcome_is_written_before_the_next_call_begins(two, monkeypatch):
    seen: list[Any] = []

    def look() -> None:
        first = two.deliveries[0]
        lead = Lead.objects.get(pk=first.lead_id)
        call = Exchange.objects.get(delivery=first)
        seen.append((states(two), lead.sync_status, call.status, call.finished_at is not None))

    before_call(monkeypatch, 2, look)
    engine.deliver(two)
    assert seen == [([State.DELIVERED, State.SENDING], Lead.SyncStatus.DELIVERED, 200, True)]
    assert states(two) == [State.DELIVERED, State.DELIVERED]


def test_the_outcome_is_written_when_the_worker_is_told_to_stop(two):
    calls: list[None] = []

    def stop() -> bool:
        calls.append(None)
        return len(calls) > 1

    assert engine.deliver(two, stop) == 1
    assert states(two) == [State.DELIVERED, State.QUEUED]


def test_the_outcome_is_written_when_the_next_call_breaks_off(two, monkeypatch):
    def interrupt() -> None:
        raise KeyboardInterrupt

    before_call(monkeypatch, 2, interrupt)
    with pytest.raises(KeyboardInterrupt):
        engine.deliver(two)
    assert states(two) == [State.DELIVERED, State.SENDING]


def test_the_outcome_is_written_when_no_next_call_can_be_opened(two, vendor_sandbox):
    def pause() -> None:
        outbox.pause(two.deliveries[0].connection, "by hand")

    real = outbox.settle_with_next
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "settle_with_next", lambda *args: (real(*args), pause())[0])
        engine.deliver(two)
    assert states(two) == [State.DELIVERED, State.QUEUED]
    assert len(vendor_sandbox.calls("ispcrm")) == 1


def test_a_next_call_is_made_though_the_outcome_before_it_came_too_late(two, monkeypatch, caplog):
    def taken_over() -> None:
        Delivery.objects.filter(pk=two.deliveries[0].pk).update(state=State.UNKNOWN, lease=None)

    before_call(monkeypatch, 1, taken_over)
    engine.deliver(two)
    assert states(two) == [State.UNKNOWN, State.DELIVERED]
    assert "was taken over by another worker" in caplog.text
    assert Exchange.objects.get(delivery=two.deliveries[0]).status == 200  # evidence all the same


def refuse_shared(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """No string with an outcome and an opening in it can be sent."""
    real = opening.run

    def run(cursor: Any, named: Any, *statements: Any) -> int:
        if settling.WRITE in statements:
            raise error
        return real(cursor, named, *statements)

    monkeypatch.setattr(opening, "run", run)


@pytest.mark.parametrize(
    "error", [OperationalError("gone"), DataError("bad"), ValueError("not to be written")]
)
def test_what_can_not_be_written_together_is_written_one_by_one(two, monkeypatch, vendor_sandbox, error):
    refuse_shared(monkeypatch, error)
    engine.deliver(two)
    assert states(two) == [State.DELIVERED, State.DELIVERED]
    assert len(vendor_sandbox.calls("ispcrm")) == 2


@pytest.fixture
def unwritable() -> Iterator[Callable[[Delivery], None]]:
    """Has the database refuse that one delivery ends as delivered."""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '22000'; END $$"
        )

    def refuse(delivery: Delivery) -> None:
        with database.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER refused BEFORE UPDATE ON crm_integrations_delivery FOR EACH ROW"
                f" WHEN (NEW.id = '{delivery.pk}' AND NEW.state = 'delivered') EXECUTE FUNCTION refuse()"
            )

    yield refuse
    with database.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse CASCADE")


def test_an_outcome_that_can_not_be_written_at_all_costs_the_others_nothing(queue, unwritable):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(5)
        claim = outbox.claim(5)
        unwritable(claim.deliveries[1])
        engine.deliver(claim)
        assert states(claim) == [State.DELIVERED, State.SENDING, *[State.DELIVERED] * 3]
        assert not Lease.objects.exists()
        end_leases()
        outbox.reap()
        assert states(claim)[1] == State.REVIEW  # ISPCRM can't be asked
        assert len(vendor.seen) == 5


def test_what_was_not_begun_when_the_database_went_away_is_given_back(queue, monkeypatch):
    real, calls = opening.run, []

    def run(*args: Any) -> int:
        calls.append(args)
        if len(calls) <= 2:
            raise OperationalError("server closed the connection")
        return real(*args)

    monkeypatch.setattr(opening, "run", run)
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(4)
        claim = outbox.claim(4)
        assert engine.deliver(claim) == 0
        assert not vendor.seen
        assert (
            list(Delivery.objects.values_list("state", "lease", "leases_lost"))
            == [(State.QUEUED, None, 0)] * 4
        )
        assert engine.drain() == len(vendor.seen) == 4


@pytest.mark.parametrize("stops_after", [1, 2])
def test_a_database_that_is_away_when_a_claim_ends_stops_nobody(queue, monkeypatch, stops_after):
    def away(claim: outbox.Claim) -> None:
        raise OperationalError("server closed the connection")

    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(2)
        claim = outbox.claim(2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbox, "release", away)
            patch.setattr(claims, "let_go", away)
            patch.setattr(settling, "let_go", away)
            assert engine.deliver(claim, lambda: len(vendor.seen) >= stops_after) == stops_after
        assert Lease.objects.count() == 1
        end_leases()
        outbox.sweep()
        assert not Lease.objects.exists()
        assert engine.drain() == 2 - stops_after
        assert states(claim) == [State.DELIVERED, State.DELIVERED]
        assert len(vendor.seen) == 2


def test_a_lost_lease_leaves_no_place_taken(queue, monkeypatch):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url, parallel=1)
        queue(2)
        claim = outbox.claim(1)
        before_call(monkeypatch, 1, lambda: Delivery.objects.filter(lease=claim.lease).update(lease=None))
        engine.deliver(claim)
    assert not Lease.objects.exists()


def test_no_outcome_waits_for_a_sign_in(receive, connections, vendor_sandbox, monkeypatch):
    for number in range(2):
        receive(number)
    only("brainysoft")
    claim, seen = claimed(), []
    real_get, real_settle = tokens.get, outbox.settle_with_next

    def run_out(*args: Any) -> None:
        real_settle(*args)
        tokens.forget(claim.deliveries[0].connection, real_get(claim.deliveries[0].connection, lambda: None))

    def get(*args: Any) -> str:
        seen.append(states(claim))
        return real_get(*args)

    monkeypatch.setattr(outbox, "settle_with_next", run_out)
    monkeypatch.setattr(tokens, "get", get)
    engine.deliver(claim)
    assert seen[1][0] == State.DELIVERED
    assert states(claim) == [State.DELIVERED, State.DELIVERED]


POINTS = {"before": ["sending", "sending"], "after": ["delivered", "sending"]}
"""What is found when the worker dies in the transaction of the first outcome and the second opening."""


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_the_shared_commit_leaves_one_of_two_states(two, point, vendor_sandbox):
    hits = []

    def hit() -> None:
        hits.append(None)
        if len(hits) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    wrap = {"before": dying._inside_transaction, "after": dying._followed}[point]

    def act() -> None:
        opening._opened = wrap(opening._opened, hit)  # in the forked process only
        engine.deliver(two)

    _, status = os.waitpid(forked(act), 0)
    assert os.WIFSIGNALED(status)
    assert states(two) == POINTS[point]
    assert len(vendor_sandbox.calls("ispcrm")) == 1
    end_leases()
    outbox.reap()
    first = State.DELIVERED if point == "after" else State.REVIEW
    second = State.REVIEW if point == "after" else State.QUEUED  # a call that was opened may have been made
    assert states(two) == [first, second]


def test_a_lead_that_was_changed_in_the_workers_hands_goes_in_its_newest_version(
    two, monkeypatch, vendor_sandbox
):
    lead = two.deliveries[1].lead

    def change() -> None:
        Applicant.objects.filter(lead=lead).update(
            name="Meera Newname", first_name="Meera", last_name="Newname"
        )
        Lead.objects.filter(pk=lead.pk).update(version=lead.version + 1)

    before_call(monkeypatch, 1, change)
    engine.deliver(two)
    assert states(two) == [State.DELIVERED, State.DELIVERED]
    call = Exchange.objects.get(delivery=two.deliveries[1])
    assert call.version == lead.version + 1
    assert "Newname" in call.request_body


def test_an_account_that_was_changed_in_the_workers_hands_goes_in_its_newest_version(
    receive, connections, vendor_sandbox, program
):
    account = loan_accounts.open_account(receive(), "CL1", program)
    los = Connection.objects.filter(vendor="crego_los")
    los.update(enabled=False)
    engine.drain()  # the lead, which the account waits for
    los.update(enabled=True)
    claim = claimed()
    assert claim.deliveries[0].loan_account.version == account.version  # read with the claim
    LoanAccount.objects.filter(pk=account.pk).update(ref_id="CL2", version=account.version + 1)
    engine.deliver(claim)
    call = Exchange.objects.get(purpose="create", delivery__kind="loan_account")
    assert (call.version, "CL2" in call.request_body) == (account.version + 1, True)
