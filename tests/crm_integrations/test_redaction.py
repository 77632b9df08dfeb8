"""What may be stored of a call."""

from __future__ import annotations

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus, urlencode

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
        ("birthDate", 636000000000, "XXXX-XX-XX"),
        ("dob", "03/02/1990", "XXXX-XX-XX"),
        ("accountNumber", "12345678", "XXXX5678"),
        ("address_line", "Shop No. 75-78", "••••"),
        ("fullAddressText", "12, MG Road", "••••"),
        ("houseNo", "7B", "••••"),
        ("address_line", "This field is required.", "This field is required."),
        ("city", "Navi Mumbai, 7", "Navi Mumbai, 7"),
        ("said", 9800000001.0, "XXXXXX0001"),
        ("mobile", float("inf"), "XXX"),
        ("message", "PAN AAAPL 1234 C", "PAN AAXXXXX34C"),
        ("message", "asha.rao%40example.co.in", "a…@example.co.in"),
        ("message", "3782-822463-10005 or 98-0000-0001", "XXXXXXXXXXXXX0005 or XXXXXXXX0001"),
        ("message", "since 2024 a lead", "since 2024 a lead"),
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


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("AAAPL1234C", "AAXXXXX34C"),
        ("000111222333", "XXXXXXXX2333"),
        ("1234567", "XXX4567"),
        ("123456", "XXXXXX"),
        ("1", "X"),
    ],
)
def test_a_number_is_masked_alike_in_answers_and_in_stored_calls(number, masked):
    mask = masking.pan if len(number) == 10 else masking.last_four
    assert (redaction.last_four(number), mask(number)) == (masked, masked)


TOKEN = "TOPSECRETTOKEN"
ODD = 'a"b c&d/е12'


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"detail": "Invalid API key {TOKEN}"}}',
        f'{{"{TOKEN}": 1}}',
        f"<p>Invalid API key {TOKEN}</p>",
        json.dumps({"said": json.dumps({"detail": f"no {TOKEN}"})}),
        json.dumps({"detail": "no " + ODD}),
        json.dumps({"detail": "no " + ODD}, ensure_ascii=False)[:-1],
        "no " + quote(ODD, safe="") + " " + quote_plus(ODD),
        f"no {TOKEN[:-1]}",
        "<p>no " + html.escape(ODD) + "</p>",
        "<p>no " + ODD.replace('"', "&#034;").replace("&d", "&#x26;d") + "</p>",
        '{"cut": "no ' + json.dumps(json.dumps(ODD))[1:-1],
        json.dumps({"detail": ODD}).replace("/", "\\\\/")[:-1],
        json.dumps({"detail": "".join(f"\\u{ord(each):04x}" for each in TOKEN)}).replace("\\\\u", "\\u"),
        f"a=1&said={quote_plus(ODD)}",
    ],
)
def test_a_credential_of_the_connection_is_never_stored_however_it_comes_back(raw):
    kept = redaction.body(raw.encode(), secrets=[TOKEN, ODD])
    assert "[removed]" in kept
    assert TOKEN[:8] not in kept
    assert "е12" not in kept
    assert "%D0%B512" not in kept


def test_a_short_credential_written_in_escapes_is_seen_once_they_are_read():
    escaped = "".join(f"\\u{ord(each):04x}" for each in "Abc123")
    kept = redaction.body(f'{{"detail": "no {escaped} here"}}'.encode(), secrets=["Abc123"])
    assert json.loads(kept) == {"detail": "no [removed] here"}


def test_a_credential_is_in_no_reason_header_or_form():
    assert redaction.mask_inside(f"Invalid API key '{TOKEN}'", [TOKEN]) == "Invalid API key '[removed]'"
    assert redaction.storable(f"{TOKEN} is odd", secrets=[TOKEN]) == "[removed] is odd"
    assert redaction.headers({"Server": f"x {TOKEN}"}, [TOKEN]) == {"Server": "x [removed]"}
    form = "application/x-www-form-urlencoded"
    assert redaction.body(f"said={TOKEN}".encode(), form, [TOKEN]) == "said=[removed]"


SECRET = "Abcd1234-Efgh5678_ijkl"


@pytest.mark.parametrize(
    "said",
    [
        SECRET[:8],
        SECRET[:12] + "...",
        SECRET.upper(),
        SECRET.lower(),
        SECRET[:3] + "\n" + SECRET[3:],
        SECRET[:10] + "\r\n\t " + SECRET[10:],
        " ".join(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(b"user:" + SECRET.encode()).decode(),
        base64.b64encode(b"me:" + SECRET.encode() + b":x").decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        "".join(f"%{ord(each):02x}" for each in SECRET),
        "".join(f"%25{ord(each):02x}" for each in SECRET),
        "".join(f"&#{ord(each)};" for each in SECRET),
        "".join(f"&#x{ord(each):x};" for each in SECRET),
        "".join(f"\\u{ord(each):04x}" for each in SECRET),
        quote(quote(SECRET[:11], safe=""), safe="") + "…",
    ],
)
@pytest.mark.parametrize("shape", ["json", "cut json", "json in json", "text", "form", "reason"])
def test_a_credential_in_a_disguise_or_its_beginning_is_never_stored(said, shape):
    told = f"bad credential {said} given"
    shapes = {
        "json": (json.dumps({"message": told}), "application/json"),
        "cut json": (json.dumps({"message": told})[:-2], "application/json"),
        "json in json": (json.dumps({"error": json.dumps({"message": told})}), "application/json"),
        "text": (told, "text/plain"),
        "form": (urlencode({"message": told}), "application/x-www-form-urlencoded"),
    }
    if shape == "reason":
        kept = redaction.mask_inside(told, [f"Bearer {SECRET}"])
    else:
        text, content_type = shapes[shape]
        kept = redaction.body(text.encode(), content_type, [f"Bearer {SECRET}"])
    bare = "".join(kept.replace("\\n", "").lower().split())
    assert "[removed]" in kept
    assert "credential" in kept
    assert "given" in kept
    for part in (SECRET[:8], SECRET[8:16], SECRET[-8:], said[2:14], said[-12:-2]):
        assert "".join(part.lower().split()) not in bare


def test_what_a_disguise_is_not_stays():
    kept = '{"id": "abcd12", "said": "Bearer token, Abcd123 %41%42 &amp; 50%", "key_id": "efgh5678_ijkl"}'
    assert redaction.storable(kept, secrets=[f"Bearer {SECRET}", "sha256=" + SECRET]) == kept


@pytest.mark.parametrize("said", ["&#" + "9" * 5000 + ";", "%00", "\\ud800", "&#xd800;", "%ff%fe", "\\u0000"])
def test_what_can_not_be_decoded_breaks_nothing_beside_a_credential(said):
    encoded = "".join(f"%{ord(each):02x}" for each in SECRET)
    kept = redaction.storable(f"{said} {encoded}", 10_000, [SECRET])
    kept.encode()
    assert "\0" not in kept
    assert kept.endswith("[removed]")


def test_a_credential_that_a_cut_would_halve_leaves_no_half():
    assert TOKEN[:6] not in redaction.mask_inside("x" * 490 + TOKEN, [TOKEN])


def test_what_is_too_short_for_a_secret_spoils_no_text():
    assert redaction.mask_inside("It is taken", ["t", ""]) == "It is taken"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"Invalid API key 'Bearer {TOKEN}'", "Invalid API key 'Bearer [removed]'"),
        ('{"access_token":"SUPERSECRET', '{"access_token":"[removed]'),
        ('{"a": {"client_secret" : "SUPERSECRET", "b"', '{"a": {"client_secret" : "[removed]", "b"'),
        ("client_secret=SUPERSECRET&b=1", "client_secret=[removed]&b=1"),
        ("Authorization: Basic U1VQRVI=", "Authorization: [removed]"),
        ("api-key: SUPER, b: 1", "api-key: [removed], b: 1"),
        ("account_no=12345678 failed", "account_no=XXXX5678 failed"),
        ("primary_mobile: is taken", "primary_mobile: is taken"),
    ],
)
def test_a_pair_in_a_text_is_masked_by_its_key(said, kept):
    assert redaction.body(said.encode()) == kept
    assert redaction.mask_inside(said) == kept


@pytest.mark.parametrize(
    "key",
    [
        "sessionId",
        "session_id",
        "jwt",
        "bearer",
        "auth",
        "x-api-key",
        "Set-Cookie",
        "signature",
        "x-crm-signature",
    ],
)
def test_a_key_that_names_a_credential_has_its_value_removed(key):
    assert json.loads(redaction.body(json.dumps({key: "SUPER"}).encode())) == {key: "[removed]"}


def test_json_in_a_json_string_is_masked_by_its_keys():
    raw = json.dumps({"error": json.dumps({"password": "SUPER", "account_no": "12345678"})})
    inner = json.loads(json.loads(redaction.body(raw.encode()))["error"])
    assert inner == {"password": "[removed]", "account_no": "XXXX5678"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("aaapl1234c is taken", "aaXXXXX34c is taken"),
        ("98765 43210 is taken", "XXXXXXX3210 is taken"),
        ("+91-98765-43210", "XXXXXXXXXXX3210"),
        ("+91 9876543210", "XXXXXXXXXX3210"),
        ("1234 5678 9012", "XXXXXXXXXX9012"),
        ("4b67c764-1234-4567-8901-025ea3255b6e", "4b67c764-1234-4567-8901-025ea3255b6e"),
    ],
)
def test_a_number_is_masked_as_people_write_it(said, kept):
    assert redaction.mask_inside(said) == kept


def test_a_number_is_masked_as_a_json_number_and_as_a_key():
    kept = json.loads(redaction.body(b'{"value": 9800000001, "id": 9800000001, "9800000001": "taken"}'))
    assert kept == {"value": "XXXXXX0001", "id": 9800000001, "XXXXXX0001": "taken"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "https://api.vendor.example/?api_key=S3CRET&page=2",
            "https://api.vendor.example/?api_key=[removed]&page=2",
        ),
        ("<password>S3CRET</password>", "<password>[removed]</password>"),
        ("'password' => 'S3CRET it is'", "'password' => '[removed]'"),
        (
            '{"said": "{\\"password\\": \\"S3CRET\\", \\"n\\": 1',
            '{"said": "{\\"password\\": \\"[removed]\\", \\"n\\": 1',
        ),
        ("Authorization: Bearer S3CRET.S3CRET", "Authorization: [removed]"),
        ("url?token=Bearer%20S3CRET", "url?token=[removed]"),
        ("sent bearer S3CRET", "sent bearer [removed]"),
        ("Invalid bearer token", "Invalid bearer token"),
        (
            "mobile=9800000001&dob=1990-03-12&email=asha@example.com",
            "mobile=XXXXXX0001&dob=1990-XX-XX&email=a…@example.com",
        ),
        (
            '{"applicants": [{"mobile": 9800000001, "pan_no": "aaapl12',
            '{"applicants": [{"mobile": XXXXXX0001, "pan_no": "XXXpl12',
        ),
        ("card 4111 1111 1111 1111", "card XXXXXXXXXXXXXXX1111"),
    ],
)
def test_text_that_is_no_json_is_masked_pair_by_pair(said, kept):
    assert redaction.body(said.encode()) == kept


def test_what_stands_under_a_secret_key_goes_as_a_whole():
    assert json.loads(redaction.body(b'{"auth": {"value": "S3CRET"}, "tokens": ["S3CRET"]}')) == {
        "auth": "[removed]",
        "tokens": ["[removed]"],
    }


HOSTILE = (
    *("a.", "a-", "a ", "a=", "key", "key:", "mobile:", "mobile: ", "password=", 'password="', "password=\\"),
    *(
        "1 ",
        "+1 ",
        "98765 ",
        "1234-",
        '{"',
        '{"a":',
        "[",
        '["[',
        "a@a.",
        "bearer ",
        "bearer +",
        "\\",
        "x>",
        "&#0",
    ),
    *("S3CRET", "S3CRET+", "%2B", "AAAAA1111"),
    *(
        "S3CRET+S",
        "S3CRET+S ",
        "S 3 C R E T + S ",
        "S3CRET+S\\n",
        "%2553",
        "&#83;",
        "\\u0053",
        "UzNDUkVUK1Mz",
        "&amp",
    ),
)


def work(text: str) -> float:
    """The least processor time, in seconds, that a look at `text` takes."""
    times = []
    for _ in range(3):
        began = time.thread_time()
        redaction.body(text.encode(), secrets=["S3CRET+S3CRET/S3CRET"])
        redaction.mask_inside(text, ["S3CRET+S3CRET/S3CRET"])
        times.append(time.thread_time() - began)
    return min(times)


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_no_faster_than_the_text(piece):
    size = redaction.MAX_STORED // len(piece)
    few, many = work(piece * (size // 4)), work(piece * size * 2)
    assert (
        many < 8 * 4 * few + 0.02
    )  # eight times the text, and four times that for the noise of a busy machine


def test_a_megabyte_is_no_more_work_than_what_is_looked_at():
    beyond = "a=" * (1024 * 1024)
    assert work(beyond) < 4 * work(beyond[: 2 * redaction.MAX_STORED]) + 0.02


def test_a_value_is_masked_by_the_key_that_stands_beside_it():
    fields = [
        {"key": "passport_no", "type": "text", "label": {"en": "No"}, "value": "P1234567"},
        {"key": "webhook_secret", "value": "abc"},
        {"key": "client.maritalStatus.id", "value": "101151"},
    ]
    kept = json.loads(redaction.body(json.dumps({"kyc_fields": fields}).encode()))["kyc_fields"]
    assert [each["value"] for each in kept] == ["XXXX4567", "[removed]", "101151"]


@pytest.mark.parametrize("word", ["bearer", "Bearer", "BEARER", "BeArEr%20"])
def test_what_stands_behind_bearer_is_taken_out_however_that_is_written(word):
    said = f"refused: {word} abcd1234efgh was not taken"
    assert "abcd1234efgh" not in redaction.mask_inside(said)
    assert "abcd1234efgh" not in redaction.body(json.dumps({"message": said}).encode())
