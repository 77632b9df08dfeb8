"""The breaker and the pace: when a vendor is left alone, for how long, and how it is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from crm_integrations import checkups, health, outbox, tasks
from crm_integrations import delivery as engine
from crm_integrations.models import Connection, Delivery, Exchange, Health, Notice, State
from crm_integrations.models.exchange import OF_OURS
from tests import patience
from tests.crm_integrations import holding
from tests.crm_integrations.holding import Vendor
from tests.patience import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with holding.vendor() as made:
        yield made


def end_hold() -> None:
    Health.objects.update(hold_until=Now() - timedelta(milliseconds=1))


def holds(seconds: float, since: datetime) -> bool:
    """Whether the hold lasts so long, counted from a moment between `since` and now."""
    until = Health.objects.get().hold_until
    assert until is not None
    return since <= until - timedelta(seconds=seconds) <= timezone.now()


def notices(kind: Notice.Kind) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind, closed_at=None))


# 429 -----------------------------------------------------------------------------------------------------------------


def test_429_with_120_seconds_stops_everything_for_so_long_and_halves_the_pace(queue, vendor):
    holding.connect("isp", vendor.url, parallel=4)
    queue(30)
    vendor.status, vendor.headers = 429, {"Retry-After": "120"}
    began = timezone.now()
    holding.at_once(4, engine.drain)
    assert 1 <= len(vendor.seen) <= 4  # what was under way when the first 429 came
    row = Health.objects.get()
    assert holds(120, began)
    assert (row.pace, row.opened_at) == (0.5, None)  # once, however many were under way
    sent = len(vendor.seen)
    Delivery.objects.update(due_at=Now())
    assert engine.drain() == 0
    assert outbox.claim() is None
    end_hold()
    vendor.status = 200
    assert engine.drain() == 30
    assert len(vendor.seen) == sent + 30


def test_a_second_429_halves_again_and_the_pace_has_a_floor(queue, vendor):
    holding.connect("isp", vendor.url)
    queue(1)
    vendor.status = 429
    seen = []
    for _ in range(9):
        Delivery.objects.update(due_at=Now(), state=State.QUEUED, attempts=0)
        Health.objects.update(hold_until=Now(), paced_at=Now())
        engine.drain()
        seen.append(Health.objects.get().pace)
    assert seen[:3] == [0.5, 0.25, 0.125]
    assert seen[-1] == health.LEAST_PACE


def test_a_429_that_names_no_wait_holds_a_moment(queue, vendor):
    holding.connect("isp", vendor.url)
    queue(2)
    vendor.status = 429
    began = timezone.now()
    engine.drain()
    assert len(vendor.seen) == 1
    assert holds(health.UNSAID_WAIT, began)


def test_each_clean_minute_gives_a_tenth_back_and_the_notice_goes(queue, vendor):
    isp = holding.connect("isp", vendor.url)
    queue(1)
    vendor.status, vendor.headers = 429, {"Retry-After": "120"}
    engine.drain()
    assert [notice.seen for notice in notices(Notice.Kind.SLOWED)] == [1]
    health.grow()
    assert Health.objects.get().pace == 0.5  # the minutes of the hold are no clean ones
    paced_at = timezone.now() - timedelta(seconds=125)
    Health.objects.update(paced_at=paced_at)
    health.grow()
    row = Health.objects.get()
    assert row.pace == pytest.approx(0.7)
    assert row.paced_at - paced_at == timedelta(minutes=2)
    Health.objects.update(paced_at=F("paced_at") - timedelta(minutes=3))
    health.grow()
    assert Health.objects.get(connection=isp).pace == 1
    assert notices(Notice.Kind.SLOWED) == []


# Opening -------------------------------------------------------------------------------------------------------------


def test_five_timeouts_in_a_row_open_it_and_the_rest_lose_no_attempt(queue, settings):
    settings.DELIVERY_DEADLINE_SECONDS = 0.3
    began = timezone.now()
    with holding.black_hole() as url:
        holding.connect("isp", url)
        queue(12)
        engine.drain()  # one worker, because others may be in their next call when the fifth failure comes
    row = Health.objects.get()
    assert row.opened_at is not None
    assert (row.openings, row.failures) == (1, 5)
    assert holds(health.HOLD_SECONDS, began)
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0] * 7 + [1] * 5
    assert Delivery.objects.filter(attempts=0, state=State.QUEUED, lease=None).count() == 7
    assert [notice.connection.name for notice in notices(Notice.Kind.BREAKER)] == ["isp"]


def test_a_vendor_that_can_not_be_reached_opens_it_too(queue):
    holding.connect("isp", "http://127.0.0.1:9")
    queue(8)
    engine.drain()
    assert Health.objects.get().openings == 1
    assert Exchange.objects.count() == 5


@pytest.mark.parametrize("status", [400, 404, 408, 409, 422])
def test_a_4xx_never_counts(queue, vendor, status):
    holding.connect("isp", vendor.url)
    queue(8)
    vendor.status = status
    engine.drain()
    assert len(vendor.seen) == 8
    assert not Health.objects.filter(failures__gt=0).exists()


def test_a_good_answer_in_between_starts_the_count_anew(queue, vendor):
    holding.connect("isp", vendor.url)
    queue(9)
    for status, claims in ((503, 4), (200, 1), (503, 4)):
        vendor.status = status
        for _ in range(claims):
            claim = outbox.claim(limit=1)
            assert claim is not None
            engine.deliver(claim)
    row = Health.objects.get()
    assert (row.failures, row.opened_at) == (4, None)


def test_half_of_the_last_ten_calls_open_it(queue, vendor):
    holding.connect("isp", vendor.url)
    queue(20)
    statuses = [200, 503] * 5
    for number, status in enumerate(statuses):
        assert not Health.objects.filter(opened_at__isnull=False).exists(), number
        vendor.status = status
        claim = outbox.claim(limit=1)
        assert claim is not None
        engine.deliver(claim)
    assert Health.objects.get().opened_at is not None
    assert "Half" in Health.objects.get().hold_reason


@pytest.mark.parametrize("said", OF_OURS)
def test_calls_that_a_worker_of_ours_broke_off_open_nothing(queue, vendor, said):
    isp = holding.connect("isp", vendor.url)
    queue(1)
    broken = [
        Exchange(connection=isp, purpose="create", error=said, finished_at=timezone.now()) for _ in range(30)
    ]
    Exchange.objects.bulk_create(broken)
    vendor.status = 503
    engine.drain()
    assert (Health.objects.get().failures, Health.objects.get().opened_at) == (1, None)


@pytest.mark.parametrize("left", [True, False])
def test_a_breaker_whose_vendor_answered_closes_once_nothing_is_left_to_try(queue, vendor, left):
    isp = holding.connect("isp", vendor.url)
    queue(1)
    vendor.status = 503
    for _ in range(5):
        Delivery.objects.update(due_at=Now(), state=State.QUEUED)
        engine.drain()
    Health.objects.update(failures=0, hold_until=Now())  # as after a harmless call that was answered
    if not left:
        outbox.cancel(Delivery.objects.values_list("pk", flat=True))
    outbox.sweep()
    assert (Health.objects.get().opened_at is None) is not left
    assert Notice.objects.filter(kind=Notice.Kind.BREAKER, closed_at=None).exists() is left
    isp.enabled = False
    isp.save()
    outbox.sweep()
    assert not Notice.objects.filter(closed_at=None).exists()


def test_failures_of_an_hour_ago_open_nothing(queue, vendor):
    isp = holding.connect("isp", vendor.url)
    queue(1)
    old = [
        Exchange(connection=isp, purpose="create", status=503, finished_at=timezone.now()) for _ in range(30)
    ]
    Exchange.objects.bulk_create(old)
    Exchange.objects.update(created_at=timezone.now() - timedelta(hours=1))
    vendor.status = 503
    engine.drain()
    assert Health.objects.get().opened_at is None


def test_nothing_is_written_while_all_is_well(queue, vendor, django_assert_num_queries):
    isp = holding.connect("isp", vendor.url)
    queue(3)
    engine.drain()
    assert not Health.objects.exists()
    exchange = Exchange(connection=isp, purpose="create", status=200)
    exchange.troubled = False
    with django_assert_num_queries(0):
        health.learn_from(isp, exchange)


# Trying again --------------------------------------------------------------------------------------------------------


def opened(connection: Connection, **changes: object) -> None:
    """The breaker of `connection` has opened once, and its hold is over."""
    values = {"failures": 5, "openings": 1, "opened_at": timezone.now(), **changes}
    Health.objects.create(connection=connection, hold_until=timezone.now() - timedelta(seconds=1), **values)


def test_after_the_hold_eight_claimers_get_exactly_one_delivery(queue):
    opened(holding.connect("isp"))
    queue(40)
    for _ in range(5):
        claims = [claim for claim in holding.at_once(8, outbox.claim) if claim]
        assert [len(claim.deliveries) for claim in claims] == [1]
        assert claims[0].probe
        outbox.release(claims[0])


def test_eight_workers_send_one_trial_and_its_success_lets_all_through(queue, vendor):
    opened(holding.connect("isp", vendor.url))
    queue(40)
    release, first = threading.Event(), []
    answer = holding._Answer.do_GET

    def slow(handler: holding._Answer) -> None:
        first.append(1)
        if len(first) == 1:
            release.wait(patience.SECONDS)
        answer(handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holding._Answer, "do_GET", slow)
        trial = threading.Thread(target=lambda: holding.at_once(1, engine.drain))
        trial.start()
        while not first:
            time.sleep(0.01)
        assert holding.at_once(8, engine.drain) == [0] * 8
        assert len(first) == 1
        release.set()
        trial.join()
    row = Health.objects.get()
    assert (row.opened_at, row.failures, row.openings) == (None, 0, 0)
    assert len(vendor.seen) == 40


def test_a_trial_that_fails_doubles_the_hold_up_to_ten_minutes(queue, vendor):
    opened(holding.connect("isp", vendor.url))
    queue(8)
    vendor.status = 503
    for seconds in (60, 120, 240, 480, 600, 600):
        began = timezone.now()
        engine.drain()
        assert holds(seconds, began)
        end_hold()
    assert len(vendor.seen) == 6
    assert sum(Delivery.objects.values_list("attempts", flat=True)) == 6


def test_what_was_under_way_when_it_opened_is_no_trial(queue, vendor):
    isp = holding.connect("isp", vendor.url)
    queue(2)
    claim = outbox.claim(limit=1)
    assert claim is not None
    exchange = Exchange(delivery=claim.deliveries[0], purpose="create")
    outbox.open_exchange(claim, claim.deliveries[0], exchange)
    opened(isp, openings=2)
    for status in (503, 200):
        exchange.status = status
        outbox.complete_exchange(exchange)
        row = Health.objects.get()
        assert row.opened_at is not None
        assert row.openings == 2


def test_a_batch_claimed_before_it_opened_is_given_back_uncounted(queue, vendor):
    isp = holding.connect("isp", vendor.url)
    queue(4)
    claim = outbox.claim()
    assert claim is not None
    opened(isp)  # and the hold is over already: still, only the trial may call
    assert engine.deliver(claim) == 0
    assert vendor.seen == []
    assert set(Delivery.objects.values_list("state", "attempts", "lease")) == {(State.QUEUED, 0, None)}


def test_an_officer_who_resumes_closes_it(queue, vendor):
    isp = holding.connect("isp", vendor.url)
    opened(isp)
    outbox.pause(isp, "They move")
    assert [notice.kind for notice in Notice.objects.all()] == ["paused"]
    outbox.resume(isp)
    assert Health.objects.get().opened_at is None
    assert notices(Notice.Kind.PAUSED) == []


# The harmless call ---------------------------------------------------------------------------------------------------


@pytest.fixture
def crego(vendor) -> Connection:
    made = holding.connect("crego", vendor.url, "crego_crm")
    opened(made)
    return made


def test_where_there_is_a_harmless_call_it_goes_before_any_record(queue, vendor, crego):
    queue(3)
    assert outbox.claim() is None
    assert not outbox.can_claim()
    tasks.sweep()
    assert len(vendor.seen) == 1
    assert Exchange.objects.get().purpose == Exchange.Purpose.HEALTH
    claim = outbox.claim()
    assert claim is not None
    assert claim.probe
    assert len(claim.deliveries) == 1


def test_a_harmless_call_that_fails_doubles_the_hold(queue, vendor, crego):
    queue(1)
    vendor.status = 503
    began = timezone.now()
    assert checkups.check_held() == 1
    assert holds(60, began)
    assert checkups.check_held() == 0
    assert Delivery.objects.get().attempts == 0


def test_a_refusal_of_the_harmless_call_is_an_answer_but_pauses(vendor, crego):
    vendor.status = 401
    checkups.check_held()
    crego.refresh_from_db()
    assert crego.paused
    assert Health.objects.get().failures == 0


def test_four_sweeps_at_once_make_one_harmless_call(vendor, crego):
    assert sum(holding.at_once(4, checkups.check_held)) == 1
    assert len(vendor.seen) == 1


# One vendor away, the others not -------------------------------------------------------------------------------------


def test_a_black_holed_vendor_costs_another_no_throughput_and_is_left_alone_soon(queue, vendor):
    vendor.delay = 0.05  # so that its calls overlap
    healthy = holding.connect("healthy", vendor.url, parallel=4)
    with holding.black_hole() as url:
        away = holding.connect("away", url, parallel=4)
        queue(80)
        workers = threading.Thread(target=lambda: holding.at_once(8, engine.drain))
        workers.start()
        arrived = Delivery.objects.filter(connection=healthy, state=State.DELIVERED)
        wait_until(lambda: arrived.count() == 80, "all arrive at the one while the other says nothing")
        hanging = Exchange.objects.filter(connection=away)
        assert (hanging.count(), hanging.filter(finished_at=None).count()) == (4, 4)
        assert vendor.most == 4
    workers.join()
    row = Health.objects.get()  # the healthy one has none
    assert row.connection == away
    assert row.opened_at is not None
    assert hanging.count() <= 8  # four were under way when the fifth failed
