"""Mobile numbers become E.164 as phonenumbers would make them; e-mail addresses are tidied."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from leadops.validation import mobile
from leadops.validation.contacts import email

REACHABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.FIXED_LINE}


def by_library(text: str, country: str = "IN") -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) not in REACHABLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def codes(text: str, country: str = "IN") -> list[str]:
    return [problem.code for problem in mobile(text, country).problems]


@pytest.mark.parametrize(
    "written",
    [
        "9800000001",
        "09800000001",
        "+919800000001",
        "+91 98000 00001",
        "+91-98000-00001",
        "0091 9800000001",
        "919800000001",
        " 98000-00001 ",
        "98000\u00a000001",
        "９８０００００００１",
        "९८" + "०" * 7 + "१",
        "+91 (98000) 00001",
        "98000‑00001",
        "\u200e9800000001",
    ],
)
def test_every_usual_spelling_of_an_indian_mobile_becomes_one(written: str):
    assert mobile(written) == ("+919800000001", ())


@pytest.mark.parametrize(
    "damaged",
    [
        "9.8E+09",
        "9.80000000E+09",
        "9.8e9",
        "9800000001.0",
        "9800000001.00",
        "980000000.1",
        " 9.8E+09 ",
        "#N/A",
        "#####",
    ],
)
def test_excels_damage_is_named_and_never_guessed_around(damaged: str):
    assert mobile(damaged).value == damaged
    assert codes(damaged) == ["excel_damage"]


@pytest.mark.parametrize(
    "wrong",
    [
        "98000",
        "5800000001",
        "98000000012",
        "9800000001 / 9800000002",
        "9800000001, 9800000002",
        "9800000001 ext 5",
        "call 9800000001",
        "98OOOOOOO1",
        "-9800000001",
        "1800 123 4567",
        "+999 9800000001",
        "nil",
        "NA",
    ],
)
def test_what_cannot_be_called_is_refused_and_left_as_typed(wrong: str):
    assert mobile(wrong).value == wrong
    assert codes(wrong) == ["invalid_mobile"]


def test_a_landline_is_written_in_e164_with_a_warning():
    assert mobile("011-23456789").value == "+911123456789"
    assert codes("011-23456789") == ["landline_number"]


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("+7 912 345 67 89", "IN", "+79123456789"),
        ("8 701 234 5678", "KZ", "+77012345678"),
        ("+91 98000 00001", "RU", "+919800000001"),
    ],
)
def test_a_number_belongs_to_the_programs_country_unless_it_names_its_own(
    written: str, country: str, number: str
):
    assert mobile(written, country).value == number


def test_no_number_is_no_problem():
    assert mobile("") == mobile("   ") == ("", ())


PREFIXES = st.sampled_from(["", "0", "+91", "+91 ", "+91-", "91", "0091", "(0)"])
INDIAN = st.from_regex(r"[5-9][0-9]{8,10}", fullmatch=True)


@given(PREFIXES, INDIAN, st.integers(1, 8), st.sampled_from(["", " ", "-", "\u00a0", "  "]))
@settings(max_examples=300, deadline=None)
def test_indian_numbers_are_accepted_exactly_when_phonenumbers_accepts_them(
    prefix: str, digits: str, at: int, separator: str
):
    written = prefix + digits[:at] + separator + digits[at:]
    checked = mobile(written)
    assert (None if checked.is_refused else checked.value) == by_library(written)


@given(st.text(alphabet="0123456789 +-().９९exE#\u00a0", max_size=20), st.sampled_from(["IN", "RU", "US"]))
@settings(max_examples=300, deadline=None)
def test_nothing_is_accepted_that_phonenumbers_would_read_differently(written: str, country: str):
    checked = mobile(written, country)
    if checked.value and not checked.is_refused:
        assert checked.value == by_library(written, country)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("222@gmail.com", "222@gmail.com"),
        (" Asha.Verma+loan@Example.CO.IN ", "Asha.Verma+loan@example.co.in"),
        ("a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_an_address_keeps_its_name_and_its_domain_becomes_lower_case(written: str, address: str):
    assert email(written) == (address, ())


@pytest.mark.parametrize(
    "wrong",
    [
        "not-an-email",
        "asha@",
        "@example.com",
        "asha@example",
        "asha@@example.com",
        "asha@example..com",
        "asha@-example.com",
        "asha@example-.com",
        "asha@example.c",
        ".asha@example.com",
        "asha.@example.com",
        "as..ha@example.com",
        "as ha@example.com",
        "asha@example.com, ravi@example.com",
        "asha@example.com\nBcc: x@y.zz",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@" + "bcd." * 70 + "com",
        "आशा@example.com",
    ],
)
def test_what_is_no_address_is_refused_and_left_as_typed(wrong: str):
    assert email(wrong).value == wrong
    assert [problem.code for problem in email(wrong).problems] == ["invalid_email"]
