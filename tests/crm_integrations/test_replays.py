"""Many deliveries sent again on one order: each once, none that may be there, and new leads are not held up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Replay, ReplayItem, State
from crm_integrations.outbox import replays
from leadops.models import Lead, Officer
from leadops.services import leads
from tests import people, vendors
from tests.crm_integrations.holding import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LOST = "Nobody has it."


@pytest.fixture
def ispcrm(transactional_db: None, vendor_sandbox) -> Connection:
    return vendors.connect(vendor_sandbox.url, "ispcrm")["ispcrm"]


@pytest.fixture
def brainysoft(transactional_db: None, vendor_sandbox) -> Connection:
    return vendors.connect(vendor_sandbox.url, "brainysoft")["brainysoft"]


@pytest.fixture
def refuse(partner, program) -> Callable[..., list[Delivery]]:
    """So many deliveries that were refused, the oldest first."""

    def made(count: int, **columns: object) -> list[Delivery]:
        leads.submit(people.leads_of(partner, program, count))
        Delivery.objects.update(**{"state": State.REJECTED, "reason": LOST, "cause": LOST, **columns})
        return list(Delivery.objects.order_by("id"))

    return made


@pytest.fixture
def order(officer: Officer) -> Callable[..., Replay]:
    def started(**only: object) -> Replay:
        return replays.start(officer, "The vendor mended it.", "all", Delivery.objects.filter(**only))

    return started


def states() -> dict[str, int]:
    found = Delivery.objects.values_list("state", flat=True)
    return {state: list(found).count(state) for state in set(found)}


def test_what_is_refused_goes_out_once_and_the_order_is_done(ispcrm, refuse, order, vendor_sandbox):
    refuse(5)
    replay = order()
    assert (replay.total, replay.state) == (5, Replay.State.RUNNING)
    engine.drain()
    replays.feed()
    replay.refresh_from_db()
    assert (replay.state, states()) == (Replay.State.DONE, {State.DELIVERED: 5})
    assert replay.ended_at is not None
    assert len(vendor_sandbox.held("ispcrm")) == 5
    assert replays.progress(replay) == replays.Progress(delivered=5)
    assert set(Lead.objects.values_list("sync_status", flat=True)) == {Lead.SyncStatus.DELIVERED}


def test_only_a_few_are_queued_at_a_time_the_oldest_first(ispcrm, refuse, order):
    oldest_first = [each.pk for each in refuse(5)]
    order()
    assert [replays.feed(2), replays.feed(2)] == [2, 0]
    queued = Delivery.objects.filter(state=State.QUEUED).values_list("pk", flat=True)
    assert set(queued) == set(oldest_first[:2])


def test_what_else_is_due_leaves_a_replay_less_room(ispcrm, refuse, order):
    refuse(4)
    newest = Delivery.objects.latest("id")
    order(pk__lt=newest.pk)
    outbox.retry([newest.pk])
    assert replays.feed(2) == 1


def test_each_connection_is_fed_for_itself(ispcrm, brainysoft, refuse, order):
    refuse(3)
    order()
    outbox.pause(brainysoft, "Their holiday.")
    assert replays.feed(2) == 2
    assert set(Delivery.objects.filter(state=State.QUEUED).values_list("connection", flat=True)) == {
        ispcrm.pk
    }


def test_delivered_ones_are_never_replayed(ispcrm, refuse, order):
    refused = refuse(3)
    Delivery.objects.filter(pk=refused[0].pk).update(state=State.DELIVERED)
    replay = order()
    assert replay.total == 2
    Delivery.objects.filter(pk=refused[1].pk).update(state=State.DELIVERED)
    assert replays.feed() == 1
    assert replays.left_out(replay) == {replays.DELIVERED: 1}


@pytest.mark.parametrize("state", [each for each in State if each not in replays.REPLAYABLE])
def test_what_is_delivered_replaced_or_on_its_way_is_no_part_of_a_replay(ispcrm, refuse, order, state):
    refuse(1, state=state)
    with pytest.raises(replays.NothingToReplay):
        order()
    assert not Replay.objects.exists()


def test_what_went_on_meanwhile_is_left_with_the_reason(ispcrm, refuse, order, officer):
    first, second, third = refuse(3)
    replay = order()
    outbox.retry([first.pk])
    Delivery.objects.filter(pk=second.pk).update(state=State.SUPERSEDED)
    Lead.objects.filter(pk=third.lead_id).update(status=Lead.Status.DROPPED)
    assert replays.feed() == 0
    assert replays.left_out(replay) == {replays.ON_ITS_WAY: 1, replays.REPLACED: 1, replays.STOPPED: 1}
    assert replays.progress(replay) == replays.Progress(left=3)


def test_pressing_twice_replays_once(ispcrm, refuse, order):
    refuse(2)
    order()
    with pytest.raises(replays.NothingToReplay):
        order()
    assert Replay.objects.count() == 1


@pytest.mark.parametrize("state", [State.REVIEW, State.REJECTED])
def test_once_unknown_one_is_looked_up_before_it_is_sent(
    brainysoft, order, vendor_sandbox, partner, program, state
):
    leads.submit(people.leads_of(partner, program))
    vendor_sandbox.fault("brainysoft", "cut_after")
    engine.drain()
    vendor_sandbox.clear_faults()
    assert states() == {State.UNKNOWN: 1}
    Delivery.objects.update(state=state, lookups=5, absences=1, cause=LOST)
    order()
    assert replays.feed() == 1
    assert Delivery.objects.values_list("state", "lookups", "absences", "cause").get() == (
        State.UNKNOWN,
        0,
        0,
        "",
    )
    engine.drain()
    assert states() == {State.DELIVERED: 1}
    assert len(vendor_sandbox.held("brainysoft")) == 1


def test_once_unknown_one_that_is_not_there_is_sent_after_two_looks(
    brainysoft, refuse, order, vendor_sandbox
):
    refuse(1, once_unknown=True)
    order()
    engine.drain()
    assert states() == {State.UNKNOWN: 1}
    assert vendor_sandbox.held("brainysoft") == []
    Delivery.objects.update(due_at=Now())
    engine.drain()
    assert states() == {State.DELIVERED: 1}
    assert len(vendor_sandbox.held("brainysoft")) == 1


@pytest.mark.parametrize("columns", [{"once_unknown": True}, {"accepted": True}], ids=str)
def test_what_may_be_at_a_vendor_that_cannot_be_asked_comes_to_a_person_without_a_call(
    ispcrm, refuse, order, columns, vendor_sandbox
):
    refuse(1, **columns)
    calls = len(vendor_sandbox.calls("ispcrm"))
    replay = order()
    engine.drain()
    assert states() == {State.REVIEW: 1}
    assert replays.progress(replay).failed == 1
    assert Delivery.objects.get().reason.endswith("This vendor can't be asked.")
    assert len(vendor_sandbox.calls("ispcrm")) == calls


def test_what_a_person_is_to_decide_about_already_is_left_to_them(ispcrm, refuse, order):
    refuse(1, state=State.REVIEW)
    before = Delivery.objects.values().get()
    replay = order()
    assert replays.feed() == 0
    assert replays.left_out(replay) == {replays.CANT_ASK: 1}
    assert Delivery.objects.values().get() == before


def test_cancelled_one_queues_no_more_and_leaves_the_rest_as_it_was(ispcrm, refuse, order):
    refuse(5)
    replay = order()
    replays.feed(2)
    assert replays.cancel(replay)
    engine.drain()
    assert states() == {State.DELIVERED: 2, State.REJECTED: 3}
    assert replays.progress(replay) == replays.Progress(waiting=3, delivered=2)
    replay.refresh_from_db()
    assert replay.state == Replay.State.CANCELLED
    assert not replays.cancel(replay)
    assert set(Delivery.objects.filter(state=State.REJECTED).values_list("reason", flat=True)) == {LOST}


def test_nothing_is_cancelled_of_one_that_is_queued_whole(ispcrm, refuse, order):
    refuse(2)
    replay = order()
    replays.feed(2)
    assert not replays.cancel(replay)
    replay.refresh_from_db()
    assert replay.state == Replay.State.RUNNING


def test_new_lead_passes_a_replay(ispcrm, refuse, order, receive):
    refuse(7)
    replay = order()
    replays.feed(3)
    new = receive(100).deliveries.get()
    for _ in range(2):
        claim = outbox.claim(2)
        assert claim is not None
        engine.deliver(claim)
        replays.feed(3)
    new.refresh_from_db()
    assert new.state == State.DELIVERED
    assert replays.progress(replay) == replays.Progress(waiting=1, on_the_way=3, delivered=3)


def test_a_replay_goes_on_after_its_worker_died(ispcrm, refuse, order, monkeypatch):
    refuse(4)
    replay = order()
    with monkeypatch.context() as dying:
        dying.setattr(replays.summary, "derive", lambda held: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            replays.feed()
    assert replays.progress(replay) == replays.Progress(waiting=4)
    engine.drain()
    assert states() == {State.DELIVERED: 4}


def test_two_that_feed_at_once_take_each_item_once(ispcrm, refuse, order):
    refuse(30)
    order()
    fed = at_once(4, lambda: replays.feed(100))
    assert sorted(fed) == [0, 0, 0, 30]
    assert ReplayItem.objects.filter(taken_at__isnull=False).count() == 30


def test_progress_says_what_failed_again_by_cause(ispcrm, refuse, order, vendor_sandbox):
    refuse(3)
    vendor_sandbox.fault("ispcrm", "error_flag", times=2)
    replay = order()
    engine.drain()
    assert replays.progress(replay) == replays.Progress(delivered=1, failed=2)
    assert replays.progress(replay).percent == 100
    (group,) = replays.failed_again(replay)
    assert (group.connection, group.deliveries) == ("ispcrm", 2)
    assert group.cause


def test_order_is_not_done_while_something_it_queued_waits_to_be_sent(ispcrm, refuse, order):
    refuse(1)
    replay = order()
    replays.feed()
    replays.feed()
    replay.refresh_from_db()
    assert replay.state == Replay.State.RUNNING


def test_choice_by_filter_takes_what_the_filter_finds(ispcrm, refuse, order):
    early, *_ = refuse(3)
    Delivery.objects.filter(pk=early.pk).update(updated_at=timezone.now() - timedelta(hours=3))
    replay = order(updated_at__gte=timezone.now() - timedelta(hours=1))
    assert set(replay.items.values_list("delivery", flat=True)) == set(
        Delivery.objects.exclude(pk=early.pk).values_list("pk", flat=True)
    )


def test_a_hundred_thousand_are_collected_in_one_statement(
    ispcrm, refuse, order, django_assert_max_num_queries
):
    refuse(20)
    with django_assert_max_num_queries(6):
        order()


def test_a_look_for_replays_costs_one_query_where_there_are_none(ispcrm, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert replays.feed() == 0
