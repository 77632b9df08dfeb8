"""Ids that sort by the time they were made."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from leadops import ids

MOMENT = datetime(2026, 3, 12, 9, 30, 15, 123_000, tzinfo=UTC)
STEP = timedelta(microseconds=1)


def made_at(moment: datetime) -> str:
    with ids.made_at(moment):
        return str(ids.uuid7())


def test_an_id_says_its_version_and_the_millisecond_it_was_made():
    before = time.time_ns() // 1_000_000
    made = ids.uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_of_one_millisecond_are_in_the_order_they_were_made_in(monkeypatch):
    clock = iter(range(1_773_307_815_123_000_000, 1_773_307_815_124_000_000, 1000))
    monkeypatch.setattr("leadops.ids.time.time_ns", lambda: next(clock))
    made = [str(ids.uuid7()) for _ in range(1000)]
    assert len({each[:13] for each in made}) == 1  # of one millisecond
    assert made == sorted(made)


def test_two_ids_of_one_moment_differ():
    assert len({made_at(MOMENT) for _ in range(100)}) == 100


@pytest.mark.parametrize("year", [2026, 2040])  # from 2038 on a float has no whole microseconds
def test_ids_of_told_moments_are_in_the_order_of_their_microseconds(year):
    first = MOMENT.replace(year=year)
    made = [made_at(first + number * STEP) for number in range(3000)]
    assert made == sorted(made)
    assert len({each[:18] for each in made}) == 3000  # by their moments, not by their random ends


def test_a_told_moment_holds_within_its_block_alone():
    with ids.made_at(MOMENT):
        with ids.made_at(MOMENT - timedelta(days=1)):
            earlier = ids.uuid7()
        told = ids.uuid7()
    assert earlier < told < ids.uuid7()
    assert told.int >> 80 == MOMENT.timestamp() * 1000


def test_no_id_of_a_moment_is_before_the_first_one_at_it():
    for number in range(3000):
        moment = MOMENT + number * STEP
        assert str(ids.first_id_at(moment)) <= made_at(moment)


@pytest.mark.parametrize("later", [timedelta(milliseconds=2), timedelta(days=400)])
def test_the_first_id_of_later_is_after_all_of_before(later):
    assert made_at(MOMENT) < str(ids.first_id_at(MOMENT, later)) <= made_at(MOMENT + later)


def test_before_1970_there_is_one_first_id():
    assert ids.first_id_at(datetime(1969, 1, 1, tzinfo=UTC)) == ids.first_id_at(
        datetime(1970, 1, 1, tzinfo=UTC)
    )
