from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest

from crm_integrations import errors
from crm_integrations.auth import Bearer, ClientCredentials, Login, SignedBody, StaticHeader
from crm_integrations.connector import Auth, Request, Response

REQUEST = Request.json("op", "/p", {"a": 1})
OAUTH = ClientCredentials("/oauth/token", "c1", "s 1&2", "bsauth")
LOGIN = Login("/bs-core/main/login", "k1", "u1", "p1", "bsauth")

# Computed from the documented steps of authentication.html and authentication-v2.html, outside this program.
KEY = "test_api_key_0001"
FLAT = b'{"name":"Jane Tan","email":"jane@example.com","gender":"female","comment":"web"}'
NESTED = b'{"name":"Jane Tan","phone":{"country_code":"65","number":"91234567"}}'


@pytest.mark.parametrize(
    ("version", "body", "signature"),
    [
        (1, FLAT, "BD35C4174735FCF601E37C3D0C0E90E94DFA95A5"),
        (1, NESTED, "251D5770D60E8B0335BC9272DBE3B5CF2F750FB0"),
        (2, FLAT, "sha256=3e90985fe923db8e230e3199294db27257021ada0fbcbe69561bf108626a461b"),
        (2, NESTED, "sha256=7ee7f892f33286f7f9fc3f4ab77be0913e2ab1cd4e3a95fbafc33fd622bd2ff3"),
    ],
)
def test_signatures_match_the_vectors(version: int, body: bytes, signature: str) -> None:
    request = SignedBody(KEY, version).apply(Request("op", "POST", "/p", body))
    assert request.headers == {"key": KEY, "signature": signature}
    assert request.body == body


def test_version_2_signs_the_bytes_and_not_their_meaning() -> None:
    signer = SignedBody(KEY)
    assert signer.sign(b'{"a":1}') != signer.sign(b'{"a": 1}')


def test_a_request_without_a_body_has_no_signature() -> None:
    assert SignedBody(KEY).apply(Request.get("op", "/p")).headers == {"key": KEY}


def test_a_bearer_goes_into_the_authorization_header() -> None:
    assert Bearer("t1").apply(REQUEST).headers["Authorization"] == "Bearer t1"


def test_a_static_token_goes_bare_into_its_header() -> None:
    assert StaticHeader("bsauth", "t1").apply(REQUEST).headers["bsauth"] == "t1"


@pytest.mark.parametrize("auth", [Bearer(""), StaticHeader("bsauth", ""), SignedBody("")])
def test_an_empty_credential_is_never_sent(auth: Auth) -> None:
    with pytest.raises(errors.Misconfigured, match=r"The connection has no (token|api_key)"):
        auth.apply(REQUEST)


@pytest.mark.parametrize("odd", ["a\nX: 1", "a\0", "ключ", " a", "a ", "   ", "é"])
def test_a_credential_that_would_break_a_header_is_never_sent(odd: str) -> None:
    for auth in (Bearer(odd), StaticHeader("bsauth", odd), SignedBody(odd)):
        with pytest.raises(errors.Misconfigured, match=r"The connection's (token|api_key) can't be sent"):
            auth.apply(REQUEST)
    with pytest.raises(errors.Misconfigured, match="customer_key can't be sent"):
        Login("/t", odd, "u", "p", "h").token_request()


def test_a_password_goes_into_a_body_and_may_hold_any_letter() -> None:
    request = Login("/t", "k1", "u1", "пароль", "h").token_request()
    assert request is not None
    assert json.loads(request.body)["password"] == "пароль"


@pytest.mark.parametrize(
    ("auth", "name"),
    [
        (ClientCredentials("/t", "", "s", "h"), "client_id"),
        (ClientCredentials("/t", "c", "", "h"), "client_secret"),
        (Login("/t", "", "u", "p", "h"), "customer_key"),
        (Login("/t", "k", "", "p", "h"), "user_name"),
        (Login("/t", "k", "u", "", "h"), "password"),
    ],
)
def test_a_token_is_not_asked_for_with_half_a_credential(auth: Auth, name: str) -> None:
    with pytest.raises(errors.Misconfigured, match=name):
        auth.token_request()


def test_client_credentials_are_a_form() -> None:
    request = OAUTH.token_request()
    assert request is not None
    assert (request.method, request.path) == ("POST", "/oauth/token")
    assert request.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["c1"],
        "client_secret": ["s 1&2"],
    }


def test_a_login_is_json_with_the_customer_key_in_a_header() -> None:
    request = LOGIN.token_request()
    assert request is not None
    assert json.loads(request.body) == {"userName": "u1", "password": "p1"}
    assert request.headers["customer-key"] == "k1"


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        ("600", 600.0),
        *((odd, 1500.0) for odd in ("null", '"600"', "true", "NaN", "-1", "0", "1e99", "[]")),
    ],
)
def test_a_token_lives_as_long_as_the_vendor_says(life: str, seconds: float) -> None:
    body = f'{{"access_token": "t1", "expires_in": {life}}}'.encode()
    token = OAUTH.read_token(Response(200, body))
    assert (token.value, token.expires_in) == ("t1", seconds)


def test_a_login_token_is_in_the_header_of_the_answer() -> None:
    assert LOGIN.read_token(Response(200, b"{}", {"bsauth": "t1"})).value == "t1"


@pytest.mark.parametrize("auth", [OAUTH, LOGIN])
def test_the_token_goes_bare_into_the_vendors_header(auth: Auth) -> None:
    assert auth.apply(REQUEST, "t1").headers["bsauth"] == "t1"


@pytest.mark.parametrize(
    "response",
    [
        *(Response(status) for status in (201, 302, 400, 401, 403, 404)),
        *(Response(200, body) for body in (b"", b"<html>", b"[]", b"{}", b'{"access_token": 5}')),
        *(
            Response(200, json.dumps({"access_token": token}).encode())
            for token in ("", "  ", "a\r\nX: 1", "ключ")
        ),
    ],
)
@pytest.mark.parametrize("auth", [OAUTH, LOGIN])
def test_no_usable_token_is_the_connections_fault(auth: Auth, response: Response) -> None:
    with pytest.raises(errors.Misconfigured):
        auth.read_token(response)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("auth", [OAUTH, LOGIN])
def test_a_busy_token_service_is_tried_again(auth: Auth, status: int) -> None:
    with pytest.raises(errors.Transient) as raised:
        auth.read_token(Response(status, headers={"retry-after": "9"}))
    assert raised.value.retry_after == 9.0
