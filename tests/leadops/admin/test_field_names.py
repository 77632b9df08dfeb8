"""Fields by the names that officers know."""

from __future__ import annotations

import pytest

from leadops.admin.field_names import spoken


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("loan_amount", "loan amount"),
        ("applicants", "applicants"),
        ("applicants[].gstin", "applicant: GSTIN"),
        ("applicants[0].primary_email", "applicant 1: e-mail"),
        ("applicants[1].addresses[0].pincode", "applicant 2, address 1: pincode"),
        ("primary_mobile.country_code", "primary mobile: country code"),
        ("", ""),
    ],
)
def test_a_path_is_said_in_the_words_of_the_forms(path: str, words: str):
    assert spoken(path) == words
