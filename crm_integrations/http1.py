"""HTTP/1.1 as a call speaks it: a request in one piece, and one answer that is surely whole.

Answers are read by llhttp, which Node.js reads them by: `http.client` makes an e-mail's parser and a hundred calls of
Python for each, a fifth of all that a delivery cost.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Mapping
from urllib.parse import quote

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from crm_integrations import errors
from crm_integrations.messages import Response

MAX_ANSWER = 1024 * 1024
MAX_HEAD = 64 * 1024
CHUNK = 64 * 1024
LINES = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~\x80-\xff]*\r\n)+")
IN_TARGET = "%/:=&?~+!$,;'@()*[]"
"""What a place and its query may hold as it is; all else of them is escaped."""
WITHOUT_BODY = frozenset({"GET", "DELETE"})
"""Methods that need not say that nothing follows their head."""
INTERIM = range(100, 200)
"""Before the answer itself."""
EMPTY = frozenset({*INTERIM, 204, 304})
"""These have no body, whatever their head says."""


def written(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The whole request, in one piece; raises Misconfigured when a header can't be one.

    A worker that froze between head and body would send the body when others have long looked the record up, found
    nothing and sent it again.
    """
    told = dict(headers)
    if body or method not in WITHOUT_BODY:
        told["Content-Length"] = str(len(body))
    lines = "".join([f"{name}: {value}\r\n" for name, value in told.items()])
    # An end of line in a value would begin a header of its own.
    if not LINES.fullmatch(lines) or lines.count("\n") != len(told):
        raise errors.Misconfigured("The request can't be sent: a header of it holds what none may hold.")
    return f"{method} {quote(target, IN_TARGET)} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def read(sock: socket.socket) -> tuple[Response, bool]:
    """The answer that comes on `sock`, and whether another request may follow on it.

    Raises OutcomeUnknown for what is no answer that is surely whole, OSError when the connection ends before it does.
    """
    answer, size = _Answer(), 0
    while not answer.is_whole:
        piece = sock.recv(CHUNK)
        answer.take(piece)
        size += len(piece)
        if size > MAX_ANSWER + MAX_HEAD or len(answer.body) > MAX_ANSWER:
            raise errors.OutcomeUnknown(f"The answer is longer than {MAX_ANSWER // 1024} KB.")
        if size > MAX_HEAD and not answer.has_head:
            raise errors.OutcomeUnknown(f"The head of the answer is longer than {MAX_HEAD // 1024} KB.")
        if answer.has_head and not (answer.has_length or answer.is_last):
            # A head that is cut in the middle reads like one without a length, and its missing body like an empty one.
            raise errors.OutcomeUnknown("The answer does not tell where it ends, so it may be a part of one.")
    return Response(answer.status, bytes(answer.body), answer.headers), not answer.is_last


class _Answer:
    """What came so far of one answer; the parser calls what begins with `on_`."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 0, dict[str, str](), bytearray()
        self.has_head = self.has_length = self.is_whole = False
        self.is_last = False
        """No other answer follows on this connection."""
        self._parser = HttpResponseParser(self)
        # What sloppy servers say and browsers understand: folded headers, ends of lines without \r, both a length and
        # chunks (which count then), blanks behind the size of a chunk.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    def take(self, piece: bytes) -> None:
        """Read on; an empty piece is the end of the connection."""
        if not piece:
            if not self.has_head or self.has_length:
                raise ConnectionResetError(errno.ECONNRESET, "the connection ended before the answer did")
            self.is_whole = True
            return
        try:
            self._parser.feed_data(piece)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.is_whole:
                raise errors.OutcomeUnknown(f"Sent, but the answer can't be read: {error}.") from error
            self.is_last = True  # what follows a whole answer is no matter of it

    def on_message_begin(self) -> None:
        if self.is_whole:
            self.is_last = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:  # others stand behind the chunks, or in what nobody asked for
            key, told = name.decode("latin-1").lower(), value.decode("latin-1").strip()
            self.headers[key] = f"{self.headers[key]}, {told}" if key in self.headers else told

    def on_headers_complete(self) -> None:
        if self.has_head:
            return
        self.status, self.has_head = self._parser.get_status_code(), True
        said = self.headers.get("connection", "").lower()
        old = self._parser.get_http_version() == "1.0"
        self.is_last = "close" in said or (old and "keep-alive" not in said)
        chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        self.has_length = chunked or "content-length" in self.headers or self.status in EMPTY

    def on_body(self, piece: bytes) -> None:
        if not self.is_whole:
            self.body += piece

    def on_message_complete(self) -> None:
        if self.is_whole:
            return
        if self.status in INTERIM:
            self.headers.clear()
            self.has_head = False
        else:
            self.is_whole = True
            del self._parser  # which holds this object, too: both would wait for the collector of garbage
