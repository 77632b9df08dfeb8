"""What of a call may be stored: no credential, no card data, personal data masked.

Headers pass by an allow-list; everything else is named and emptied. Bodies pass key by key: secrets and card data go,
identifying numbers keep what tells them apart, and what looks like such a number is masked wherever it stands. The
credentials of the call itself, which the caller names, are taken out of everything.

A vendor chooses the text, and must not choose how long we look at it: no pattern here may try a stretch twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from crm_integrations.echoes import REMOVED, without
from leadops import masking

MAX_STORED = 64 * 1024
MAX_WORDS = 500
MOST_HEADERS = 50
LONGEST_NUMBER = 100
SHORTEST_PART = 8
"""Shorter parts of a header are the name of a scheme: Bearer, sha256."""
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
    r"token|secret|client_id|user_?name|customer_?key|passw|passphrase|^pwd$|authorization|bsauth|^auth$|bearer|jwt|"
    r"credential|session_?id|^session$|^sid$|cookie|(api|access|private)_?key|signature|^sig$|^key$|otp|\[removed\]|"
    r"card_?(no|num|holder|cvc|exp)|^card|cvc|cvv|valid_?thru",
    re.IGNORECASE,
)
LAST_FOUR = re.compile(
    r"mobile|phone|telephone|account_?n(?:o|um)|^no$|^number$|^seria$|series|snils|insurance_?no|^inn$|tax_?id|"
    r"pan_?(no)?$|aadhaar|passport_?no",
    re.IGNORECASE,
)
EMAIL = re.compile(r"e_?mail", re.IGNORECASE)
BIRTH = re.compile(r"birth_?date|date_?of_?birth|^dob$", re.IGNORECASE)
ADDRESS = re.compile(
    r"^address$|address_?line|full_?address|^street(_?name)?$|^house_?no$|^apartment_?no$", re.IGNORECASE
)
# Long whole numbers that are no person's: a vendor's ids and moments. Brainysoft gives its id as `data`.
NOBODYS = re.compile(r"(?:^|_)id$|(?-i:[a-z]Id$|[a-z]At$)|_at$|time|date|expires|^data$", re.IGNORECASE)

ONE_WORD = re.compile(r"[^\W\d]*")
"""As most keys are: quicker to see than that nothing of what follows is in them."""
SOME_DIGITS = re.compile(r"\d\d")
PAN_INSIDE = re.compile(r"\b(?:[A-Z]{5}\d{4}[A-Z]|(?-i:[A-Z]{5}[ -]\d{4}[ -][A-Z]))\b", re.IGNORECASE)
EMAIL_INSIDE = re.compile(r"(?<![\w.+-])[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+\b")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Nine digits and more that are not a part of a UUID or of a decimal number, and numbers in the groups people write:
# +91-98765-43210, 98765 43210, 1234 5678 9012.
DIGITS_INSIDE = re.compile(
    r"(?<![\w.-])(?:\+\d{1,3}[ -]?\d(?:[ -]?\d){6,13}|(?:91[ -])?[6-9]\d{4}[ -]\d{5}|"
    r"\d{4}([ -])\d{4}\1\d{4}(?:\1\d{4})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{2,4}-\d{3,4}-\d{4}|\+?\d{9,})"
    r"(?![\w-]|\.\d)"
)
BEARER_INSIDE = re.compile(r"\b(bearer(?:\s|%20|\+){1,3})(?!tokens?\b)[\w.~+/%=-]{4,}", re.IGNORECASE)
# `key: value`, `key=value`, `<key>value`, and the same as JSON that was cut, so that it can't be read as JSON.
KEY_INSIDE = re.compile(r"""(?<![\w-])([\w-]{1,40})\\{0,3}["']?\s{0,4}[:=>][\s\[({>]{0,4}""")
VALUE_INSIDE = re.compile(
    r"""(\\{0,3}["'])(?P<quoted>(?:(?!\1)(?:\\.|[^\\]))+)|"""
    r"""(?P<bare>(?:(?:basic|bearer|digest|token)\s{1,3})?[^\s,;&<>"'{}()\[\]\\]+)""",
    re.IGNORECASE | re.DOTALL,
)

# Made once: json.dumps makes an encoder for each text.
_in_json = json.JSONEncoder(ensure_ascii=False).encode


def last_four(text: str) -> str:
    """`text` masked as everywhere: a PAN keeps its first two and last three, all else its last four."""
    return masking.pan(re.sub("[ -]", "", text)) if PAN_INSIDE.fullmatch(text) else masking.last_four(text)


def mask_email(text: str) -> str:
    """`asha@example.com` as `a…@example.com`."""
    name, at, domain = text.replace("%40", "@").partition("@")
    return f"{name[:1]}…{at}{domain}" if at else last_four(text)


def _year_of(text: str) -> str:
    """A day of birth with its year alone; any other text for one, such as milliseconds, would tell the day."""
    return f"{text[:4] if ISO_DAY.match(text) else 'XXXX'}-XX-XX"


def _no_house(text: str) -> str:
    """The line of an address hidden; words without a figure or a comma are what a vendor says of it."""
    return masking.HIDDEN if re.search(r"[\d,]", text) else text


def _remove(text: str) -> str:
    return REMOVED


RULES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (SECRET, _remove),
    (EMAIL, mask_email),
    (BIRTH, _year_of),
    (ADDRESS, _no_house),
    (LAST_FOUR, last_four),
)


def storable(text: str, limit: int = MAX_WORDS, secrets: Collection[str] = ()) -> str:
    """`text` as PostgreSQL takes it: no NUL, no half of a surrogate pair, none of `secrets`, at most `limit` long."""
    return without(text.replace("\0", "").encode("utf-8", "replace").decode(), secrets)[:limit]


def mask_inside(text: str, secrets: Collection[str] = ()) -> str:
    """`text`, from whomever it came, cut to a storable length.

    None of `secrets` stands in it, nor what looks like one; every PAN, e-mail and long number is masked.
    """
    return _mask_all(storable(text[: 8 * MAX_WORDS], MAX_STORED, secrets))[:MAX_WORDS]


def headers(given: Mapping[str, str], secrets: Collection[str] = ()) -> dict[str, str]:
    """Headers as they may be stored: the harmless ones, and only the names of all others."""
    first = [(name[:MAX_WORDS], value[: 8 * MAX_WORDS]) for name, value in list(given.items())[:MOST_HEADERS]]
    kept = tuple((name, value if _is_harmless(name) else REMOVED) for name, value in first)
    return dict(_headers(kept, frozenset(secrets)))


@lru_cache(64)
def _headers(given: tuple[tuple[str, str], ...], secrets: frozenset[str]) -> dict[str, str]:
    """Kept for the next call: those of one connection within a second are the same."""
    return {storable(name, 100, secrets): storable(value, secrets=secrets) for name, value in given}


@lru_cache(64)
def url(whole: str, secrets: frozenset[str]) -> str:
    """An address as it may be stored; kept for the next call, as most of a connection's go to the same."""
    return mask_inside(whole, secrets)


def credentials_in(headers: Mapping[str, str]) -> set[str]:
    """What the headers of a request show the vendor: whole, and without what stands before it (`Bearer x`)."""
    values = [value for name, value in headers.items() if not _is_harmless(name)]
    parts = {part for value in values for part in re.split(r"[ =]+", value) if len(part) >= SHORTEST_PART}
    return parts.union(values)


def _is_harmless(header: str) -> bool:
    return header.lower() in SAFE_HEADERS


def body(raw: bytes, content_type: str = "", secrets: Collection[str] = ()) -> str:
    """A request or response body as it may be stored: masked, readable, at most 64 KB."""
    text = without(raw[: 2 * MAX_STORED].decode("utf-8", "replace").replace("\0", ""), secrets)
    if "x-www-form-urlencoded" in content_type:
        masked = urlencode({name: _masked(name, value) for name, value in parse_qsl(text)}, safe="[]")
    else:
        masked = _as_json(text) or _mask_all(text)
    # Once more: a credential that was written in escapes only is to be seen only now.
    return storable(masked.replace("\\u0000", ""), MAX_STORED, secrets)


def fields_alone(raw: bytes, secrets: Collection[str] = ()) -> str:
    """What fields a body has, without any value; nothing of what is no JSON."""
    try:
        return storable(_in_json(_emptied(json.loads(raw))), MAX_STORED, secrets)
    except (ValueError, RecursionError):
        return ""


def _emptied(value: Any) -> Any:
    """`value` with null for every text, number and the like; of a list what is alike once."""
    if isinstance(value, dict):
        return {_mask_all(name): _emptied(each) for name, each in value.items()}
    if isinstance(value, list):
        return [json.loads(each) for each in dict.fromkeys(json.dumps(_emptied(each)) for each in value)]
    return None


def _as_json(text: str) -> str | None:
    """`text` masked key by key; None when it is not JSON."""
    try:
        return _in_json(_walk("", json.loads(text)))
    except (ValueError, RecursionError):
        return None


def _walk(key: str, value: Any) -> Any:
    if isinstance(value, str):
        inside = _as_json(value) if value[:1] in ("{", "[") and _rule(key) is None else None
        return inside or _masked(key, value)
    if isinstance(value, dict):
        if _rule(key) is _remove:
            return REMOVED
        # A key may be a person's number too: {"9800000001": "is taken"}. And it may stand beside its value:
        # {"key": "phone", "value": "9800000001"}.
        named = value["key"] if isinstance(value.get("key"), str) else "value"
        return {_name(name): _walk(named if name == "value" else name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [_walk(key, each) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and _hides_a_number(key, value):
        whole = isinstance(value, float) and value.is_integer()
        return _masked(key, str(int(value) if whole else value))
    return value


def _hides_a_number(key: str, value: float) -> bool:
    """True where the key speaks of a person's number, and for a whole number as long as one under an unknown key."""
    if _rule(key) is not None:
        return True
    return (isinstance(value, int) or value.is_integer()) and abs(value) > 10**8 and not NOBODYS.search(key)


@lru_cache(1024)
def _rule(key: str) -> Callable[[str], str] | None:
    name = key.replace("-", "_")
    return next((mask for pattern, mask in RULES if pattern.search(name)), None)


def _masked(key: str, text: str) -> str:
    mask = _rule(key)
    return mask(text) if mask and text else _mask_all(text)


@lru_cache(1024)
def _name(key: str) -> str:
    """A key as it may be stored; kept, as those of one vendor are always the same."""
    return _mask_all(key)


def _mask_all(text: str) -> str:
    """`text` with all masked that looks like a credential or a person's number, whatever it is a part of."""
    if ONE_WORD.fullmatch(text):
        return text
    if ":" in text or "=" in text or ">" in text:
        text = _mask_pairs(text)
    if "@" in text or "%40" in text:
        text = EMAIL_INSIDE.sub(lambda found: mask_email(found[0]), text)
    if SOME_DIGITS.search(text):
        text = PAN_INSIDE.sub(lambda found: last_four(found[0]), text)
        text = DIGITS_INSIDE.sub(lambda found: last_four(found[0]), text)
    return BEARER_INSIDE.sub(rf"\1{REMOVED}", text) if "bearer" in text.lower() else text


def _mask_pairs(text: str) -> str:
    """The values in `text` masked by their keys. `mobile: is taken` names no number: only digits are hidden there."""
    kept, done = [], 0
    for key in KEY_INSIDE.finditer(text):
        mask = _rule(key[1]) if key.start() >= done else None
        end = len(text) if mask is _remove else key.end() + LONGEST_NUMBER
        value = VALUE_INSIDE.match(text, key.end(), end) if mask else None
        if mask and value and (mask is _remove or re.search(r"[\d@]", value[0])):
            name = "quoted" if value["quoted"] else "bare"
            kept += [text[done : value.start(name)], mask(value[name])]
            done = value.end()
    return "".join(kept) + text[done:]
