"""PAN, GSTIN, INN and SNILS agree with python-stdnum, and with who the applicant is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.in_ import gstin as library_gstin
from stdnum.in_ import pan as library_pan
from stdnum.ru import inn as library_inn

from leadops.validation import Checked, findings_at
from leadops.validation.tax_numbers import gstin, inn, pan, snils

GSTIN = "27AAPFU0939F1ZV"


def codes(checked: Checked[str]) -> list[str]:
    return [problem.code for problem in checked.problems]


@pytest.mark.parametrize(
    "written", ["ABCPV1234L", "abcpv1234l", " ABCPV 1234 L ", "ABCPV-1234-L", "ＡＢＣＰＶ1234Ｌ"]
)
def test_a_pan_is_written_in_capitals_without_separators(written: str):
    assert pan(written, "person") == ("ABCPV1234L", ())


@pytest.mark.parametrize(
    "wrong", ["ABCPV123L", "ABCPV12345", "1BCPV1234L", "ABCPV0000L", "PAN", "ABCPV1234LL"]
)
def test_a_pan_of_another_shape_is_refused(wrong: str):
    assert pan(wrong).value == wrong
    assert codes(pan(wrong)) == ["invalid_pan"]


@given(st.from_regex(r"[A-Z]{3}[A-Z][A-Z](0000|[0-9]{4})[A-Z]", fullmatch=True) | st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_pan_is_accepted_only_as_stdnum_accepts_it(written: str):
    checked = pan(written)
    if written.isascii():
        assert (not checked.is_refused and checked.value != "") == library_pan.is_valid(written)
    elif not checked.is_refused and checked.value:
        assert library_pan.is_valid(checked.value)


@pytest.mark.parametrize(
    ("letter", "applicant_type", "business_type"),
    [
        ("P", "person", ""),
        ("C", "business", ""),
        ("C", "business", "Private Limited"),
        ("F", "business", "LLP"),
        ("F", "business", "Partnership firm"),
        ("H", "business", "HUF"),
        ("T", "business", "Trust"),
        ("A", "business", "Society"),
        ("P", "business", "Proprietorship"),
        ("P", "business", "Sole Proprietor"),
        ("C", "", ""),
    ],
)
def test_the_fourth_letter_fits_the_applicant(letter: str, applicant_type: str, business_type: str):
    assert codes(pan(f"ABC{letter}V1234L", applicant_type, business_type)) == []


@pytest.mark.parametrize(
    ("letter", "applicant_type", "business_type", "words"),
    [
        ("C", "person", "", "issued to a company, not to a person"),
        ("H", "person", "", "issued to a Hindu undivided family, not to a person"),
        ("P", "business", "", "issued to a person, not to a business"),
        ("P", "business", "Private Limited", "issued to a person, not to a business (Private Limited)"),
        ("C", "business", "Proprietorship", "issued to a company, not to a business (Proprietorship)"),
    ],
)
def test_a_fourth_letter_that_does_not_fit_is_a_warning_in_words(
    letter: str, applicant_type: str, business_type: str, words: str
):
    checked = pan(f"ABC{letter}V1234L", applicant_type, business_type)
    assert not checked.is_refused
    assert [words in finding.message for finding in findings_at("pan_no", checked.problems)] == [True]


def test_a_gstin_is_written_in_capitals_and_holds_the_applicants_pan():
    assert gstin(" 27aapfu0939f1zv ", "AAPFU0939F") == (GSTIN, ())
    assert codes(gstin(GSTIN, "ABCPV1234L")) == ["gstin_pan_mismatch"]
    assert codes(gstin(GSTIN)) == []


@given(st.integers(0, 14), st.sampled_from("0123456789ABCDEFZ"))
@settings(max_examples=200, deadline=None)
def test_a_changed_gstin_is_accepted_exactly_when_stdnum_accepts_it(at: int, letter: str):
    changed = GSTIN[:at] + letter + GSTIN[at + 1 :]
    assert gstin(changed).is_refused != library_gstin.is_valid(changed)


def test_businesses_of_ladakh_are_accepted_though_stdnum_does_not_know_their_state():
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    number = "38AAPFU0939F1Z"
    number += luhn.calc_check_digit(number, alphabet)
    assert not library_gstin.is_valid(number)
    assert gstin(number) == (number, ())
    assert codes(gstin(number[:-1] + ("A" if number[-1] != "A" else "B"))) == ["invalid_gstin"]
    assert codes(gstin("39" + number[2:])) == ["invalid_gstin"]


@given(st.from_regex(r"[0-9]{9,13}", fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_an_inn_is_accepted_exactly_when_stdnum_accepts_it(number: str):
    for each in (number, number[:9] + library_inn.calc_company_check_digit(number[:9])):
        assert inn(each).is_refused != library_inn.is_valid(each)


def test_an_inn_loses_its_spaces_only():
    assert inn("1234 5678 9047") == ("123456789047", ())


def test_a_snils_takes_its_usual_shape():
    assert snils("11223344595") == snils("112-233-445 95") == ("112-233-445 95", ())


def test_a_snils_with_wrong_check_digits_is_kept_with_a_warning():
    assert snils("48748789749").value == "487-487-897 49"
    assert codes(snils("487-487-897 49")) == ["snils_checksum"]


def test_the_oldest_snils_have_no_check_digits_to_compare():
    assert codes(snils("001-001-998 00")) == []


@pytest.mark.parametrize("wrong", ["112-233-445", "112-233-445 955", "abc-233-445 95"])
def test_a_snils_of_another_length_is_refused(wrong: str):
    assert codes(snils(wrong)) == ["invalid_snils"]
