"""What is said on the wire and what is read from it, whole or not at all."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from crm_integrations import errors, http1
from crm_integrations.messages import Response

HEADERS = {"Host": "vendor.example", "Accept": "application/json"}


def answer(*pieces: bytes, ends: bool = True) -> tuple[Response, bool]:
    """What is read where the vendor says `pieces`, each as a packet of its own, and hangs up."""
    ours, theirs = socket.socketpair()

    def say() -> None:
        with contextlib.suppress(OSError):  # who has heard enough hangs up
            for piece in pieces:
                theirs.sendall(piece)
            if ends:
                theirs.shutdown(socket.SHUT_WR)

    speaking = threading.Thread(target=say)
    speaking.start()
    try:
        ours.settimeout(30)
        return http1.read(ours)
    finally:
        ours.close()
        speaking.join()
        theirs.close()


@pytest.mark.parametrize("cut", range(1, 64))
def test_an_answer_may_come_in_any_pieces(cut):
    whole = b"HTTP/1.1 201 Made\r\nA: 1\r\nEmpty:\r\na: 2  \r\nContent-Length: 2\r\n\r\n{}"
    response, may_be_followed = answer(whole[:cut], whole[cut:], ends=False)
    assert (response.status, response.body, may_be_followed) == (201, b"{}", True)
    assert response.headers == {"a": "1, 2", "empty": "", "content-length": "2"}


@pytest.mark.parametrize(
    ("raw", "status", "body", "may_be_followed"),
    [
        (b"HTTP/1.1 204 No\r\n\r\n", 204, b"", True),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, b"", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", 200, b"{}", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
        (b"HTTP/1.0 200 OK\r\n\r\n{}", 200, b"{}", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nEnd: 1\r\n\r\n",
            200,
            b"{}",
            True,
        ),
        (
            b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            200,
            b"{}",
            True,
        ),
        (
            b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            200,
            b"{}",
            True,
        ),
    ],
)
def test_what_is_surely_whole_is_read(raw, status, body, may_be_followed):
    response, followed = answer(raw)
    assert (response.status, response.body, followed) == (status, body, may_be_followed)
    assert not {"end", "x", "link"} & set(response.headers)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
        b"HTTP/1.1 200 OK\r\nX: folded\r\n here\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\n{}\r\n0\r\n\r\n",
    ],
    ids=["no \\r", "a folded header", "a length beside chunks", "a blank behind a size"],
)
def test_what_sloppy_servers_say_is_understood(raw):
    assert answer(raw)[0].body == b"{}"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["nothing", "half a line", "half a head", "half a body", "no last chunk", "only that it may go on"],
)
def test_an_answer_that_is_cut_is_none(raw):
    with pytest.raises(ConnectionResetError, match="before the answer did"):
        answer(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"220 mail.example ESMTP\r\n\r\n",
        b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 101 Up\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ],
)
def test_what_is_no_certain_answer_leaves_the_outcome_unknown(raw):
    with pytest.raises(errors.OutcomeUnknown):
        answer(raw)


def of(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize("more", [of(b"[]"), b"XX", b"\0"])
def test_what_follows_an_answer_is_not_read_and_nothing_is_asked_there_again(more):
    response, may_be_followed = answer(of(b"{}") + more)
    assert (response.status, response.body, may_be_followed) == (200, b"{}", False)


def test_a_body_is_read_up_to_the_cap_and_no_further():
    assert len(answer(of(b"x" * http1.MAX_ANSWER))[0].body) == http1.MAX_ANSWER
    with pytest.raises(errors.OutcomeUnknown, match="longer than 1024 KB"):
        answer(of(b"x" * (http1.MAX_ANSWER + 1)))


@pytest.mark.parametrize(
    "piece",
    [
        b"HTTP/1.1 200 OK\r\n" + b"a:\r\n" * http1.MAX_HEAD,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 3 * http1.MAX_HEAD,
        b"HTTP/1.1 200 " + b"x" * 3 * http1.MAX_HEAD,
    ],
    ids=["headers", "a header", "a reason"],
)
def test_an_endless_head_is_cut(piece):
    with pytest.raises(errors.OutcomeUnknown, match="head of the answer is longer than 64 KB"):
        answer(piece)


def test_chunks_that_are_all_frame_are_cut():
    with pytest.raises(errors.OutcomeUnknown, match="longer than"):
        answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 300_000)


def test_a_request_is_written_in_one_piece():
    assert http1.written("POST", "/leads", HEADERS, b"{}") == (
        b"POST /leads HTTP/1.1\r\nHost: vendor.example\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert http1.written("GET", "/leads?id=1", HEADERS, b"").endswith(b"application/json\r\n\r\n")
    assert http1.written("POST", "/leads", HEADERS, b"").endswith(b"Content-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/a?x=%C3%A9&y=1+2", b"/a?x=%C3%A9&y=1+2"),
        ("/a?x=é ü", b"/a?x=%C3%A9%20%C3%BC"),
        ("/a?x=1\r\nHost: evil.example", b"/a?x=1%0D%0AHost:%20evil.example"),
    ],
)
def test_a_place_is_escaped_where_it_has_to_be(target, said):
    assert http1.written("GET", target, HEADERS, b"").startswith(b"GET " + said + b" HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "a\r\nHost: evil.example"},
        {"Authorization": "a\nb: c"},
        {"Authorization": "a\0"},
        {"Authorization\r\nX": "a"},
        {"": "a"},
        {"Sent by": "a"},
        {"Authorization": "ключ"},
    ],
)
def test_a_header_that_is_none_is_refused(header):
    with pytest.raises(errors.Misconfigured, match="a header of it holds what none may hold"):
        http1.written("POST", "/leads", {**HEADERS, **header}, b"{}")


def test_a_header_goes_as_it_is():
    assert b"Authorization: Basic \xe9==\r\n" in http1.written(
        "GET", "/", {**HEADERS, "Authorization": "Basic é=="}, b""
    )
