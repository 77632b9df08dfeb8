"""A number is read as its sheet shows it where that shows more than its digits, and what only looks so is let alone."""

from __future__ import annotations

import pytest

from leadops.excel import notes
from leadops.excel.columns import BY_KEY
from leadops.excel.notes import Note
from leadops.excel.reading.heading_keys import key
from leadops.excel.reading.number_formats import UNTOLD, of_format, of_shown, written
from leadops.excel.weighing import Weighing


@pytest.mark.parametrize(
    ("code", "digits", "shown"),
    [
        ("0000", "7", "0007"),
        ("0000", "12345", "12345"),
        ("0000;-0000;@", "7", "0007"),
        ("[$-409]000", "7", "007"),
        ("[Red]000_)", "7", "007"),
        ('"LN-"0000', "1", "LN-0001"),
        ('"LN-"0000', "0", "LN-0000"),
        ('"LN-"0000', "123456", "LN-123456"),
        (r"\L\N000", "1", "LN001"),
        ('"LN-"General', "12", "LN-12"),
        ('"LN-"#', "12", "LN-12"),
        ('0" A"', "12", "12 A"),
        ('"a;b"0', "12", "a;b12"),
        ("000-000", "1234", "001-234"),
        ("###-###", "123456", "123-456"),
        (r"0000\ 0000\ 000", "1234567", "00001234567"),
        ("[$-409]000 (+)", "7", "007 (+)"),
    ],
)
def test_a_whole_number_is_written_as_its_format_shows_it(code, digits, shown):
    template = of_format(code)
    assert template is not None
    assert written(template, digits) == shown


@pytest.mark.parametrize(
    "code",
    [
        *(
            "General",
            "0",
            "#",
            "@",
            "",
            "#,##0",
            "0.00",
            "0%",
            "00/00/0000",
            "dd-mm-yyyy",
            "[h]:mm",
        ),
        *(
            r"[>=10000000]##\,##\,##\,##0;0",
            "[$₹-4009] #,##0",
            '_("$"* #,##0.00_)',
            '"Rs. "#,##0',
            '"open',
            "0" * 300,
        ),
        *("# ##0", "_(0_)", '"only text"'),
    ],
)
def test_a_format_of_amounts_and_days_shows_nothing_more(code):
    assert of_format(code) is None


def test_a_number_in_the_format_s_own_text_can_not_be_told_from_the_cell_s():
    assert of_format('"LN24-"000') == of_format('"+91 "0000000000') == UNTOLD


def test_of_a_power_nobody_can_tell_what_was_typed():
    assert of_format("0.00E+00") == of_format("##0.0E+0") == of_shown("1.20E+06", "1200000") == UNTOLD


@pytest.mark.parametrize(
    ("shown", "digits", "read"),
    [
        ("0007", "7", "0007"),
        ("LN-0007", "7", "LN-0007"),
        ("0000 1234 567", "1234567", "00001234567"),
        ("12 months", "12", "12 months"),
    ],
)
def test_what_an_ods_shows_is_read(shown, digits, read):
    template = of_shown(shown, digits)
    assert template is not None
    assert written(template, digits) == read


@pytest.mark.parametrize(
    ("shown", "digits"),
    [
        ("7", "7"),
        ("1 234", "1234"),
        ("1\u00a0234", "1234"),
        ("1,234", "1234"),
        ("7.00", "7"),
        ("###", "7"),
    ],
)
def test_a_number_that_an_ods_only_groups_is_left_as_it_is(shown, digits):
    assert of_shown(shown, digits) is None


@pytest.mark.parametrize(
    ("name", "code", "cell", "read", "told"),
    [
        ("Partner reference", "shown_text", "LN-0001", "LN-0001", "shown_text"),
        ("Document number", "shown_text", "P-0001", "P-0001", "shown_text"),
        ("IFSC", "shown_text", "SBIN0000300", "SBIN0000300", "shown_text"),
        ("Account number", "shown_text", "A/c 0001234567", "0001234567", "shown_zeros"),
        ("Account number", "shown_text", "A/c 1234567890", "1234567890", ""),
        ("Mobile", "shown_text", "+919800000001", "919800000001", ""),
        ("Mobile", "shown_zeros", "09800000001", "9800000001", ""),
        ("Loan amount", "shown_text", "Rs. 050000", "50000", ""),
        ("Loan amount", "shown_text", "Rs. 000", "0", ""),
        ("Loan amount", "shown_zeros", "050000", "050000", "shown_zeros"),
        ("Loan tenure", "shown_text", "12 months", "12", ""),
        ("Loan tenure", "shown_text", "5 years", "5 years", "shown_text"),
        ("Loan amount", "shown_text", "5 lakh", "5 lakh", "shown_text"),
        ("Loan amount", "shown_text", "50k", "50k", "shown_text"),
        ("Loan amount", "shown_text", "INR 50000 only", "50000", ""),
        ("Partner reference", "shown_otherwise", "1", "1", "shown_otherwise"),
        ("Mobile", "shown_otherwise", "9800000001", "9800000001", ""),
    ],
)
def test_a_text_that_is_only_shown_counts_where_a_field_has_texts(name, code, cell, read, told):
    cells = [cell]
    found = Weighing([name], [BY_KEY[key(name)]]).weigh(notes.kept([Note(0, code)], 7), cells, 7)
    assert (cells, [each["code"] for each in found]) == ([read], [told] if told else [])
