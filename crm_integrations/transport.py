"""The only socket of leadops: one request, one answer, within one deadline, to an address we may connect to."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Self, cast
from weakref import finalize

from django.conf import settings
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError
from urllib3.util import parse_url

from crm_integrations import auth, deadlines, egress, errors, http1
from crm_integrations.connector import Connector, Request, Response

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
HEADERS = {"User-Agent": "leadops", "Accept": "application/json", "Accept-Encoding": "identity"}
"""On every request, unless the request says otherwise."""
ORIGIN = re.compile(r"\w+://[^/]*")
IDLE_SECONDS = 4.0
"""A kept connection that was idle longer is not used again: the vendor may be closing it at this very moment,
and a request lost in that moment would be an unknown outcome."""

PORTS = {"http": 80, "https": 443}

_of_thread = threading.local()


class _Guarded(HTTPConnection):
    """Connects to checked addresses only."""

    def _new_conn(self) -> socket.socket:
        try:
            addresses = egress.public_addresses(self._dns_host, self.port)
        except OSError as error:
            raise NewConnectionError(self, f"{self._dns_host} has no address: {error.strerror}") from error
        for address in addresses[:-1]:
            with contextlib.suppress(NewConnectionError):
                return self._connect_to(address)
        return self._connect_to(addresses[-1])

    def _connect_to(self, address: str) -> socket.socket:
        """Connect to `address`, while the name stays what the certificate has to be for."""
        host, self._dns_host = self._dns_host, address
        try:
            return super()._new_conn()
        finally:
            self._dns_host = host


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates we believe: those `requests` does. Reading them takes longer than a call."""
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


@dataclass(slots=True, weakref_slot=True)
class _Kept:
    """A connection to one origin, which may not stand yet, and how its host is named there."""

    connection: _Guarded
    host: str
    used_at: float = 0.0

    def __post_init__(self) -> None:
        finalize(self, self.connection.close)  # when its thread ends

    @classmethod
    def to(cls, origin: str) -> Self:
        url = parse_url(origin)
        host, port, usual = url.host or "", url.port, PORTS[url.scheme or ""]
        named = host if port in (None, usual) else f"{host}:{port}"
        there = host.strip("[]"), port or usual
        if url.scheme == "https":
            return cls(_GuardedHTTPS(*there, ssl_context=trust()), named)
        return cls(_Guarded(*there), named)


def _kept(base_url: str, origin: str) -> _Kept:
    """This thread's connection to `origin` for one vendor, a fresh one where it was idle for long."""
    of_vendor: dict[str, _Kept] = _of_thread.__dict__.setdefault("kept", {}).setdefault(base_url, {})
    entry, now = of_vendor.get(origin), time.monotonic()
    if entry is None or now - entry.used_at > IDLE_SECONDS:
        if entry is not None:
            entry.connection.close()
        entry = of_vendor[origin] = _Kept.to(origin)
    entry.used_at = now
    return entry


def _forget(base_url: str) -> None:
    """Close this thread's connections: what is left on them must not be read as the next answer."""
    for entry in _of_thread.__dict__.get("kept", {}).pop(base_url, {}).values():
        entry.connection.close()


def deadline(connector: Connector) -> float:
    """Seconds a call to this vendor may take in all."""
    return min(connector.timeout, float(settings.DELIVERY_DEADLINE_SECONDS))


def url_of(base_url: str, request: Request) -> str:
    """Where `request` goes: below the base URL, but signing in may have an address of its own.

    Raises Misconfigured when that is not an address we may send to.
    """
    base, path = base_url.rstrip("/"), request.path
    if request.operation == auth.SIGN_IN and (elsewhere := ORIGIN.match(path)):
        base, path = elsewhere[0], path[elsewhere.end() :]
    problems = _form(base, settings.ALLOW_LOCAL_VENDORS) or egress.check_path(path.partition("?")[0])
    if problems:
        raise errors.Misconfigured(f"The request can't be sent there. {problems[0]}")
    return base + path


@lru_cache(256)
def _form(base: str, allow_local: bool) -> list[str]:
    """`egress.check_form`, which is asked twice at every call and depends on this one setting."""
    return egress.check_form(base)


def send(
    base_url: str, request: Request, deadline: float, before_first_byte: Callable[[], None] = lambda: None
) -> Response:
    """Send `request` and read its answer, all within `deadline` seconds; redirects are never followed.

    `before_first_byte` may still stop it. Raises Transient when surely nothing was sent, Misconfigured when the
    address is not one we may connect to, OutcomeUnknown when it was sent and no whole answer came.
    """
    call = deadlines.Call(before_first_byte, time.monotonic() + deadline)
    try:
        with deadlines.watchdog.over(call):
            response = _exchange(base_url, request, call, deadline)
            if call.expired:
                raise TimeoutError
            return response
    except (HTTPError, OSError, egress.NotAllowed) as error:
        _forget(base_url)
        raise _meaning(error, call, deadline) from error
    except Exception as error:
        _forget(base_url)
        if call.stopped is not None or isinstance(error, errors.DeliveryError):
            raise
        if call.sent:
            raise errors.OutcomeUnknown(
                f"Sent, but the answer can't be read: {type(error).__name__}."
            ) from error
        raise errors.Misconfigured(f"The request can't be sent: {type(error).__name__}.") from error


class _Reached(Exception):
    """The connection stands, and nothing was sent on it."""


def reach(base_url: str, deadline: float) -> None:
    """Connect as a call would, TLS and all, and send nothing; raises as `send` does."""

    def stop() -> None:
        raise _Reached

    _forget(base_url)  # a connection kept from earlier would prove nothing
    with contextlib.suppress(_Reached):
        send(base_url, Request.get("reach", "/"), deadline, stop)


def _exchange(base_url: str, request: Request, call: deadlines.Call, deadline: float) -> Response:
    url = url_of(base_url, request)
    origin = ORIGIN.findall(url)[0]
    kept = _kept(base_url, origin)
    headers = {"Host": kept.host, **HEADERS, **request.headers}
    whole = http1.written(request.method, url[len(origin) :], headers, request.body)
    call.connection = kept.connection
    sock = _standing(kept.connection, deadline)
    try:
        call.before_first_byte()
    except Exception as stop:
        call.stopped = stop
        raise
    call.sent = True
    heard_all = _say(sock, whole)
    response, may_be_followed = http1.read(sock)
    if not (may_be_followed and heard_all):
        kept.connection.close()
    return response


def _say(sock: socket.socket, whole: bytes) -> bool:
    """Send the request; False where the vendor stopped hearing it, which may have answered before: it is too large."""
    try:
        sock.sendall(whole)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _standing(connection: _Guarded, deadline: float) -> socket.socket:
    """The socket of `connection`, which is made anew where the vendor has closed it, or says what nobody asked for."""
    if not connection.is_connected:
        connection.close()
        connection.timeout = min(CONNECT_SECONDS, deadline)
        connection.connect()
    sock = cast(socket.socket, connection.sock)
    sock.settimeout(min(READ_SECONDS, deadline))
    return sock


def _meaning(error: Exception, call: deadlines.Call, deadline: float) -> errors.DeliveryError:
    if isinstance(error, egress.NotAllowed):
        return errors.Misconfigured(f"The request can't be sent there. {error}")
    if isinstance(error, LocationValueError):
        return errors.Misconfigured(f"The request can't be sent: {type(error).__name__}.")
    if not call.sent:
        return errors.Transient(f"No connection: {_short(error)}")
    if call.expired:
        return errors.OutcomeUnknown(f"No whole answer within {deadline:.0f} s.")
    return errors.OutcomeUnknown(f"Sent, but no whole answer came: {_short(error)}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _short(error: BaseException) -> str:
    """The kind of trouble, without the request in it."""
    innermost = list(_causes(error))[-1]
    if isinstance(innermost, TimeoutError):
        return "timed out"
    return f"{type(innermost).__name__} {getattr(innermost, 'strerror', None) or ''}".strip()
