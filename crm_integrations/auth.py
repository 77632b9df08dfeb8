"""The ways vendors are shown who we are; each a pure strategy a connector picks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from crm_integrations import errors
from crm_integrations.connector import SURELY_NOT_PROCESSED, Auth, Request, Response, Token

SIGN_IN = "token"
"""The operation of a token call: the only one that may go to another address than the connection's own."""
LONGEST_LIFE = 366 * 86400.0
HEADER_RULE = "a header takes visible ASCII characters, and no space at either end."


def require(**secrets: str) -> None:
    """Raise Misconfigured, naming it, for the first secret or setting that is empty."""
    for name, value in secrets.items():
        if not value:
            raise errors.Misconfigured(f"The connection has no {name}.")


def require_in_header(**secrets: str) -> None:
    """Raise Misconfigured, naming it, for the first secret or setting that is empty or would break a header."""
    require(**secrets)
    for name, value in secrets.items():
        if not fits_a_header(value):
            raise errors.Misconfigured(f"The connection's {name} can't be sent: {HEADER_RULE}")


def fits_a_header(text: str) -> bool:
    """Whether `text` can be sent in a header as it is."""
    return text.isascii() and text.isprintable() and text == text.strip()


def refuse_unless_granted(response: Response) -> None:
    """Raise for anything but HTTP 200 to a token call.

    Transient where the vendor is only busy or down: the record was not sent yet, so it is surely not
    processed, and pausing the connection would be wrong.
    """
    status = response.status
    if status in SURELY_NOT_PROCESSED or status >= 500:
        raise errors.Transient(f"No token can be had now (HTTP {status}).", response.retry_after)
    if status != 200:
        raise errors.Misconfigured(f"No token was given (HTTP {status}).")


def sendable(token: Any) -> str:
    """`token` when it can stand in a header; Misconfigured when there is none or it would break one."""
    if isinstance(token, str) and token and fits_a_header(token):
        return token
    raise errors.Misconfigured("The vendor's answer holds no usable token.")


@dataclass(frozen=True, slots=True)
class Bearer(Auth):
    """A token that a person made once, in the Authorization header."""

    token: str

    def apply(self, request: Request, token: str = "") -> Request:
        require_in_header(token=self.token)
        return request.with_headers(Authorization=f"Bearer {self.token}")


@dataclass(frozen=True, slots=True)
class StaticHeader(Auth):
    """A fixed token in a header of the vendor's own name."""

    header: str
    token: str

    def apply(self, request: Request, token: str = "") -> Request:
        require_in_header(token=self.token)
        return request.with_headers(**{self.header: self.token})


@dataclass(frozen=True, slots=True)
class ClientCredentials(Auth):
    """OAuth2 client credentials, form-encoded; the token then goes bare into `header`.

    `default_life`: seconds a token is kept when the vendor does not say `expires_in`.
    """

    url: str
    client_id: str
    client_secret: str
    header: str
    default_life: float = 1500.0

    def token_request(self) -> Request | None:
        require(client_id=self.client_id, client_secret=self.client_secret)
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(SIGN_IN, "POST", self.url, urlencode(form).encode(), headers)

    def read_token(self, response: Response) -> Token:
        refuse_unless_granted(response)
        try:
            body = response.object()
        except errors.OutcomeUnknown:
            body = {}  # no record was sent yet, so nothing is unknown: this address gives no tokens
        return Token(sendable(body.get("access_token")), self._life(body.get("expires_in")))

    def _life(self, seconds: Any) -> float:
        said = (
            isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < LONGEST_LIFE
        )
        return float(seconds) if said else self.default_life

    def apply(self, request: Request, token: str = "") -> Request:
        return request.with_headers(**{self.header: token})


@dataclass(frozen=True, slots=True)
class Login(Auth):
    """A user log-in whose token comes back in a header of the answer, not in its body."""

    url: str
    customer_key: str
    user_name: str
    password: str
    header: str
    life: float = 1500.0

    def token_request(self) -> Request | None:
        require_in_header(customer_key=self.customer_key)
        require(user_name=self.user_name, password=self.password)
        request = Request.json(SIGN_IN, self.url, {"userName": self.user_name, "password": self.password})
        return request.with_headers(**{"customer-key": self.customer_key})

    def read_token(self, response: Response) -> Token:
        refuse_unless_granted(response)
        return Token(sendable(response.headers.get(self.header.lower())), self.life)

    def apply(self, request: Request, token: str = "") -> Request:
        return request.with_headers(**{self.header: token})


@dataclass(frozen=True, slots=True)
class SignedBody(Auth):
    """An API key in `key` and a signature of the body in `signature` (Broctagon).

    Version 2: `sha256=` and the HMAC-SHA256 of the exact bytes. Version 1: SHA-1 over the sorted top-level
    pairs with the key appended, upper-case hex. Source: the vendor's pages authentication.html and
    authentication-v2.html.
    """

    api_key: str
    version: int = 2

    def apply(self, request: Request, token: str = "") -> Request:
        require_in_header(api_key=self.api_key)
        signed = request.with_headers(key=self.api_key)
        return signed.with_headers(signature=self.sign(request.body)) if request.body else signed

    def sign(self, body: bytes) -> str:
        """The value of the `signature` header for `body`."""
        if self.version == 2:
            return "sha256=" + hmac.new(self.api_key.encode(), body, hashlib.sha256).hexdigest()
        pairs = "&".join(f"{name}={_flat(value)}" for name, value in sorted(json.loads(body).items()))
        return hashlib.sha1((pairs + self.api_key).encode()).hexdigest().upper()


@dataclass(frozen=True, slots=True)
class StandardWebhook(Auth):
    """A signature of `id.timestamp.body`, one for each secret that is valid (Standard Webhooks 1.0).

    A secret is `whsec_` and 24 to 64 bytes in base64; the request carries its id and its moment in headers. The secret
    before the present one signs too until `former_until`, in seconds since 1970.
    """

    secret: str
    former: str = ""
    former_until: int = 0

    def apply(self, request: Request, token: str = "") -> Request:
        told, moment = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        content = f"{told}.{moment}.".encode() + request.body
        both = self.former and int(moment) < self.former_until
        signatures = [
            _signature(each, content) for each in ([self.secret, self.former] if both else [self.secret])
        ]
        return request.with_headers(webhook_signature=" ".join(signatures))


def _signature(secret: str, content: bytes) -> str:
    require(secret=secret)
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise errors.Misconfigured("The secret of the webhook is not base64.") from None
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _flat(value: Any) -> str:
    # How nested values are joined under version 1 is not documented: compact JSON is the reading that
    # does not depend on a programming language.
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
