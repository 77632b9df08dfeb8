"""States and countries are recognised as people spell them."""

from __future__ import annotations

import pytest

from leadops.reference import pincodes
from leadops.reference.countries import CODES, country_code
from leadops.reference.states import state_named, was_part_of


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("Punjab", "Punjab"),
        ("PUNJAB ", "Punjab"),
        ("Orissa", "Odisha"),
        ("Pondicherry", "Puducherry"),
        ("NCT of Delhi", "Delhi"),
        ("Delhi (NCT)", "Delhi"),
        ("New Delhi", "Delhi"),
        ("Uttaranchal", "Uttarakhand"),
        ("Jammu & Kashmir", "Jammu and Kashmir"),
        ("J&K", "Jammu and Kashmir"),
        ("TAMILNADU", "Tamil Nadu"),
        ("U.P.", "Uttar Pradesh"),
        ("MH", "Maharashtra"),
        ("Daman & Diu", "Dadra and Nagar Haveli and Daman and Diu"),
        ("Andaman & Nicobar Islands", "Andaman and Nicobar Islands"),
    ],
)
def test_a_state_is_recognised_in_every_usual_spelling(written: str, state: str):
    assert state_named(written) == state


@pytest.mark.parametrize("written", ["", "Ruritania", "123", "&", "Punjab" + " " * 80])
def test_what_is_no_state_is_not_guessed(written: str):
    assert state_named(written) is None


def test_every_state_of_the_pincode_directory_is_recognised_as_itself():
    states = {area.state for found in pincodes._directory().values() for area in found}
    assert len(states) == 36
    assert {state: state_named(state) for state in states} == {state: state for state in states}


def test_young_states_were_part_of_older_ones_and_not_the_other_way_round():
    assert was_part_of("Telangana", "Andhra Pradesh")
    assert was_part_of("Ladakh", "Jammu and Kashmir")
    assert not was_part_of("Andhra Pradesh", "Telangana")
    assert not was_part_of("Punjab", "Haryana")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("IN", "IN"),
        ("in", "IN"),
        (" India ", "IN"),
        ("Indian", "IN"),
        ("भारत", "IN"),
        ("Russia", "RU"),
        ("KZ", "KZ"),
    ],
)
def test_a_country_is_recognised_by_code_or_name(written: str, code: str):
    assert country_code(written) == code


@pytest.mark.parametrize("written", ["", "XX", "XK", "Ruritania", "I"])
def test_what_is_no_country_is_not_guessed(written: str):
    assert country_code(written) is None


def test_all_249_assigned_country_codes_are_there():
    assert len(CODES) == 249
    assert all(len(code) == 2 and code.isupper() for code in CODES)
