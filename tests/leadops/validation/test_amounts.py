"""Money is exact, tenures are whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadops.validation.amounts import amount, tenure
from leadops.validation.codes import CODES


@pytest.mark.parametrize(
    ("written", "money"),
    [
        ("250000", "250000"),
        ("2,50,000", "250000"),
        ("250,000", "250000"),
        ("1,250,000", "1250000"),
        ("12,34,567.50", "1234567.50"),
        ("₹ 12,34,567.50", "1234567.50"),
        ("₹5000", "5000"),
        ("Rs. 5000/-", "5000"),
        ("rs 5,000", "5000"),
        ("INR 5000", "5000"),
        ("0", "0"),
        (" 5000.5 ", "5000.5"),
        ("५०००", "5000"),
        (5000, "5000"),
        (Decimal("5000.50"), "5000.50"),
        (5000.5, "5000.5"),
        ("999999999999.99", "999999999999.99"),
    ],
)
def test_an_amount_is_read_exactly(written: object, money: str):
    checked = amount(written)
    assert checked == (Decimal(money), ())
    assert str(checked.value) == money


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("-5000", "negative_amount"),
        ("- 5,000", "negative_amount"),
        ("Rs. -5000", "negative_amount"),
        ("(5000)", "negative_amount"),
        (-1, "negative_amount"),
        (Decimal("-0.01"), "negative_amount"),
        ("250000.00000001", "too_many_decimals"),
        ("2.500", "too_many_decimals"),
        (250000.00000001, "too_many_decimals"),
        (Decimal("1.005"), "too_many_decimals"),
        ("2.5E+05", "excel_damage"),
        ("2.5e5", "excel_damage"),
        ("#VALUE!", "excel_damage"),
        ("1,2,3", "invalid_amount"),
        ("12,50", "invalid_amount"),
        ("5 lakh", "invalid_amount"),
        ("5L", "invalid_amount"),
        ("1.2.3", "invalid_amount"),
        (".", "invalid_amount"),
        ("Rs.", "invalid_amount"),
        ("$500", "invalid_amount"),
        ("9" * 41, "invalid_amount"),
        (Decimal("NaN"), "invalid_amount"),
        (Decimal("Infinity"), "invalid_amount"),
        ("1000000000000", "amount_too_large"),
        (10**12, "amount_too_large"),
        (Decimal("1E+30"), "amount_too_large"),
    ],
)
def test_a_wrong_amount_is_refused_for_its_reason_and_left_as_typed(wrong: object, code: str):
    checked = amount(wrong)
    assert checked.value is wrong
    assert [problem.code for problem in checked.problems] == [code]


def indian_grouping(rupees: int) -> str:
    head, tail = str(rupees)[:-3], str(rupees)[-3:]
    while len(head) > 2:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return f"{head},{tail}" if head else tail


@given(st.integers(0, 10**12 - 1), st.integers(0, 99))
def test_indian_and_western_grouping_are_read_as_the_same_money(rupees: int, paise: int):
    money = Decimal(rupees) + Decimal(paise) / 100
    for figures in (str(rupees), indian_grouping(rupees), f"{rupees:,}"):
        assert amount(f"{figures}.{paise:02d}").value == money


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_no_amount_is_no_problem(nothing: str | None):
    assert amount(nothing) == (None, ())
    assert tenure(nothing) == (None, ())


@pytest.mark.parametrize(
    ("written", "whole"), [(12, 12), ("12", 12), ("12.0", 12), (" 9999 ", 9999), ("१२", 12)]
)
def test_a_tenure_is_a_whole_number(written: int | str, whole: int):
    assert tenure(written) == (whole, ())


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (0, "invalid_tenure"),
        (-3, "invalid_tenure"),
        (10000, "invalid_tenure"),
        ("12.5", "invalid_tenure"),
        ("1.2E+01", "excel_damage"),
        ("12 months", "invalid_tenure"),
        ("a year", "invalid_tenure"),
    ],
)
def test_another_tenure_is_refused_and_left_as_typed(wrong: int | str, code: str):
    assert tenure(wrong).value == wrong
    assert [problem.code for problem in tenure(wrong).problems] == [code]


def test_error_of_a_formula_is_not_called_damage_by_excel():
    [problem] = amount("#DIV/0!").problems
    assert (problem.code, problem.facts["how"]) == (
        "excel_damage",
        "a formula of the sheet ended in an error",
    )
    assert "Excel" not in CODES["excel_damage"].template
