"""What the launcher shows of the log of a process that ended by itself."""

from __future__ import annotations

import pytest
from launcher.children import LAST_LINES, MOST_LINES, cause_in

NOISE = [f"INFO line {number}" for number in range(40)]
TRACEBACK = ["Traceback (most recent call last):", '  File "wsgi.py", line 1', "ValueError: no such setting"]


@pytest.mark.parametrize(
    "told", [TRACEBACK, ["CRITICAL celery Unrecoverable error"], [f"CRITICAL {TRACEBACK[0]}", *TRACEBACK[1:]]]
)
def test_what_came_after_the_cause_does_not_hide_it(told):
    assert cause_in([*NOISE, *told, *NOISE])[: len(told)] == told


def test_the_last_cause_is_told_and_not_an_earlier_one():
    assert cause_in([*TRACEBACK, *NOISE, "CRITICAL broken", "bye"]) == ["CRITICAL broken", "bye"]


def test_a_long_traceback_is_cut_down_to_its_error():
    frames = [f"  File {number}" for number in range(90)]
    shown = cause_in([*NOISE, TRACEBACK[0], *frames, "ValueError: deep", *NOISE])
    assert (len(shown), shown[-1]) == (MOST_LINES, "ValueError: deep")


def test_without_a_cause_the_end_is_shown():
    assert cause_in(NOISE) == NOISE[-LAST_LINES:]
    assert cause_in([]) == []
