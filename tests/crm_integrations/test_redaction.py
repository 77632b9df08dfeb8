"""What may be stored of a call."""

from __future__ import annotations

import json

import pytest

from crm_integrations import redaction
from leadops import masking


def test_only_harmless_headers_keep_their_values():
    kept = redaction.headers(
        {
            "Authorization": "Bearer x",
            "bsauth": "y",
            "key": "k",
            "signature": "s",
            "Set-Cookie": "c",
            "Date": "today",
        }
    )
    assert kept == {
        "Authorization": "[removed]",
        "bsauth": "[removed]",
        "key": "[removed]",
        "signature": "[removed]",
        "Set-Cookie": "[removed]",
        "Date": "today",
    }


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("primary_mobile", "9800000001", "XXXXXX0001"),
        ("mobilePhone", "79886542301", "XXXXXXX2301"),
        ("pan_no", "AAAPL1234C", "AAXXXXX34C"),
        ("account_no", "000111222333", "XXXXXXXX2333"),
        ("account_no", "", ""),
        ("account_no", "1234567", "XXX4567"),
        ("account_no", "123456", "XXXXXX"),
        ("no", "503682", "XXXXXX"),
        ("seria", "4008", "XXXX"),
        ("email", "asha@example.com", "a…@example.com"),
        ("birthDate", "1990-03-12", "1990-XX-XX"),
        ("access_token", "abc", "[removed]"),
        ("cardNumber", "4111111111111111", "[removed]"),
        ("cvc", 123, "[removed]"),
        ("lead_id", 101, 101),
        ("program_id", "4b67c764-afb3-4570-ac21-025ea3255b6e", "4b67c764-afb3-4570-ac21-025ea3255b6e"),
        ("created_at", 1721387621.6985629, 1721387621.6985629),
        ("message", "No lead for 9800000001 / AAAPL1234C", "No lead for XXXXXX0001 / AAXXXXX34C"),
        ("comment", "write to asha@example.com", "write to a…@example.com"),
    ],
)
def test_a_value_is_stored_by_what_its_key_says(key, value, stored):
    body = redaction.body(json.dumps({"data": [{key: value}]}).encode())
    assert json.loads(body) == {"data": [{key: stored}]}


def test_a_form_keeps_no_secret():
    body = redaction.body(
        b"grant_type=client_credentials&client_id=me&client_secret=hush", "application/x-www-form-urlencoded"
    )
    assert body == "grant_type=client_credentials&client_id=[removed]&client_secret=[removed]"


def test_what_is_not_json_is_masked_by_pattern():
    assert redaction.body(b"<p>9800000001 is taken</p>") == "<p>XXXXXX0001 is taken</p>"


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"[" * 100_000, b"\0\0", b'{"a": "\\u0000"}', b"x" * 300_000])
def test_any_bytes_become_a_text_that_can_be_stored(raw):
    text = redaction.body(raw)
    assert len(text) <= redaction.MAX_STORED
    assert "\0" not in text
    assert "\\u0000" not in text


def test_half_a_surrogate_pair_is_no_obstacle():
    body = redaction.body(b'{"name": "\\ud800 Asha"}')
    assert json.loads(body) == {"name": "? Asha"}


@pytest.mark.parametrize("number", ["AAAPL1234C", "000111222333", "1234567", "123456", "1"])
def test_a_number_is_masked_alike_in_answers_and_in_stored_calls(number):
    mask = masking.pan if len(number) == 10 else masking.last_four
    assert redaction.last_four(number) == mask(number)
