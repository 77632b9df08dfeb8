"""Changes that raise a notice by themselves, end by themselves, and are none where there is none."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import comb

import pytest
from django.utils import timezone

from crm_integrations import notices as notice_board
from crm_integrations import watching
from crm_integrations.models import Connection, Notice, Tally
from crm_integrations.watching import drifting, durations
from tests.crm_integrations import holding
from tests.crm_integrations.test_watching import NO, YES, called

CAUSE = "mobile … is invalid"


@pytest.fixture
def isp(db) -> Connection:
    return holding.connect("isp")


def hour_of(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(minute=0, second=0, microsecond=0)


NOW = hour_of(timezone.now()) + timedelta(minutes=30)


def tally(
    connection: Connection, ago: int = 0, sent: int = 100, took: Sequence[int] = (), **causes: int
) -> Tally:
    """The calls of the hour so many hours ago; each of them took 100 ms, unless said."""
    kept = dict(Counter(str(durations.step(each)) for each in (took or [100] * sent)))
    return Tally(
        connection=connection, hour=hour_of(NOW) - timedelta(hours=ago), calls=sent, sent=sent, causes=causes,
        durations=kept, p50_ms=durations.quantile(kept, 0.5), p95_ms=durations.quantile(kept, 0.95),
    )  # fmt: skip


def week(connection: Connection, **each: object) -> None:
    Tally.objects.bulk_create([tally(connection, ago, **each) for ago in range(1, 169)])


def judged(connection: Connection, **hour: object) -> list[tuple[str, str]]:
    """The open notices once the hour that is now was like this."""
    Tally.objects.filter(connection=connection, hour=hour_of(NOW)).delete()
    tally(connection, **hour).save()
    drifting.judge(connection, NOW)
    return open_ones()


def open_ones() -> list[tuple[str, str]]:
    return list(Notice.objects.filter(closed_at=None).values_list("kind", "subject"))


# Reasons -------------------------------------------------------------------------------------------------------------


def test_two_percent_that_become_thirty_one_are_a_notice_from_the_calls_on(isp):
    """The issue's example, with real calls: 20 of 1,000 in the week before, 31 of 100 now."""
    for number in range(1000):
        called(isp, NO if number < 20 else YES, ago=7200 + 400 * number)
    assert watching.watch() == 1000
    assert open_ones() == []
    now = hour_of(timezone.now()) - timedelta(minutes=1)  # the hour before: whole, whatever the clock says
    Tally.objects.filter(hour=hour_of(now)).delete()
    for number in range(100):
        called(isp, NO if number < 31 else YES, created_at=now)
    watching.watch()
    assert open_ones() == [("reasons", CAUSE)]
    notice = Notice.objects.get()
    assert notice.text == "One cause made 31 % of the calls of an hour; in the week before, 2 %."


@pytest.mark.parametrize(("count", "sent"), [(6, 20), (9, 29), (31, 100), (310, 1000)])
def test_thirty_one_of_a_hundred_is_seen_from_twenty_calls_on(isp, count, sent):
    week(isp, a=2)
    assert judged(isp, sent=sent, a=count) == [("reasons", "a")]


@pytest.mark.parametrize(
    ("count", "sent"),
    [(6, 19), (2, 20), (11, 100), (119, 1000)],
    ids=["too few calls", "chance", "nine points", "under ten points"],
)
def test_what_is_little_or_chance_is_no_notice(isp, count, sent):
    week(isp, a=2)
    assert judged(isp, sent=sent, a=count) == []


def test_a_cause_that_was_never_seen_is_a_notice(isp):
    week(isp)
    assert judged(isp, fresh=30) == [("reasons", "fresh")]


def test_a_young_connection_has_nothing_to_compare_with(isp):
    tally(isp, 1, sent=60).save()
    assert judged(isp, a=60) == []


def test_fewer_refusals_are_no_trouble(isp):
    week(isp, a=40)
    assert judged(isp) == []


def test_other_reasons_end_by_themselves(isp):
    week(isp, a=2)
    assert judged(isp, a=31) == [("reasons", "a")]
    assert judged(isp, a=9) == [("reasons", "a")]  # neither raised nor closed by it
    assert judged(isp, a=6) == []
    assert Notice.objects.count() == 1


def test_an_hour_that_goes_on_is_one_notice_and_says_how_it_is_now(isp):
    week(isp, a=2)
    judged(isp, a=31)
    judged(isp, a=45)
    notice = Notice.objects.get()
    assert (notice.seen, "45 %" in notice.text) == (2, True)


def test_what_a_week_made_usual_ends(isp):
    week(isp, a=31)
    notice_board.raise_notice(isp, Notice.Kind.REASONS, "Before.", "a")
    assert judged(isp, a=33) == []


def test_a_beginning_hour_leaves_the_judgement_to_the_one_before(isp):
    week(isp, a=2)
    Tally.objects.filter(hour=hour_of(NOW) - timedelta(hours=1)).delete()
    tally(isp, 1, a=31).save()
    assert judged(isp, sent=5) == [("reasons", "a")]


def test_when_nothing_is_sent_any_more_it_ends(isp):
    week(isp, a=2)
    judged(isp, a=31)
    Tally.objects.all().delete()
    drifting.judge(isp, NOW)
    assert open_ones() == []


def test_what_an_officer_put_away_stays_away_while_it_goes_on(isp, officer):
    week(isp, a=2)
    judged(isp, a=31)
    watching.put_away(Notice.objects.get(), officer)
    assert judged(isp, a=35) == []
    assert judged(isp, a=35, b=30) == [("reasons", "b")]
    Notice.objects.filter(subject="a").update(closed_at=NOW - timedelta(days=8))
    assert ("reasons", "a") in judged(isp, a=35, b=30)


# Slower --------------------------------------------------------------------------------------------------------------


def test_twice_the_usual_p95_is_a_notice_and_ends_by_itself(isp):
    week(isp)
    assert judged(isp, sent=20, took=[200] * 20) == [("slower", "")]
    assert Notice.objects.get().text.startswith("Of a hundred calls 95 took up to")
    assert judged(isp, sent=20, took=[170] * 20) == [("slower", "")]
    assert judged(isp, sent=20, took=[140] * 20) == []


@pytest.mark.parametrize(
    ("took", "why"),
    [
        ([190] * 20, "less than twice"),
        ([200] * 19, "too few calls"),
        ([100] * 18 + [900] * 2, "two stray ones"),
    ],
)
def test_what_is_little_slower_or_seldom_is_no_notice(isp, took, why):
    week(isp)
    assert judged(isp, sent=len(took), took=took) == [], why


def test_what_nobody_would_notice_is_no_notice(isp):
    week(isp, took=[4] * 100)
    assert judged(isp, took=[40] * 100) == []


def test_a_quiet_week_has_no_usual_p95(isp):
    for ago in range(1, 5):
        tally(isp, ago).save()
    assert judged(isp, took=[900] * 100) == []


def test_a_slow_tail_is_seen(isp):
    week(isp)
    assert judged(isp, took=[100] * 90 + [500] * 10) == [("slower", "")]


# A steady vendor -----------------------------------------------------------------------------------------------------


def steady_hour(chance: random.Random, sent: int, shares: dict[str, float], spread: float) -> Tally:
    counts = {cause: sum(chance.random() < share for _ in range(sent)) for cause, share in shares.items()}
    took = [int(200 * chance.lognormvariate(0, spread)) for _ in range(sent)]
    kept = dict(Counter(str(durations.step(each)) for each in took))
    p95 = durations.quantile(kept, 0.95)
    return Tally(sent=sent, calls=sent, causes=counts, durations=kept, p95_ms=p95)


def test_a_thousand_steady_weeks_raise_nothing():
    """Each its own vendor: how busy, how often it refuses and why, how unevenly it answers."""
    raised = []
    for seed in range(1000):
        chance = random.Random(seed)
        shares = {"a": chance.uniform(0, 0.05), "b": chance.uniform(0, 0.4)}
        busy, spread = chance.choice([20, 20, 30, 60]), chance.uniform(0.1, 0.7)
        hours = [steady_hour(chance, busy, shares, spread) for _ in range(16)]
        before = hours[:8]
        for hour in hours[8:]:
            found = [*drifting._reasons(hour, before), drifting._slower(hour, before)]
            raised += [(seed, each) for each in found if each]
    assert raised == []


@pytest.mark.parametrize("calls", [20, 25])
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.5])
def test_chance_alone_raises_a_notice_in_fewer_than_one_of_100_000_looks(calls, share):
    """Exactly: all that can come of a steady share, in the smallest week and hour, with its probability."""

    def chances(of: int) -> list[float]:
        return [comb(of, count) * share**count * (1 - share) ** (of - count) for count in range(of + 1)]

    raised = sum(
        before * now
        for count_before, before in enumerate(chances(drifting.FEWEST_BEFORE))
        for count, now in enumerate(chances(calls))
        if count / calls - count_before / drifting.FEWEST_BEFORE >= drifting.POINTS
        and drifting.surprise(count, calls, count_before, drifting.FEWEST_BEFORE) >= drifting.SURE
    )
    assert raised < 1e-5


def test_the_same_vendors_are_seen_when_they_change():
    """So that the test above can fail."""
    seen = 0
    for seed in range(100):
        chance = random.Random(seed)
        before = [steady_hour(chance, 30, {"a": 0.02}, 0.5) for _ in range(8)]
        seen += bool(drifting._reasons(steady_hour(chance, 60, {"a": 0.31}, 0.5), before))
    assert seen >= 95


def test_steps_are_four_percent_apart_and_double_every_sixteen():
    for milliseconds in (1, 7, 30, 99, 100, 1234, 30_000):
        one = {str(durations.step(milliseconds)): 1}
        assert abs(durations.quantile(one, 0.95) - milliseconds) <= max(1, milliseconds * 0.03)
        if milliseconds >= 30:
            assert durations.step(2 * milliseconds) == durations.step(milliseconds) + 16
    assert durations.quantile({}, 0.5) == 0
    assert durations.together([{"1": 2}, {"1": 1, "3": 4}]) == {"1": 3, "3": 4}
