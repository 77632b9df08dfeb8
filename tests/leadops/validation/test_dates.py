"""Days are read as Indian offices write them, and damage is named."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadops.validation.dates import birth_date, day, expiry_date

TODAY = date(2026, 1, 1)
BORN = date(1990, 3, 12)


def codes(value: object) -> list[str]:
    return [problem.code for problem in birth_date(value, TODAY).problems]


@pytest.mark.parametrize(
    "written",
    [
        BORN,
        datetime(1990, 3, 12),
        "1990-03-12",
        "1990/3/12",
        "1990-03-12 00:00:00",
        "1990-03-12T00:00:00Z",
        "12/03/1990",
        "12/3/1990",
        "12-03-1990",
        "12.03.1990",
        "12 Mar 1990",
        "12-Mar-90",
        "12-MAR-1990",
        "12 March 1990",
        "12th March, 1990",
        "12Mar1990",
        "12/03/90",
        "१२/०३/१९९०",
        " 12/03/1990 ",
    ],
)
def test_every_usual_spelling_gives_the_same_day(written: object):
    assert birth_date(written, TODAY) == (BORN, ())


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("03/25/1990", "day_and_month_swapped"),
        ("12-31-1990", "day_and_month_swapped"),
        ("25/25/1990", "invalid_date"),
        ("12/45/1990", "invalid_date"),
        ("30/02/1990", "invalid_date"),
        ("29/02/1991", "invalid_date"),
        ("00/03/1990", "invalid_date"),
        ("1990-13-01", "invalid_date"),
        ("12 Foo 1990", "invalid_date"),
        ("12 Ma 1990", "invalid_date"),
        ("1990", "invalid_date"),
        ("12/03/0190", "invalid_date"),
        ("tomorrow", "invalid_date"),
        ("1990-03-12 10:30:00", "invalid_date"),
        (datetime(1990, 3, 12, 10, 30), "invalid_date"),
        ("32944", "excel_damage"),
        ("32944.0", "excel_damage"),
        ("########", "excel_damage"),
        ("12/03/2027", "date_in_future"),
        (date(2026, 1, 2), "date_in_future"),
    ],
)
def test_what_is_not_a_past_day_is_refused_for_its_reason_and_left_as_typed(wrong: object, code: str):
    assert birth_date(wrong, TODAY).value == wrong
    assert codes(wrong) == [code]


@given(st.dates(date(1930, 1, 1), date(2007, 12, 31)))
def test_a_day_survives_being_written_and_read_in_every_style(born: date):
    for style in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%y", "%d %B %Y"):
        assert birth_date(born.strftime(style), TODAY).value == born


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (date(2008, 1, 1), []),  # eighteen today
        (date(2008, 1, 2), ["under_age"]),
        (date(1925, 1, 1), ["unlikely_age"]),
        (date(1925, 1, 2), []),
    ],
)
def test_ages_outside_18_to_100_are_warnings(born: date, expected: list[str]):
    assert codes(born) == expected
    assert not birth_date(born, TODAY).is_refused


def test_a_firm_may_be_of_any_age():
    assert birth_date("12/03/2024", TODAY, is_person=False) == (date(2024, 3, 12), ())


def test_two_digits_mean_the_last_such_year_or_this_century_when_the_future_is_allowed():
    assert birth_date("01-Jan-26", TODAY).value == TODAY
    assert birth_date("02-Jan-26", TODAY).value == date(1926, 1, 2)
    assert birth_date("29-Feb-96", TODAY).value == date(1996, 2, 29)
    assert day("31-Dec-31").value == date(2031, 12, 31)


def test_an_expired_document_is_a_warning():
    assert [problem.code for problem in expiry_date("31/12/2025", TODAY).problems] == ["document_expired"]
    assert expiry_date("01/01/2026", TODAY) == (TODAY, ())
    assert expiry_date("n/a", TODAY).value == "n/a"


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_no_day_is_no_problem(nothing: str | None):
    assert day(nothing) == (None, ())
