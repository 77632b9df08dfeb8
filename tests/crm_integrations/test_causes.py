"""What failed alike is one cause, and no cause tells whom it was about."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_integrations.causes import LONGEST, normalised

ALIKE = {
    "HTTP 400: mobile … is invalid": [
        "HTTP 400: mobile 9800000001 is invalid",
        "HTTP 400: mobile XXXXXX0002 is invalid",
        "HTTP 400: mobile +91-98000-00003 is invalid",
        "HTTP 400: mobile '9800000004' is invalid",
    ],
    "HTTP 400: applicants.primary_email: … is not an address.": [
        'HTTP 400: {"applicants": [{"primary_email": ["a…@example.com is not an address."]}]}',
        'HTTP 400: {"applicants": [{}, {"primary_email": ["b@example.com is not an address."]}]}',
    ],
    "Lead with PAN … exists since …": [
        "Lead with PAN ABCDE1234F exists since 12 March 2026",
        "Lead with PAN ABXXXXX34F exists since 1 Apr 2025",
        "Lead with PAN 'ABCDE1234F' exists since 2026-03-12T10:00:00Z",
    ],
    "HTTP 503: Service Unavailable. Tried … times.": [
        "HTTP 503: Service Unavailable. Tried 11 times.",
        "HTTP 503: Service Unavailable. Tried 3 times.",
    ],
    "… already exists": ["Asha Rao already exists", "Иван Петров already exists", "आशा राव already exists"],
    "Lead … is a duplicate of …": [
        "Lead ASHA RAO is a duplicate of crego-12345",
        "Lead Asha is a duplicate of 0192f3a0-7c1e-7cc0-8a3e-2f6b5d8f9a10",
    ],
}


@pytest.mark.parametrize(("cause", "reason"), [(cause, each) for cause in ALIKE for each in ALIKE[cause]])
def test_what_failed_alike_is_one_cause(cause, reason):
    assert normalised(reason) == cause


@pytest.mark.parametrize(
    "reason",
    [
        "HTTP 400: mobile is required",
        "HTTP 422: applicants[].addresses[].line_1 is missing",
        "The applicant has no date of birth (primary_email).",
        "HTTP 404: Not Found",
        "INVALID_TOKEN",
        "Duplicate lead found",
        "A fault in leadops: KeyError.",
    ],
)
def test_words_and_the_names_of_fields_stay(reason):
    assert normalised(reason) == reason


def test_different_faults_stay_apart():
    told = ["HTTP 400: mobile is required", "HTTP 500: mobile is required", "HTTP 400: pan_no is required"]
    assert len({normalised(each) for each in told}) == 3


def test_the_quotes_of_a_field_go_and_what_else_was_quoted():
    assert normalised("Field 'mobile' of \"firstName\": «Asha», 'asha' is wrong") == (
        "Field mobile of firstName: … is wrong"
    )


def test_what_a_body_repeats_is_left_out():
    body = {
        "detail": [{"loc": ["body", "mobile"], "msg": "String too long", "input": "asha rao", "name": "asha"}]
    }
    said = normalised(f"HTTP 422: {json.dumps(body)} The vendor was asked 5 times.")
    assert said == (
        "HTTP 422: detail.loc: body; detail.loc: mobile; detail.msg: String too long The vendor was asked … times."
    )


def test_a_body_that_was_cut_is_read_as_far_as_it_goes():
    cause = normalised('HTTP 400: {"mobile": ["9800000001 is not valid."], "name": ["Asha R')
    assert cause.startswith("HTTP 400: {mobile: … is not valid")
    assert "980" not in cause


def test_a_cause_fits_its_column():
    assert 0 < len(normalised("wrong " * 1000)) <= LONGEST


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120))
def test_no_text_breaks_it_and_none_brings_a_long_number_through(text):
    cause = normalised(f"mobile {text} 9800000001 is wrong")
    assert len(cause) <= LONGEST
    assert "9800000001" not in cause
