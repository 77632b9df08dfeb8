"""IFSCs are looked up, account numbers keep every digit."""

from __future__ import annotations

import pytest

from leadops.validation import findings_at
from leadops.validation.bank_accounts import account_no, ifsc


@pytest.mark.parametrize("written", ["CBIN0281814", "cbin0281814", " CBIN 0281814 ", "CBIN-0281814"])
def test_an_ifsc_is_written_in_capitals_without_separators(written: str):
    assert ifsc(written) == ("CBIN0281814", ())


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ("CBIN028181", "ifsc_length", "has 10"),
        ("CBIN02818140", "ifsc_length", "has 12"),
        ("CBINO281814", "ifsc_fifth_character", "digit 0"),
        ("CBIN1281814", "ifsc_fifth_character", "digit 0"),
        ("QQQQ0281814", "ifsc_unknown_bank", "QQQQ"),
        ("CBIN0999999", "ifsc_unknown_branch", "Central Bank of India"),
        ("YESB0ADB999", "ifsc_unknown_branch", "Amravati"),
    ],
)
def test_an_ifsc_is_refused_by_the_first_rule_it_breaks(wrong: str, code: str, words: str):
    checked = ifsc(wrong)
    assert checked.value == wrong
    [finding] = findings_at("ifsc", checked.problems)
    assert finding.code == code
    assert words in finding.message


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("00123456789", "00123456789"),
        (" 0012 3456 789 ", "00123456789"),
        ("0012-3456-789", "00123456789"),
        ("००१२३४५६", "00123456"),
        ("123456", "123456"),
        ("123456789012345678", "123456789012345678"),
        ("000000", "000000"),
        ("", ""),
    ],
)
def test_an_account_number_keeps_its_leading_zeros(written: str, number: str):
    assert account_no(written) == (number, ())


@pytest.mark.parametrize("wrong", ["12345", "1234567890123456789", "12345678A", "n/a"])
def test_an_account_number_of_another_shape_is_refused(wrong: str):
    assert account_no(wrong).value == wrong
    assert [problem.code for problem in account_no(wrong).problems] == ["invalid_account_no"]


@pytest.mark.parametrize(
    "damaged", ["1.23457E+15", "1.2E15", "123456789.0", "12345678901234500", "123456789012345000", "#REF!"]
)
def test_an_account_number_that_excel_rounded_is_damaged(damaged: str):
    assert account_no(damaged).value == damaged
    assert [problem.code for problem in account_no(damaged).problems] == ["excel_damage"]


def test_one_zero_after_fifteen_digits_may_be_real_and_is_only_a_warning():
    checked = account_no("1234567890123450")
    assert checked.value == "1234567890123450"
    assert [problem.code for problem in checked.problems] == ["maybe_rounded"]


@pytest.mark.parametrize("number", ["123000000000", "50100000000000", "123457000000"])
def test_what_became_of_a_power_of_ten_is_a_warning(number):
    """A spreadsheet that opened `1.23E+11` and saved it again tells no more of it."""
    checked = account_no(number)
    assert (checked.value, [problem.code for problem in checked.problems]) == (number, ["maybe_rounded"])
    assert account_no(number[:-6] + "100000").problems == ()


def test_a_russian_account_number_has_twenty_digits():
    assert account_no("40817810099910004312", "RU") == ("40817810099910004312", ())
    assert account_no("40817810099910004312").is_refused
    assert account_no("408", "RU").is_refused
