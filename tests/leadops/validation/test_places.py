"""Pincodes are looked up, and complete or contradict the address."""

from __future__ import annotations

import pytest

from leadops.drafts import AddressDraft
from leadops.validation import Severity
from leadops.validation.applicants import check_address
from leadops.validation.places import pincode


@pytest.mark.parametrize("written", ["151203", "151 203", " 151203 ", "151-203", "१५१२०३"])
def test_a_pincode_is_written_as_six_digits(written: str):
    assert pincode(written) == ("151203", ())


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("15120", "invalid_pincode"),
        ("1512033", "invalid_pincode"),
        ("051203", "invalid_pincode"),
        ("15120E", "invalid_pincode"),
        ("999999", "unknown_pincode"),
        ("151203.0", "excel_damage"),
        ("1.51E+05", "excel_damage"),
    ],
)
def test_a_wrong_pincode_is_refused_for_its_reason(wrong: str, code: str):
    assert pincode(wrong).value == wrong
    assert [problem.code for problem in pincode(wrong).problems] == [code]


def test_an_address_without_district_state_and_city_gets_them_from_its_pincode():
    address = AddressDraft(pincode="151203")
    assert check_address(address) == []
    assert (address.city, address.district, address.state) == ("Faridkot", "Faridkot", "Punjab")


def test_what_the_address_says_itself_is_kept():
    address = AddressDraft(pincode="151203", city="Kotkapura", district="Faridkot District", state="Punjab")
    assert check_address(address) == []
    assert (address.city, address.district) == ("Kotkapura", "Faridkot District")


@pytest.mark.parametrize(
    ("code", "written", "state"),
    [
        ("751001", "Orissa", "Odisha"),
        ("751001", "ODISHA", "Odisha"),
        ("605001", "pondicherry", "Puducherry"),
        ("110001", "NCT of Delhi", "Delhi"),
        ("190001", "Jammu & Kashmir", "Jammu and Kashmir"),
        ("500001", "Andhra Pradesh", "Andhra Pradesh"),  # Telangana was a part of it until 2014
    ],
)
def test_old_and_other_spellings_do_not_contradict_the_pincode(code: str, written: str, state: str):
    address = AddressDraft(pincode=code, state=written)
    assert check_address(address) == []
    assert address.state == state


@pytest.mark.parametrize("state", ["Haryana", "Ruritania"])
def test_a_state_that_contradicts_the_pincode_is_a_warning_and_fills_nothing(state: str):
    address = AddressDraft(pincode="151203", state=state)
    [finding] = check_address(address, "addresses[0].")
    assert (finding.field, finding.code) == ("addresses[0].state", "state_contradicts_pincode")
    assert finding.severity is Severity.WARNING
    assert "Punjab" in finding.message
    assert (address.city, address.district, address.state) == ("", "", state)


def test_a_pincode_that_spans_districts_follows_the_district_that_is_named():
    address = AddressDraft(pincode="110003", district="new delhi")
    check_address(address)
    assert address.city == "New Delhi"


@pytest.mark.parametrize(("country", "program"), [("RU", "IN"), ("", "RU"), ("Russia", "IN")])
def test_a_pincode_is_looked_up_in_india_only(country: str, program: str):
    address = AddressDraft(pincode="101000", country=country)
    assert check_address(address, country=program) == []
    assert address.state == ""


def test_an_indian_address_of_a_foreign_program_is_looked_up():
    address = AddressDraft(pincode="151203", country="India")
    assert check_address(address, country="RU") == []
    assert (address.country, address.state) == ("IN", "Punjab")
