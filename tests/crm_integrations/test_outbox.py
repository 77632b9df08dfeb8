"""Claims, leases and fences: what holds when several workers, or dying ones, share the outbox."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db import connections as databases
from django.db.models.functions import Now

from crm_integrations import delivery as engine
from crm_integrations import outbox, receivers
from crm_integrations.models import REPEATABLE, Connection, Delivery, Exchange, Route, State
from crm_integrations.outbox import LostLease, Settlement
from leadops.models import Lead
from leadops.services import leads
from tests import people
from tests.crm_integrations.in_hand import end_leases, sleep_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection(db) -> Connection:
    made = Connection(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:9")
    made.secrets = {"token": "t"}
    made.save()
    Route.objects.create(connection=made)
    return made


def test_a_delivery_is_claimed_once_by_eight_workers(connection, queue):
    queue(200)
    Connection.objects.update(parallel=8)
    start, taken = threading.Barrier(8), []

    def work() -> None:
        start.wait()
        while (claim := outbox.claim(limit=3)) is not None:
            taken.extend(delivery.pk for delivery in claim.deliveries)
            Delivery.objects.filter(lease=claim.lease).update(
                state=State.DELIVERED, lease=None, leased_until=None
            )
            outbox.finish(claim)
        databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 200


def test_a_connection_has_only_so_many_calls_under_way(connection, queue):
    queue(30)
    Connection.objects.update(parallel=2)
    claims = [outbox.claim(limit=5) for _ in range(3)]
    assert [len(claim.deliveries) if claim else 0 for claim in claims] == [5, 5, 0]


def test_a_slow_vendor_holds_up_only_its_own_rows(connection, queue):
    other = Connection(vendor="ispcrm", name="other", base_url="http://127.0.0.1:9", parallel=1)
    other.secrets = {"token": "t"}
    other.save()
    Route.objects.create(connection=other)
    Connection.objects.update(parallel=1)
    queue(20)
    first, second, third = outbox.claim(limit=50), outbox.claim(limit=50), outbox.claim(limit=50)
    assert first is not None
    assert second is not None
    assert {first.deliveries[0].connection_id, second.deliveries[0].connection_id} == {
        connection.pk,
        other.pk,
    }
    assert third is None


def test_a_paused_connection_is_left_alone(connection, queue):
    queue(1)
    outbox.pause(connection, "on holiday")
    assert outbox.claim() is None
    outbox.resume(connection)
    assert outbox.claim() is not None


def test_what_is_not_due_is_not_claimed(connection, queue):
    queue(1)
    Delivery.objects.update(due_at=Now() + timedelta(seconds=60))
    assert outbox.claim() is None


def test_a_worker_whose_lease_went_to_another_writes_nothing(connection, queue):
    queue(1)
    late = outbox.claim()
    assert late is not None
    end_leases()
    assert outbox.reap() == 1
    owner = outbox.claim()
    assert owner is not None
    with pytest.raises(LostLease):
        outbox.settle(late, late.deliveries[0], Settlement(State.REJECTED, "too late"))
    with pytest.raises(LostLease):
        outbox.open_exchange(
            late, late.deliveries[0], Exchange(delivery=late.deliveries[0], purpose="create")
        )
    assert Delivery.objects.get().state == State.SENDING
    outbox.settle(owner, owner.deliveries[0], Settlement(State.DELIVERED, "", reference="101"))
    assert Delivery.objects.get().reference == "101"


@pytest.mark.parametrize(
    ("state", "once"), [(State.UNKNOWN, True), (State.REVIEW, True), (State.RETRYING, False)]
)
def test_what_was_unknown_once_is_known_to_have_been_so_for_ever(connection, queue, state, once):
    queue(1)
    for settled in (state, State.RETRYING):
        claim = outbox.claim()
        assert claim is not None
        outbox.settle(claim, claim.deliveries[0], Settlement(settled, "", due_in=0))
        assert Delivery.objects.get().once_unknown is once
        Delivery.objects.update(state=State.QUEUED)


def test_a_worker_that_slept_past_its_lease_does_not_send(connection, queue):
    queue(1)
    claim = outbox.claim()
    assert claim is not None
    outbox.still_ours(claim)
    sleep_on(claim)
    with pytest.raises(outbox.TooLate):
        outbox.still_ours(claim)
    outbox.ensure_time(claim, claim.deliveries[0])
    outbox.still_ours(claim)
    end_leases()
    sleep_on(claim)
    with pytest.raises(LostLease):
        outbox.ensure_time(claim, claim.deliveries[0])


def test_a_dead_worker_that_sent_nothing_leaves_it_queued(connection, queue):
    queue(3)
    assert outbox.claim() is not None
    assert outbox.reap() == 0
    end_leases()
    assert outbox.reap() == 3
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.QUEUED}


@pytest.mark.parametrize(("vendor", "state"), [("ispcrm", State.REVIEW), ("crego_crm", State.UNKNOWN)])
def test_a_worker_that_died_in_its_call_leaves_the_outcome_unknown(connection, queue, vendor, state):
    queue(1)
    Connection.objects.update(vendor=vendor)
    claim = outbox.claim()
    assert claim is not None
    outbox.open_exchange(claim, claim.deliveries[0], Exchange(delivery=claim.deliveries[0], purpose="create"))
    end_leases()
    assert outbox.reap() == 1
    left = Delivery.objects.get()
    assert (left.state, left.attempts) == (state, 1)
    assert "died" in Exchange.objects.get().error
    lead = Lead.objects.get()
    assert lead.sync_status == ("needs_person" if state == State.REVIEW else "in_progress")


def test_the_moment_of_a_call_is_known_as_exactly_as_it_is_kept(connection, queue):
    """The months of calls are told apart by it: a moment cut short may be of the month before."""
    queue(1)
    claim = outbox.claim()
    assert claim is not None
    exchange = Exchange(delivery=claim.deliveries[0], purpose="create")
    outbox.open_exchange(claim, claim.deliveries[0], exchange)
    assert exchange.created_at == Exchange.objects.get().created_at


def test_a_worker_that_died_signing_in_leaves_it_queued(connection, queue):
    queue(1)
    claim = outbox.claim()
    assert claim is not None
    outbox.open_exchange(claim, claim.deliveries[0], Exchange(delivery=claim.deliveries[0], purpose="token"))
    end_leases()
    outbox.reap()
    assert Delivery.objects.get().state == State.QUEUED


def test_an_officer_decides_what_nobody_knows(connection, queue, officer):
    queue(2)
    found, absent = Delivery.objects.all()
    Delivery.objects.update(state=State.REVIEW)
    assert outbox.retry([found.pk]) == 0
    assert outbox.resolve_held(found.pk, "4711", "seen in their list", officer)
    assert not outbox.resolve_held(found.pk, "4712", "again", officer)
    assert outbox.send_again(absent.pk, "they have none", officer)
    found.refresh_from_db()
    absent.refresh_from_db()
    assert (found.state, found.reference) == (State.DELIVERED, "4711")
    assert "asha" in found.reason
    assert "seen in their list" in found.reason
    assert absent.state == State.QUEUED


def test_what_is_in_a_workers_hands_is_not_cancelled(connection, queue):
    queue(2)
    claim = outbox.claim(limit=1)
    assert claim is not None
    assert outbox.cancel(Delivery.objects.values_list("pk", flat=True)) == 1
    assert Delivery.objects.filter(state=State.SENDING).count() == 1


def test_two_vendors_that_settle_at_once_leave_the_right_word(connection, queue):
    Route.objects.create(connection=_another(connection, "isp-2"))
    queue(40)
    Connection.objects.update(parallel=50)
    claims = []
    while (claim := outbox.claim(limit=1)) is not None:
        claims.append(claim)
    assert len(claims) == 80
    start = threading.Barrier(8)

    def settle(mine: list[outbox.Claim]) -> None:
        start.wait()
        for claim in mine:
            outbox.settle(claim, claim.deliveries[0], Settlement(State.DELIVERED, ""))
        databases.close_all()

    threads = [threading.Thread(target=settle, args=(claims[i::8],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Lead.objects.values_list("sync_status", flat=True)) == {"delivered"}


def test_five_hundred_leads_are_enqueued_in_a_few_queries(connection, queue, django_assert_max_num_queries):
    with django_assert_max_num_queries(24):
        queue(500)
    assert Delivery.objects.count() == 500


def test_every_lead_of_a_batch_is_on_its_way(connection, queue):
    made = queue(3)
    assert {lead.sync_status for lead in made} == {"in_progress"}
    assert list(Lead.objects.values_list("sync_status", flat=True)) == ["in_progress"] * 3


def test_a_batch_waits_for_each_of_its_leads(connection, partner, program, held_elsewhere):
    made = people.leads_of(partner, program, 3)
    Lead.objects.update(sync_status="in_progress")  # so that no new word is written, which would wait too
    for lead in made:
        with (
            held_elsewhere(f"SELECT 1 FROM leadops_lead WHERE id = '{lead.pk}' FOR NO KEY UPDATE"),
            pytest.raises(OperationalError),
        ):
            receivers.enqueue_leads(Lead, made)
    assert receivers.enqueue_leads(Lead, made) == 3


@pytest.mark.parametrize("state", [each for each in State if each not in (*REPEATABLE, State.SUPERSEDED)])
def test_what_is_or_may_be_at_a_vendor_is_not_enqueued_again(connection, queue, state):
    (lead,) = queue(1)
    Delivery.objects.update(state=state)
    leads.revise(lead)  # of the same version, another delivery would be a duplicate anyway
    assert receivers.enqueue_leads(Lead, [lead]) == 0
    assert Delivery.objects.values_list("version", "state").get() == (1, state)


def test_what_is_at_one_vendor_is_enqueued_to_another(connection, queue):
    (lead,) = queue(1)
    Delivery.objects.update(state=State.DELIVERED)
    Route.objects.create(connection=_another(connection, "isp-2"))
    assert receivers.enqueue_leads(Lead, [lead]) == 1
    assert Delivery.objects.get(connection__name="isp-2").state == State.QUEUED


def test_one_bad_row_does_not_stop_the_others(connection, queue, monkeypatch, caplog):
    queue(3)
    real = engine._act
    seen: list[Delivery] = []

    def act(claim, delivery, record):
        seen.append(delivery)
        if len(seen) == 1:
            raise RuntimeError("a fault of ours")
        real(claim, delivery, record)

    monkeypatch.setattr(engine, "_act", act)
    claim = outbox.claim()
    assert claim is not None
    engine.deliver(claim)
    assert len(seen) == 3
    assert Delivery.objects.filter(state=State.RETRYING).count() == 2
    assert "could not be settled" in caplog.text


def test_a_fault_of_ours_before_sending_is_shown_as_ours(connection, queue, monkeypatch):
    queue(1)

    def build(self, record):
        raise ZeroDivisionError

    monkeypatch.setattr("crm_integrations.connectors.ispcrm.Ispcrm.build_lead", build)
    engine.drain()
    failed = Delivery.objects.get()
    assert failed.state == State.FAILED
    assert "ZeroDivisionError" in failed.reason


def _another(connection: Connection, name: str) -> Connection:
    other = Connection(vendor=connection.vendor, name=name, base_url=connection.base_url)
    other.secrets = connection.secrets
    other.save()
    return other


def test_a_worker_whose_lease_went_to_another_notes_no_yes(connection, queue):
    queue(1)
    claim = outbox.claim()
    assert claim is not None
    exchange = Exchange(delivery=claim.deliveries[0], purpose="create")
    outbox.open_exchange(claim, claim.deliveries[0], exchange)
    end_leases()
    outbox.reap()
    before = Delivery.objects.values().get(), Exchange.objects.values().get()
    exchange.status, exchange.response_body = 200, "yes"
    with pytest.raises(LostLease):
        outbox.accept(claim, claim.deliveries[0], exchange)
    assert (Delivery.objects.values().get(), Exchange.objects.values().get()) == before
    assert not claim.deliveries[0].accepted


def test_a_worker_that_died_after_a_yes_without_an_id_never_sends_again(connection, queue):
    queue(1)
    Connection.objects.update(vendor="crego_crm")
    claim = outbox.claim()
    assert claim is not None
    exchange = Exchange(delivery=claim.deliveries[0], purpose="create")
    outbox.open_exchange(claim, claim.deliveries[0], exchange)
    outbox.accept(claim, claim.deliveries[0], exchange)
    end_leases()
    outbox.reap()
    left = Delivery.objects.get()
    assert (left.state, left.accepted) == (State.UNKNOWN, True)
