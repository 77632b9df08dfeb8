"""Tokens that vendors hand out, kept in this process until shortly before they expire."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from crm_integrations.connector import Token
from crm_integrations.models import Connection

MARGIN_SECONDS = 30.0

_tokens: dict[str, tuple[str, float]] = {}
_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


def _key(connection: Connection) -> str:
    """Changes with the credentials, so that new ones never meet an old token."""
    said = f"{connection.pk}{connection.base_url}{connection.settings}{connection.sealed_secrets}"
    return hashlib.sha256(said.encode()).hexdigest()


def known(connection: Connection) -> bool:
    """Whether a token is kept, so that nobody has to wait for one."""
    value, expires = _tokens.get(_key(connection), ("", 0.0))
    return bool(value) and time.monotonic() < expires


def get(connection: Connection, fetch: Callable[[], Token]) -> str:
    """The kept token, else a new one from `fetch`; of many threads that need one, one fetches it."""
    key = _key(connection)
    with _locks[key]:
        value, expires = _tokens.get(key, ("", 0.0))
        if not value or time.monotonic() >= expires:
            token = fetch()
            value = token.value
            _tokens[key] = (value, time.monotonic() + max(token.expires_in - MARGIN_SECONDS, 1.0))
        return value


def forget(connection: Connection, value: str) -> None:
    """Drop `value`, which the vendor refused; a newer one that another thread fetched meanwhile stays."""
    key = _key(connection)
    with _locks[key]:
        if _tokens.get(key, ("", 0.0))[0] == value:
            del _tokens[key]
