"""What of a call may be stored: no credential, no card data, personal data masked.

Headers pass by an allow-list; everything else is named and emptied. Bodies pass key by key: secrets and card data go,
identifying numbers keep what tells them apart, and what looks like such a number is masked wherever it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

MAX_STORED = 64 * 1024
MOST_HEADERS = 50
REMOVED = "[removed]"
SAFE_HEADERS = frozenset(
    [
        "accept",
        "allow",
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "retry-after",
        "server",
        "user-agent",
        "x-request-id",
        "x-correlation-id",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
    ]
)
SECRET = re.compile(
    r"token|secret|client_id|user_?name|customer_?key|password|authorization|bsauth|api_?key|signature|^key$|otp|"
    r"card_?(no|num|holder|cvc|exp)|^card|cvc|cvv|valid_?thru",
    re.IGNORECASE,
)
LAST_FOUR = re.compile(
    r"mobile|phone|telephone|account_?no|^no$|^number$|^seria$|series|snils|insurance_?no|^inn$|tax_?id|"
    r"pan_?(no)?$|aadhaar|passport_?no",
    re.IGNORECASE,
)
EMAIL = re.compile(r"e_?mail", re.IGNORECASE)
BIRTH = re.compile(r"birth_?date|date_?of_?birth|^dob$", re.IGNORECASE)

PAN_INSIDE = re.compile(r"\b[A-Z]{5}\d{4}[A-Z]\b")
EMAIL_INSIDE = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
# Nine digits and more that are not a part of a UUID or of a decimal number.
DIGITS_INSIDE = re.compile(r"(?<![\w.-])\+?\d{9,}(?![\w-]|\.\d)")


def last_four(text: str) -> str:
    """`text` with all but its last four characters crossed out; one of up to six is crossed out whole.

    A PAN keeps its first two and last three, as everywhere.
    """
    if PAN_INSIDE.fullmatch(text):
        return f"{text[:2]}XXXXX{text[-3:]}"
    return "X" * (len(text) - 4) + text[-4:] if len(text) > 6 else "X" * len(text)


def mask_email(text: str) -> str:
    """`asha@example.com` as `a…@example.com`."""
    name, at, domain = text.partition("@")
    return f"{name[:1]}…{at}{domain}" if at else last_four(text)


def storable(text: str, limit: int = 500) -> str:
    """`text` as PostgreSQL takes it: no NUL, no half of a surrogate pair, at most `limit` characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:limit]


def mask_inside(text: str) -> str:
    """`text`, from whomever it came, cut to a storable length and with every PAN, e-mail and long number masked."""
    return _mask_all(storable(text))


def _mask_all(text: str) -> str:
    text = PAN_INSIDE.sub(lambda found: last_four(found[0]), text)
    text = EMAIL_INSIDE.sub(lambda found: mask_email(found[0]), text)
    return DIGITS_INSIDE.sub(lambda found: last_four(found[0]), text)


RULES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (SECRET, lambda text: REMOVED),
    (EMAIL, mask_email),
    (BIRTH, lambda text: text[:4] + "-XX-XX" if text else text),
    (LAST_FOUR, last_four),
)


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """Headers as they may be stored: the harmless ones, and only the names of all others."""
    return {
        storable(name, 100): storable(value) if name.lower() in SAFE_HEADERS else REMOVED
        for name, value in list(given.items())[:MOST_HEADERS]
    }


def body(raw: bytes, content_type: str = "") -> str:
    """A request or response body as it may be stored: masked, readable, at most 64 KB."""
    text = raw[: 2 * MAX_STORED].decode("utf-8", "replace")
    if "x-www-form-urlencoded" in content_type:
        fields = {name: _masked(name, value) for name, value in parse_qsl(text)}
        return urlencode(fields, safe="[]")[:MAX_STORED]
    try:
        text = json.dumps(_walk("", json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        text = _mask_all(text)
    return storable(text.replace("\\u0000", ""), MAX_STORED)


def _walk(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _walk(name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [_walk(key, each) for each in value]
    if isinstance(value, str):
        return _masked(key, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and _rule(key) is not None:
        return _masked(key, str(value))
    return value


def _rule(key: str) -> Callable[[str], str] | None:
    return next((mask for pattern, mask in RULES if pattern.search(key)), None)


def _masked(key: str, text: str) -> str:
    mask = _rule(key)
    return mask(text) if mask and text else _mask_all(text)
