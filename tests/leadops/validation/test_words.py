"""Words that stand for a choice are understood in the spellings of forms, partners and agents."""

from __future__ import annotations

import pytest

from leadops.validation.words import applicant_type, country_code, gender, tenure_unit


@pytest.mark.parametrize(
    ("check", "written", "choice"),
    [
        (applicant_type, "person", "person"),
        (applicant_type, "Individual", "person"),
        (applicant_type, "COMPANY", "business"),
        (applicant_type, "non-individual", "business"),
        (applicant_type, "legal_entity", "business"),
        (gender, "M", "male"),
        (gender, "Purush", "male"),
        (gender, "FEMALE", "female"),
        (gender, "Mahila", "female"),
        (gender, "महिला", "female"),
        (gender, "жен.", "female"),
        (gender, "Third Gender", "other"),
        (tenure_unit, "MONTHS", "MONTHS"),
        (tenure_unit, "months", "MONTHS"),
        (tenure_unit, "Month", "MONTHS"),
        (tenure_unit, "mahine", "MONTHS"),
        (tenure_unit, "yrs.", "YEARS"),
        (tenure_unit, "saal", "YEARS"),
        (tenure_unit, "din", "DAYS"),
        (tenure_unit, "hafte", "WEEKS"),
        (country_code, "in", "IN"),
        (country_code, "Bharat", "IN"),
    ],
)
def test_a_choice_is_understood(check, written, choice):
    assert check(written) == (choice, ())


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (applicant_type, "unknown_applicant_type"),
        (gender, "unknown_gender"),
        (tenure_unit, "unknown_tenure_unit"),
        (country_code, "unknown_country"),
    ],
)
def test_another_word_is_refused_and_left_as_typed(check, code: str):
    assert check(" Perhaps ").value == " Perhaps "
    assert [problem.code for problem in check(" Perhaps ").problems] == [code]


@pytest.mark.parametrize("check", [applicant_type, gender, tenure_unit, country_code])
def test_no_word_is_no_problem(check):
    assert check("  ") == ("", ())
