"""The only socket: deadlines, caps, redirects, and where it may lead."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests

from crm_integrations import deadlines, egress, errors, transport
from crm_integrations.connector import Request
from tests import certificates, patience

GET = Request.get("probe", "/probe")
POST = Request.json("create_lead", "/leads", {"name": "Asha Verma"})


def request_from(conn: socket.socket) -> bytes:
    """One whole request, head and body, which may come in pieces; the beginning of a TLS handshake as it is."""
    raw = b""
    while not raw.endswith((POST.body, b"\r\n\r\n" if raw.startswith(b"GET") else POST.body)):
        piece = conn.recv(65536)
        raw += piece
        if not piece or raw.startswith(b"\x16"):
            break
    return raw


@contextlib.contextmanager
def server(
    answer: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """A raw server that reads one request per connection and then does as `answer` says."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = listener.accept()
                with plain, contextlib.suppress(ssl.SSLError), _over(tls, plain) as conn:
                    heard.append(request_from(conn))
                    with contextlib.suppress(OSError):
                        answer(conn)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(patience.SECONDS)


def _over(tls: ssl.SSLContext | None, plain: socket.socket) -> socket.socket:
    return tls.wrap_socket(plain, server_side=True) if tls else plain


def says(raw: bytes) -> Callable[[socket.socket], None]:
    return lambda conn: conn.sendall(raw)


OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'


def test_a_whole_answer_is_read():
    with server(says(OK)) as (url, heard):
        response = transport.send(url, POST, 5)
    assert (response.status, response.json()) == (200, {"ok": True})
    assert response.headers["content-type"] == "application/json"
    assert heard[0].endswith(POST.body)
    assert b"Accept-Encoding: identity" in heard[0]


@pytest.mark.parametrize("drip", ["body", "headers"])
def test_a_server_that_drips_is_cut_at_the_deadline(drip):
    def answer(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 999\r\n\r\n" if drip == "body" else b""))
        for _ in range(1000):
            conn.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    with server(answer) as (url, _), pytest.raises(errors.OutcomeUnknown, match=r"within 1 s|where it ends"):
        transport.send(url, POST, 1)
    assert 0.9 < time.monotonic() - began < 50  # it would drip for twice as long


def test_a_silent_server_is_cut_at_the_deadline():
    with server(lambda conn: conn.recv(1)) as (url, _), pytest.raises(errors.OutcomeUnknown):
        transport.send(url, POST, 1)


def test_an_endless_answer_is_cut_at_the_cap():
    def answer(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(200):
            conn.sendall(b"x" * 65536)

    with server(answer) as (url, _), pytest.raises(errors.OutcomeUnknown, match="longer than"):
        transport.send(url, POST, 10)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"ok":',
        b"not http at all\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "garbage"],
)
def test_a_broken_answer_leaves_the_outcome_unknown(raw):
    with server(says(raw)) as (url, _), pytest.raises(errors.OutcomeUnknown):
        transport.send(url, POST, 5)


def test_a_refusal_that_comes_before_the_whole_request_was_heard_is_read():
    """A vendor may answer 413 at the head of a large document and hang up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        conn, _ = listener.accept()
        with conn:
            conn.recv(1024)
            conn.sendall(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")

    thread = threading.Thread(target=refuse)
    thread.start()
    try:
        large = replace(POST, body=bytes(20 * 1024 * 1024))
        response = transport.send(f"http://127.0.0.1:{listener.getsockname()[1]}", large, patience.SECONDS)
    finally:
        thread.join()
        listener.close()
    assert (response.status, response.body) == (413, b"{}")


def test_what_follows_a_malformed_header_line_is_in_no_log(caplog):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nthis is no header\r\nbsauth: TOKEN-CANARY\r\n"
    ask = Request.get("probe", "/probe?mobile=9800000001")
    with (
        caplog.at_level("DEBUG"),
        server(says(head + b'X-Echo: +919800000001\r\n\r\n{"ok":true}')) as (url, _),
        pytest.raises(errors.OutcomeUnknown, match="Invalid header") as raised,
    ):
        transport.send(url, ask, 5)
    assert "CANARY" not in caplog.text + raised.value.message
    assert "9800000001" not in caplog.text


def test_a_refused_connection_was_surely_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(errors.Transient, match=errors.NO_CONNECTION):
        transport.send(f"http://127.0.0.1:{port}", POST, 5)


def test_an_unknown_name_was_surely_not_sent():
    with pytest.raises(errors.Transient, match=errors.NO_CONNECTION):
        transport.send("http://no-such-host.invalid", POST, 5)


def test_a_failed_tls_handshake_was_surely_not_sent():
    with server(says(b"plain text\r\n")) as (url, _), pytest.raises(errors.Transient):
        transport.send(url.replace("http://", "https://"), POST, 5)


def test_an_address_is_reached_without_a_byte_of_a_request():
    with server(says(OK)) as (url, heard):
        transport.reach(url, 5)
    assert b"".join(heard) == b""


def test_an_address_where_nothing_listens_is_not_reached():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(errors.Transient, match=errors.NO_CONNECTION):
        transport.reach(f"http://127.0.0.1:{port}", 5)


def test_an_https_address_that_speaks_no_tls_is_not_reached():
    with (
        server(says(b"plain text\r\n")) as (url, _),
        pytest.raises(errors.Transient, match=errors.NO_CONNECTION),
    ):
        transport.reach(url.replace("http://", "https://"), 5)


def test_a_private_address_is_not_reached(settings):
    settings.ALLOW_LOCAL_VENDORS = False
    with pytest.raises(errors.Misconfigured, match=f"{errors.CANT_BE_SENT} there. .* private or local"):
        transport.reach("https://127.0.0.1", 5)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_answered_not_followed(status):
    with server(says(OK)) as (elsewhere, heard_elsewhere):
        raw = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere}/x\r\nContent-Length: 0\r\n\r\n".encode()
        with server(says(raw)) as (url, _):
            assert transport.send(url, POST, 5).status == status
        assert heard_elsewhere == []


def test_an_answer_too_many_is_never_read_as_the_next_one():
    stale = OK.replace(b"true}", b"fals}")
    with server(says(OK + stale)) as (url, heard):
        assert transport.send(url, POST, 5).json() == {"ok": True}
        time.sleep(0.05)
        assert transport.send(url, POST, 5).json() == {"ok": True}
    assert len(heard) == 2


def test_nothing_is_sent_once_the_last_look_says_no():
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    with server(says(OK)) as (url, heard):
        with pytest.raises(Stop):
            transport.send(url, POST, 5, before_first_byte=stop)
        time.sleep(0.05)
    assert heard in ([], [b""])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "https://localhost",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://10.1.2.3",
        "https://192.168.1.1",
        "https://172.16.0.1",
        "https://169.254.169.254",
        "https://0.0.0.0",
        "https://2130706433",
        "https://0x7f000001",
        "https://017700000001",
        "https://127.1",
        "https://localhost.",
        "https://[fe80::1]",
        "https://[fc00::1]",
        "https://100.64.0.1",
        "https://224.0.0.1",
        "https://user:secret@api.vendor.example",
        "https://api.vendor.example/path",
        "ftp://api.vendor.example",
        "http://api.vendor.example",
        "https://api.vendor.example\\.evil.example",
        "https://api.vendor.example\n.evil.example",
        "https://@api.vendor.example",
        "https://",
        "not a url",
        f"https://{'a' * 64}.example",
        "https://vendor..example",
        "https://vendor.example:0",
        "https://vendor.example:25",
    ],
)
def test_an_address_that_is_not_public_is_refused_at_save_and_at_connect(settings, url):
    settings.ALLOW_LOCAL_VENDORS = False
    assert egress.check_base_url(url)


def test_a_name_that_no_name_server_takes_is_no_fault_of_ours():
    with pytest.raises(errors.Misconfigured, match="no host's name"):
        transport.send(f"https://{'a' * 64}.example", POST, 5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_private_address_gets_no_connection(settings, host):
    with server(says(OK)) as (url, heard):
        port = url.rpartition(":")[2]
        settings.ALLOW_LOCAL_VENDORS = False
        with pytest.raises(errors.Misconfigured, match="ALLOW_LOCAL_VENDORS"):
            transport.send(f"http://{host}:{port}", POST, 5)
    assert heard == []


def test_a_name_that_turns_private_between_check_and_connect_is_not_reached(settings, monkeypatch):
    settings.ALLOW_LOCAL_VENDORS = False
    answers = iter(["93.184.216.34", "127.0.0.1"])

    def resolve(host: str, port: int, **kwargs: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(egress.socket, "getaddrinfo", resolve)
    assert egress.check_base_url("https://rebinding.example") == []
    with pytest.raises(errors.Misconfigured, match=r"127\.0\.0\.1"):
        transport.send("https://rebinding.example", POST, 5)


TOKEN_CALL = Request.json("token", "/oauth/token", {})
LEADS_ASTRAY = (
    *(
        "//evil.example/leads",
        "/\\evil.example",
        "\\evil.example",
        "https://evil.example/leads",
        "@evil.example/leads",
    ),
    *(".evil.example/leads", ":9/leads", "leads", "", "/a b", "/a\nb", "/leads#", "/ключ"),
)


@pytest.mark.parametrize("path", LEADS_ASTRAY)
def test_no_path_leads_to_another_host(path):
    with server(says(OK)) as (url, heard):
        with pytest.raises(errors.Misconfigured, match="begins with one slash"):
            transport.send(url, replace(POST, path=path), 5)
        with pytest.raises(errors.Misconfigured):
            transport.url_of(url, replace(POST, path=path))
    assert heard == []


def test_a_query_may_hold_what_a_path_may_not():
    found = Request.get("find", "/leads", ref="//a b/../?#\\@")
    assert transport.url_of("https://api.vendor.example/", found).startswith(
        "https://api.vendor.example/leads?ref="
    )


def test_signing_in_alone_may_go_to_an_address_of_its_own(settings):
    settings.ALLOW_LOCAL_VENDORS = False
    sign_in = replace(TOKEN_CALL, path="https://auth.vendor.example/oauth/token")
    assert (
        transport.url_of("https://api.vendor.example", sign_in) == "https://auth.vendor.example/oauth/token"
    )
    assert (
        transport.url_of("https://api.vendor.example", TOKEN_CALL) == "https://api.vendor.example/oauth/token"
    )


@pytest.mark.parametrize(
    "address",
    [
        "http://auth.vendor.example",
        "ftp://auth.vendor.example",
        "https://user:secret@auth.vendor.example",
        "https://auth.vendor.example\\@evil.example",
        "https://auth.vendor.example?x=",
        "https://",
        "//auth.vendor.example",
        "auth.vendor.example",
    ],
)
def test_a_token_is_asked_for_at_a_checked_address_only(settings, address):
    settings.ALLOW_LOCAL_VENDORS = False
    sign_in = replace(TOKEN_CALL, path=f"{address}/oauth/token")
    with pytest.raises(errors.Misconfigured, match="can't be sent there") as raised:
        transport.send("https://api.vendor.example", sign_in, 5)
    assert "secret" not in raised.value.message.replace("Put credentials into the secrets", "")


def test_a_private_address_gives_no_token(settings):
    with server(says(OK)) as (url, heard):
        settings.ALLOW_LOCAL_VENDORS = False
        sign_in = replace(TOKEN_CALL, path=url.replace("http://", "https://") + "/oauth/token")
        with pytest.raises(errors.Misconfigured, match="private or local"):
            transport.send("https://93.184.216.34", sign_in, 5)
    assert heard == []


def test_a_stored_http_address_is_not_used_once_local_vendors_are_not_allowed(settings):
    settings.ALLOW_LOCAL_VENDORS = False
    with pytest.raises(errors.Misconfigured, match="Only https is allowed"):
        transport.send("http://93.184.216.34", POST, 5)


def test_a_name_with_one_private_address_among_public_ones_is_refused(settings, monkeypatch):
    settings.ALLOW_LOCAL_VENDORS = False
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(egress.socket, "getaddrinfo", lambda *args, **kwargs: found)
    assert egress.check_base_url("https://mixed.example")


NOWHERE = "http://127.0.0.1:9"


def test_connections_that_were_idle_are_not_used_again(monkeypatch):
    kept = transport._kept(NOWHERE, NOWHERE)
    assert transport._kept(NOWHERE, NOWHERE) is kept
    monkeypatch.setattr(transport, "IDLE_SECONDS", -1.0)
    assert transport._kept(NOWHERE, NOWHERE) is not kept


def test_a_connection_that_the_vendor_closed_meanwhile_is_made_anew():
    with server(says(OK)) as (url, heard):  # which says that it stays open
        for _ in range(3):
            assert transport.send(url, POST, 5).json() == {"ok": True}
            time.sleep(0.1)
    assert len(heard) == 3


def test_a_kept_connection_serves_the_next_call_and_no_cookie_goes_with_it():
    heard: list[bytes] = []

    def answer(conn: socket.socket) -> None:
        conn.sendall(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: id=1\r\n\r\n", 1))
        heard.append(request_from(conn))
        conn.sendall(OK)

    with server(answer) as (url, first):
        assert transport.send(url, POST, 5).headers["set-cookie"] == "id=1"
        assert transport.send(url, POST, 5).json() == {"ok": True}
    assert len(first) == len(heard) == 1
    assert b"ookie" not in heard[0]


@pytest.mark.parametrize(
    ("named", "trusted", "meets"),
    [
        ("localhost", True, contextlib.nullcontext()),
        ("other.example", True, pytest.raises(errors.Transient, match="No connection: SSLCertVerification")),
        ("localhost", False, pytest.raises(errors.Transient, match="No connection: SSLCertVerification")),
    ],
    ids=["the vendor's own", "another host's", "by nobody we know"],
)
def test_no_byte_leaves_before_the_certificate_is_checked(tmp_path, monkeypatch, named, trusted, meets):
    certificate = certificates.for_host(tmp_path, named)
    monkeypatch.setattr(
        transport, "DEFAULT_CA_BUNDLE_PATH", certificate if trusted else requests.certs.where()
    )
    transport.trust.cache_clear()
    over_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    over_tls.load_cert_chain(certificate)
    try:
        with server(says(OK), over_tls) as (url, heard), meets:
            address = url.replace("http://127.0.0.1", "https://localhost")
            assert transport.send(address, POST, 5).json() == {"ok": True}
    finally:
        transport.trust.cache_clear()
    assert [POST.body in each for each in heard] == ([True] if trusted and named == "localhost" else [])


def test_we_trust_whom_requests_does():
    assert requests.certs.where() == transport.DEFAULT_CA_BUNDLE_PATH
    assert transport.trust().verify_mode == ssl.CERT_REQUIRED
    assert transport.trust().check_hostname


@pytest.mark.parametrize(
    ("origin", "host", "port", "named"),
    [
        ("https://api.vendor.example", "api.vendor.example", 443, "api.vendor.example"),
        ("https://api.vendor.example:443", "api.vendor.example", 443, "api.vendor.example"),
        ("https://api.vendor.example:8443", "api.vendor.example", 8443, "api.vendor.example:8443"),
        ("http://127.0.0.1:8400", "127.0.0.1", 8400, "127.0.0.1:8400"),
        ("https://[2606:2800::1]", "2606:2800::1", 443, "[2606:2800::1]"),
        ("https://[2606:2800::1]:8443", "2606:2800::1", 8443, "[2606:2800::1]:8443"),
        ("https://Bücher.example", "xn--bcher-kva.example", 443, "xn--bcher-kva.example"),
    ],
)
def test_a_host_is_called_and_named_by_its_address(origin, host, port, named):
    kept = transport._kept(origin, origin)
    assert (kept.connection.host, kept.connection.port, kept.host) == (host, port, named)


def test_a_header_that_breaks_the_request_is_refused_before_anything_is_sent():
    with server(says(OK)) as (url, heard):
        with pytest.raises(errors.Misconfigured, match="can't be sent"):
            transport.send(url, POST.with_headers(Authorization="a\r\nHost: evil.example"), 5)
        time.sleep(0.05)
    assert heard in ([], [b""])


def test_one_watchdog_serves_all_calls_also_after_it_died(monkeypatch):
    with server(says(OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))) as (url, _):
        transport.send(url, POST, 5)
        watching = deadlines.watchdog.thread
        transport.send(url, POST, 5)
        assert deadlines.watchdog.thread is watching
        monkeypatch.setattr(watching, "is_alive", lambda: False)  # as in a process that was forked
        transport.send(url, POST, 5)
    assert deadlines.watchdog.thread is not watching
    assert deadlines.watchdog.calls == set()


def test_a_public_address_passes(settings):
    settings.ALLOW_LOCAL_VENDORS = False
    assert egress.is_public("93.184.216.34")
    assert egress.check_base_url("https://93.184.216.34") == []


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "::ffff:10.0.0.1",
        "ff0e::1",
        "fe80::1%eth0",
        "::1",
    ],
)
def test_a_private_address_dressed_as_ipv6_is_not_public(address):
    assert not egress.is_public(address)


def test_a_public_ipv6_address_is_public():
    assert egress.is_public("2606:2800:220:1:248:1893:25c8:1946")


def test_a_host_that_is_none_is_no_fault_of_the_network():
    with pytest.raises(errors.Misconfigured, match="can't be sent"):
        transport.send("https://☃.example", POST, 5)
