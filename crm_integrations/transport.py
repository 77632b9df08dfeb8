"""The only socket of leadops: one request, one answer, within one deadline, to an address we may connect to."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from crm_integrations import auth, deadlines, egress, errors
from crm_integrations.connector import Connector, Request, Response

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
HEADERS = {"User-Agent": "leadops", "Accept": "application/json", "Accept-Encoding": "identity"}
"""On every request, unless the request says otherwise."""
MAX_ANSWER = 1024 * 1024
CHUNK = 16 * 1024
NEVER = urllib3.Retry(total=False, redirect=False)
ORIGIN = re.compile(r"\w+://[^/]*")
IDLE_SECONDS = 4.0
"""A kept connection that was idle longer is not used again: the vendor may be closing it at this very moment,
and a request lost in that moment would be an unknown outcome."""

_current = threading.local()


class _Guarded(HTTPConnection):
    """Connects to checked addresses only, and tells the call when its first byte is about to leave.

    Head and body leave in one piece: a worker that froze between them would send the body when others have long looked
    it up, found nothing and sent it again.
    """

    _head, _body_follows = b"", False

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

    def request(self, method: str, url: str, body: Any = None, *args: Any, **named: Any) -> None:
        self._head, self._body_follows = b"", bool(body)
        super().request(method, url, body, *args, **named)

    def send(self, data: Any) -> None:
        if self._body_follows:
            self._head, self._body_follows = data, False
            return
        call: deadlines.Call = _current.call
        call.connection = self
        if self.sock is None:
            self.connect()
        try:
            call.before_first_byte()
        except Exception as stop:
            call.stopped = stop
            raise
        call.sent = True
        super().send(self._head + data)


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _Adapter(HTTPAdapter):
    """Connections as `requests` makes them, with its trust in certificates, but guarded ones.

    A call goes straight to a pool of these: a session would look for cookies, proxies, redirects and passwords of the
    machine at every call, which we want none of, and which costs more than the call.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        http, https = urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("GuardedPool", (http,), {"ConnectionCls": _Guarded}),
            "https": type("GuardedTLSPool", (https,), {"ConnectionCls": _GuardedHTTPS}),
        }

    def pool(self, origin: str) -> urllib3.HTTPConnectionPool:
        """The connections to scheme, host and port."""
        prepared = requests.Request("GET", origin).prepare()
        assert prepared.url is not None
        pool = self.get_connection_with_tls_context(prepared, verify=True)
        self.cert_verify(pool, prepared.url, verify=True, cert=None)  # type: ignore[no-untyped-call]  # requests has no types
        return cast(urllib3.HTTPConnectionPool, pool)


@dataclass(slots=True)
class _Kept:
    adapter: _Adapter = field(default_factory=_Adapter)
    pools: dict[str, urllib3.HTTPConnectionPool] = field(default_factory=dict)
    used_at: float = 0.0


def _pool(base_url: str, origin: str) -> urllib3.HTTPConnectionPool:
    """This thread's connections to one vendor, fresh when they were idle for long."""
    kept: dict[str, _Kept] = _current.__dict__.setdefault("kept", {})
    entry, now = kept.get(base_url), time.monotonic()
    if entry is None or now - entry.used_at > IDLE_SECONDS:
        if entry is not None:
            entry.adapter.close()
        entry = kept[base_url] = _Kept()
    entry.used_at = now
    if origin not in entry.pools:
        entry.pools[origin] = entry.adapter.pool(origin)
    return entry.pools[origin]


def _forget(base_url: str) -> None:
    """Close this thread's connections: what is left on them must not be read as the next answer."""
    if entry := _current.__dict__.get("kept", {}).pop(base_url, None):
        entry.adapter.close()


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
    _current.call = call
    try:
        with deadlines.watchdog.over(call):
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
        _current.call = None


class _Reached(Exception):
    """The connection stands, and nothing was sent on it."""


def reach(base_url: str, deadline: float) -> None:
    """Connect as a call would, TLS and all, and send nothing; raises as `send` does."""

    def stop() -> None:
        raise _Reached

    _forget(base_url)  # a connection kept from earlier would prove nothing
    with contextlib.suppress(_Reached):
        send(base_url, Request.get("reach", "/"), deadline, stop)


def _exchange(base_url: str, request: Request, deadline: float) -> Response:
    url = url_of(base_url, request)
    origin = ORIGIN.findall(url)[0]
    answer = _pool(base_url, origin).urlopen(
        request.method,
        url[len(origin) :],
        body=request.body or None,
        headers={**HEADERS, **request.headers},
        timeout=urllib3.Timeout(min(CONNECT_SECONDS, deadline), min(READ_SECONDS, deadline)),
        retries=NEVER,
        redirect=False,
        assert_same_host=False,
        preload_content=False,
        decode_content=False,
    )
    headers = {name.lower(): value for name, value in answer.headers.itermerged()}
    with contextlib.closing(answer):
        if not _has_an_end(answer, headers):
            raise errors.OutcomeUnknown("The answer does not tell where it ends, so it may be a part of one.")
        return Response(answer.status, b"".join(_chunks(answer)), headers)


def _has_an_end(answer: urllib3.BaseHTTPResponse, headers: Mapping[str, str]) -> bool:
    # A head that is cut in the middle reads like one without these headers, and its missing body like an empty one.
    framed = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
    closes = "close" in headers.get("connection", "").lower()
    return framed or closes or answer.status == 204 or answer.version == 10


def _chunks(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The body as it came, until it is too much of it."""
    size = 0
    while chunk := answer.read(CHUNK, decode_content=False):
        size += len(chunk)
        if size > MAX_ANSWER:
            raise errors.OutcomeUnknown(f"The answer is longer than {MAX_ANSWER // 1024} KB.")
        yield chunk
    if answer.length_remaining:
        raise errors.OutcomeUnknown("The answer ended before its announced length.")


def _meaning(error: Exception, call: deadlines.Call, deadline: float) -> errors.DeliveryError:
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
