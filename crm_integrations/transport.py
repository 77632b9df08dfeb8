"""The only socket of leadops: one request, one answer, within one deadline, to an address we may connect to."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from crm_integrations import auth, egress, errors
from crm_integrations.connector import Connector, Request, Response

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
HEADERS = {"User-Agent": "leadops", "Accept": "application/json", "Accept-Encoding": "identity"}
"""On every request, unless the request says otherwise."""
MAX_ANSWER = 1024 * 1024
CHUNK = 16 * 1024
ORIGIN = re.compile(r"\w+://[^/]*")
IDLE_SECONDS = 4.0
"""A kept connection that was idle longer is not used again: the vendor may be closing it at this very moment,
and a request lost in that moment would be an unknown outcome."""


@dataclass(slots=True)
class Call:
    """One call under way."""

    before_first_byte: Callable[[], None]
    sent: bool = False
    stopped: Exception | None = None
    expired: bool = False
    connection: HTTPConnection | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self) -> None:
        """End the call at its deadline, wherever it stands, by shutting its socket down."""
        with self.lock:
            self.expired = True
            sock = self.connection.sock if self.connection else None
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """From here on the connection may serve another call."""
        with self.lock:
            self.connection = None


_current = threading.local()


class _Guarded:
    """Connects to checked addresses only, and tells the call when its first byte is about to leave."""

    def _new_conn(self: Any) -> socket.socket:
        try:
            addresses = egress.public_addresses(self._dns_host, self.port)
        except OSError as error:
            raise NewConnectionError(self, f"{self._dns_host} has no address: {error.strerror}") from error
        for address in addresses[:-1]:
            with contextlib.suppress(NewConnectionError):
                return cast(socket.socket, self._connect_to(address))
        return cast(socket.socket, self._connect_to(addresses[-1]))

    def _connect_to(self: Any, address: str) -> socket.socket:
        """Connect to `address`, while the name stays what the certificate has to be for."""
        host, self._dns_host = self._dns_host, address
        try:
            sock: socket.socket = super()._new_conn()  # type: ignore[misc]
            return sock
        finally:
            self._dns_host = host

    def send(self: Any, data: Any) -> None:
        call: Call = _current.call
        call.connection = self
        if self.sock is None:
            self.connect()
        if not call.sent:
            try:
                call.before_first_byte()
            except Exception as stop:
                call.stopped = stop
                raise
            call.sent = True
        super().send(data)  # type: ignore[misc]


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        http, https = urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("GuardedPool", (http,), {"ConnectionCls": _GuardedHTTP}),
            "https": type("GuardedTLSPool", (https,), {"ConnectionCls": _GuardedHTTPS}),
        }


@dataclass(slots=True)
class _Kept:
    session: requests.Session = field(default_factory=requests.Session)
    used_at: float = 0.0


def _session(base_url: str) -> requests.Session:
    """This thread's session to one vendor, fresh when it was idle for long."""
    kept: dict[str, _Kept] = _current.__dict__.setdefault("sessions", {})
    entry = kept.get(base_url)
    if entry is None or time.monotonic() - entry.used_at > IDLE_SECONDS:
        if entry is not None:
            entry.session.close()
        entry = kept[base_url] = _Kept()
        entry.session.trust_env = False
        entry.session.headers.clear()
        entry.session.mount("http://", _Adapter(max_retries=0))
        entry.session.mount("https://", _Adapter(max_retries=0))
    entry.used_at = time.monotonic()
    return entry.session


def _forget(base_url: str) -> None:
    """Close this thread's session: what is left on its connections must not be read as the next answer."""
    if entry := _current.__dict__.get("sessions", {}).pop(base_url, None):
        entry.session.close()


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
    if problems := egress.check_form(base) + egress.check_path(path.partition("?")[0]):
        raise errors.Misconfigured(f"The request can't be sent there. {problems[0]}")
    return base + path


def send(
    base_url: str, request: Request, deadline: float, before_first_byte: Callable[[], None] = lambda: None
) -> Response:
    """Send `request` and read its answer, all within `deadline` seconds; redirects are never followed.

    `before_first_byte` may still stop it. Raises Transient when surely nothing was sent, Misconfigured when the
    address is not one we may connect to, OutcomeUnknown when it was sent and no whole answer came.
    """
    call = Call(before_first_byte)
    _current.call = call
    timer = threading.Timer(deadline, call.cut)
    timer.daemon = True
    timer.start()
    try:
        response = _exchange(base_url, request, deadline)
        if call.expired:
            raise TimeoutError
        return response
    except (requests.RequestException, HTTPError, OSError, egress.NotAllowed) as error:
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
    finally:
        timer.cancel()
        call.end()
        _current.call = None


def _exchange(base_url: str, request: Request, deadline: float) -> Response:
    prepared = requests.Request(
        request.method,
        url_of(base_url, request),
        headers={**HEADERS, **request.headers},
        data=request.body or None,
    ).prepare()
    timeout = (min(CONNECT_SECONDS, deadline), min(READ_SECONDS, deadline))
    answer = _session(base_url).send(prepared, stream=True, allow_redirects=False, timeout=timeout)
    with contextlib.closing(answer):
        if not _has_an_end(answer):
            raise errors.OutcomeUnknown("The answer does not tell where it ends, so it may be a part of one.")
        body = b"".join(_chunks(answer))
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status_code, body, headers)


def _has_an_end(answer: requests.Response) -> bool:
    # A head that is cut in the middle reads like one without these headers, and its missing body like an empty one.
    named = {name.lower(): value.lower() for name, value in answer.headers.items()}
    framed = "content-length" in named or "chunked" in named.get("transfer-encoding", "")
    return (
        framed
        or "close" in named.get("connection", "")
        or answer.status_code == 204
        or answer.raw.version == 10
    )


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """The body as it came, until it is too much of it."""
    size = 0
    while chunk := answer.raw.read(CHUNK, decode_content=False):
        size += len(chunk)
        if size > MAX_ANSWER:
            raise errors.OutcomeUnknown(f"The answer is longer than {MAX_ANSWER // 1024} KB.")
        yield chunk
    if answer.raw.length_remaining:
        raise errors.OutcomeUnknown("The answer ended before its announced length.")


def _meaning(error: Exception, call: Call, deadline: float) -> errors.DeliveryError:
    for cause in _causes(error):
        if isinstance(cause, egress.NotAllowed):
            return errors.Misconfigured(str(cause))
    if isinstance(error, requests.exceptions.InvalidHeader | requests.exceptions.InvalidURL):
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
    return f"{type(innermost).__name__} {getattr(innermost, 'strerror', None) or ''}".strip()
