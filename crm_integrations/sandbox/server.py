"""The one HTTP server in front of all vendors, told apart by path."""

from __future__ import annotations

import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event
from typing import Any
from urllib.parse import parse_qsl

from . import control, wire
from .answers import ELSEWHERE, answer_to
from .faults import CREATES, Fault, Faults, in_body
from .ledger import Entry, Ledger
from .messages import Answer, Refused, Request
from .vendor import Route, Vendor

LARGEST_BODY = 16_000_000


class SandboxServer(ThreadingHTTPServer):
    """Vendors, their common ledger and the faults in force, behind one address."""

    request_queue_size = 1024

    def __init__(
        self, address: tuple[str, int], vendors: list[Vendor], ledger: Ledger, faults: Faults
    ) -> None:
        self.vendors = vendors
        self.ledger = ledger
        self.faults = faults
        self.stopping = Event()
        self.visits_elsewhere = 0
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # HTTPServer's own would look the host's name up, which can take seconds without a network.
        TCPServer.server_bind(self)
        host, port, *_ = self.server_address
        self.server_name, self.server_port = str(host), int(port)

    def vendor_of(self, path: str) -> Vendor | None:
        return next((vendor for vendor in self.vendors if path.startswith(vendor.prefixes)), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that hang up: with cut connections that is daily business."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    server: SandboxServer
    connection: socket.socket
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def respond(self) -> None:
        """Answer one request: a vendor's, or one to the sandbox itself."""
        path, _, query = self.path.partition("?")
        raw = self._read_body()
        if raw is None:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        arguments = dict(parse_qsl(query, keep_blank_values=True))
        request = Request(self.command, path, arguments, headers, raw, time.time())
        request.parse()
        vendor = self.server.vendor_of(path)
        if vendor is not None:
            self._respond_as(vendor, request, query)
        elif path == ELSEWHERE:
            self.server.visits_elsewhere += 1
            self._send(Answer(200, {}))
        else:
            self._send(control.answer_to(self.server, request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the ledger is the log."""

    def _respond_as(self, vendor: Vendor, request: Request, query: str) -> None:
        try:
            route = vendor.match(request)
        except Refused as refused:
            self._send(refused.answer)
            return
        fault = in_body(vendor.slug, request.body) if _may_ask(route, request) else None
        fault = fault or self.server.faults.draw(vendor.slug, route.kind)
        if fault is not None and fault.name == "down":
            wire.reset(self.connection)
            self.close_connection = True
            return
        answer = answer_to(vendor, route, request, fault)
        cut = answer is None or (fault is not None and fault.name == "cut_after")
        status = None if answer is None or cut else answer.status
        # The line is in the ledger before the first byte of the answer leaves.
        self.server.ledger.append(_entry(vendor, route, request, query, fault, answer, status))
        if answer is None or cut:
            self.close_connection = True
        else:
            self._send(answer, fault)

    def _send(self, answer: Answer, fault: Fault | None = None) -> None:
        if self.close_connection:
            answer.headers["Connection"] = "close"
        if not wire.send(self.connection, answer, fault, self.server.stopping.wait):
            self.close_connection = True

    def _read_body(self) -> bytes | None:
        """The body by its Content-Length; without a usable one the connection ends with a 4xx."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self._refuse_body(411, "A Content-Length is required.")
            return None
        if int(length) > LARGEST_BODY:
            self._refuse_body(413, "The body is too large.")
            return None
        raw = self.rfile.read(int(length))
        if len(raw) < int(length):
            self.close_connection = True
            return None
        return raw

    def _refuse_body(self, status: int, reason: str) -> None:
        # What follows on this connection may be the unread body, so it ends here.
        self.close_connection = True
        self._send(Answer(status, {"error": reason}))


def _may_ask(route: Route, request: Request) -> bool:
    return route.kind in CREATES and b"fault:" in request.raw


def _entry(
    vendor: Vendor,
    route: Route,
    request: Request,
    query: str,
    fault: Fault | None,
    answer: Answer | None,
    status: int | None,
) -> Entry:
    """The ledger line: no header of the request, and nothing at all of what a token call carries."""
    secret = route.kind == "token"
    created = answer.created if answer is not None else None
    return {
        "n": 0,
        "at": request.at,
        "vendor": vendor.slug,
        "kind": route.kind,
        "method": request.method,
        "path": request.path if secret or not query else f"{request.path}?{query}",
        "status": status,
        "accepted": created is not None,
        "id": created.id if created is not None else None,
        "reference": _reference(vendor, request),
        "fault": fault.name if fault is not None else None,
        "body": None if secret else _kept(vendor, request.body),
    }


def _reference(vendor: Vendor, request: Request) -> str | None:
    field = vendor.reference_field
    if field is None:
        return None
    body = request.body if isinstance(request.body, dict) else {}
    reference = body.get(field, request.query.get(field))
    return reference if isinstance(reference, str) and reference else None


def _kept(vendor: Vendor, body: Any) -> Any:
    if not isinstance(body, dict) or not vendor.never_kept & body.keys():
        return body
    return {name: "(not kept)" if name in vendor.never_kept else value for name, value in body.items()}
