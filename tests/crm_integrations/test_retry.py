"""When to try again."""

from __future__ import annotations

import pytest

from crm_integrations.retry import LONGEST_WAIT, look_up_in, retry_in

SCHEDULE = (10, 60, 300)


@pytest.mark.parametrize(("attempts", "wait"), [(0, 10.0), (1, 10.0), (2, 60.0), (3, 300.0), (4, None)])
def test_each_try_waits_longer_until_none_is_left(attempts, wait):
    assert retry_in(attempts, SCHEDULE, 1.0) == wait


def test_the_jitter_stretches_the_wait():
    assert retry_in(2, SCHEDULE, 1.25) == 75.0


@pytest.mark.parametrize(("asked", "wait"), [(120.0, 120.0), (5.0, 10.0), (1e9, LONGEST_WAIT)])
def test_a_later_retry_after_wins_up_to_a_day(asked, wait):
    assert retry_in(1, SCHEDULE, 1.0, asked) == wait


@pytest.mark.parametrize(("lookups", "wait"), [(0, 30.0), (1, 60.0), (2, None)])
def test_an_unknown_outcome_is_looked_up_so_often(lookups, wait):
    assert look_up_in(lookups, (30, 60)) == wait
