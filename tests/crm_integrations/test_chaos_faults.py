"""What an answer, or the lack of one, makes of a delivery: every fault over a real socket, for every vendor."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from crm_integrations import deadlines, outbox, retry, transport
from crm_integrations import delivery as engine
from crm_integrations.connector import Request
from crm_integrations.models import Connection, Delivery, Exchange, Health, State
from leadops.services import loan_accounts
from tests import patience, vendors

pytestmark = pytest.mark.django_db(transaction=True)

VENDORS = ("crego_crm", "crego_los", "brainysoft", "broctagon", "ispcrm")
YES: dict[str, dict[str, Any]] = {
    "crego_crm": {"id": "665000000000000000000001", "status": "new"},
    "crego_los": {"id": "665000000000000000000002", "status": "activation"},
    "brainysoft": {"status": "ok", "timestamp": 1763596800000, "data": 4711},
    "broctagon": {"id": 4711},
    "ispcrm": {"success": True, "message": "ok", "data": {"lead_id": 4711, "status": "New"}},
}
NO: dict[str, dict[str, Any]] = {
    "crego_crm": {"detail": "No."},
    "crego_los": {"detail": "No."},
    "brainysoft": {"status": "error", "data": {"code": "1", "message": "No.", "type": "Refusal"}},
    "broctagon": {"error": True, "code": 1, "type": "Refusal"},
    "ispcrm": {"success": False, "message": "No.", "data": None},
}
Vendor = str
Answer = Callable[[socket.socket, Vendor], None]


def http(status: int, body: bytes | None = None, *lines: str, length: int | None = None) -> Answer:
    """An answer in one piece; the vendor's own yes where no body is named."""

    def says(conn: socket.socket, vendor: Vendor) -> None:
        sent = json.dumps(YES[vendor]).encode() if body is None else body
        head = [
            f"HTTP/1.1 {status} Said",
            f"Content-Length: {len(sent) if length is None else length}",
            *lines,
        ]
        conn.sendall("\r\n".join([*head, "", ""]).encode() + sent)

    return says


def no(status: int) -> Answer:
    """The vendor's own way of refusing, under any status."""
    return lambda conn, vendor: http(status, json.dumps(NO[vendor]).encode())(conn, vendor)


def raw(sent: bytes) -> Answer:
    return lambda conn, vendor: conn.sendall(sent)


def reset(conn: socket.socket, vendor: Vendor) -> None:
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def time_is_up() -> None:
    """The call under way has come to its deadline, however quick it was to get here."""
    for call in tuple(deadlines.watchdog.calls):
        call.ends_at = time.monotonic()


def silence(conn: socket.socket, vendor: Vendor) -> None:
    """Nothing, until the caller hangs up."""
    time_is_up()
    conn.settimeout(patience.SECONDS)
    conn.recv(1)


def drip(conn: socket.socket, vendor: Vendor) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    time_is_up()
    conn.settimeout(0.1)
    for _ in range(1000):
        conn.sendall(b" ")
        with contextlib.suppress(TimeoutError):
            if not conn.recv(1):
                return


def twice(conn: socket.socket, vendor: Vendor) -> None:
    http(200)(conn, vendor)
    http(200)(conn, vendor)


D, R, T, P = State.DELIVERED, State.REJECTED, State.RETRYING, "paused"
U = "unknown, or review where the vendor can't be asked"
A = "accepted without an id, to be looked up and never sent again"
EVERYONE = 5
# In the order of VENDORS; each line is what reliable delivery means for one answer.
TABLE: dict[str, tuple[Answer, list[str]]] = {
    "200 and its yes": (http(200), [D, D, D, U, D]),
    "201 and its yes": (http(201), [D, D, D, D, U]),
    "202 and its yes": (http(202), [U, U, D, U, U]),
    "204": (http(204, b""), [U] * EVERYONE),
    "200 and nothing": (http(200, b""), [U] * EVERYONE),
    "200 and an empty object": (http(200, b"{}"), [A, U, U, U, U]),
    "201 and an empty object": (http(201, b"{}"), [A, U, U, D, U]),
    "200 and its no": (no(200), [A, U, R, U, R]),
    "201 and its no": (no(201), [A, U, R, U, R]),
    "200 and a web page": (http(200, b"<html><body>Welcome</body></html>"), [U] * EVERYONE),
    "201 and a web page": (http(201, b"<html><body>Welcome</body></html>"), [U] * EVERYONE),
    "200 and half of its yes": (http(200, b'{"id": "6650", "success": tr'), [U] * EVERYONE),
    "201 and a list": (http(201, b'[{"id": "6650"}]'), [U] * EVERYONE),
    "201 and NaN": (http(201, b"NaN"), [U] * EVERYONE),
    "201 and null": (http(201, b"null"), [U] * EVERYONE),
    "201 and a nest of 100,000": (http(201, b"[" * 100_000), [U] * EVERYONE),
    "201 and no UTF-8": (http(201, b'{"id": "\xff\xfe"}'), [U] * EVERYONE),
    "201 and two megabytes": (http(201, b" " * 2_000_000), [U] * EVERYONE),
    "201 and zipped": (http(201, b"\x1f\x8b\x08\x00\x00", "Content-Encoding: gzip"), [U] * EVERYONE),
    "301": (http(301, b"", "Location: /elsewhere"), [P] * EVERYONE),
    "302 to another host": (http(302, b"", "Location: http://127.0.0.1:9/"), [P] * EVERYONE),
    "307": (http(307, b"", "Location: /elsewhere"), [P] * EVERYONE),
    "308": (http(308, b"", "Location: /elsewhere"), [P] * EVERYONE),
    "400": (no(400), [R] * EVERYONE),
    "400 and its yes": (http(400), [R] * EVERYONE),
    "401": (no(401), [P] * EVERYONE),
    "402": (no(402), [R] * EVERYONE),
    "403": (no(403), [P] * EVERYONE),
    "404": (no(404), [R] * EVERYONE),
    "405": (no(405), [R] * EVERYONE),
    "408": (no(408), [T] * EVERYONE),
    "409": (no(409), [U] * EVERYONE),
    "410": (no(410), [R] * EVERYONE),
    "413": (no(413), [R] * EVERYONE),
    "415": (no(415), [R] * EVERYONE),
    "422": (no(422), [R] * EVERYONE),
    "425": (no(425), [T] * EVERYONE),
    "429": (no(429), [T] * EVERYONE),
    "429 and when": (http(429, b"{}", "Retry-After: 7"), [T] * EVERYONE),
    "500": (no(500), [U] * EVERYONE),
    "500 and its yes": (http(500), [U] * EVERYONE),
    "501": (no(501), [U] * EVERYONE),
    "502 and a web page": (http(502, b"<html>Bad gateway</html>"), [U] * EVERYONE),
    "503": (no(503), [T] * EVERYONE),
    "504": (no(504), [U] * EVERYONE),
    "520": (no(520), [U] * EVERYONE),
    "a reset instead of an answer": (reset, [U] * EVERYONE),
    "an end instead of an answer": (raw(b""), [U] * EVERYONE),
    "an end in the head": (raw(b"HTTP/1.1 201 Created\r\nContent-Le"), [U] * EVERYONE),
    "an end in the body": (http(201, length=1000), [U] * EVERYONE),
    "an end between chunks": (
        raw(b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n'),
        [U] * EVERYONE,
    ),
    "no HTTP at all": (raw(b"220 mail.example ESMTP\r\n\r\n"), [U] * EVERYONE),
    "an answer too many": (twice, [D, D, D, U, D]),
    "silence": (silence, [U] * EVERYONE),
    "a byte now and then": (drip, [U] * EVERYONE),
}


TLS_HANDSHAKE = b"\x16"


def some(conn: socket.socket) -> bytes:
    """The next of what is sent; OSError where nothing will follow."""
    read = conn.recv(65536)
    if not read:
        raise ConnectionAbortedError
    return read


class Scripted:
    """A vendor that reads one whole request and then does as it is told; what follows in a case gets no answer."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.answer: Answer | None = None
        self.vendor = ""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                conn, _ = self.listener.accept()
                with conn, contextlib.suppress(OSError):
                    self._read(conn)
                    answer, self.answer = self.answer, None
                    if answer is not None:
                        answer(conn, self.vendor)

    def _read(self, conn: socket.socket) -> None:
        conn.settimeout(patience.SECONDS)
        whole = some(conn)
        if whole.startswith(TLS_HANDSHAKE):
            return  # it is answered in the clear, as by a server that speaks no TLS
        while b"\r\n\r\n" not in whole:
            whole += some(conn)
        head, _, body = whole.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        while len(body) < length:
            body += some(conn)


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()


@pytest.fixture
def outbox_of(scripted: Scripted, db: None, receive: Any, program: Any) -> Callable[[Vendor], Delivery]:
    """One delivery on its way to the scripted vendor, and nothing else that is due."""

    def made(vendor: Vendor) -> Delivery:
        names = ("crego_crm", "crego_los") if vendor == "crego_los" else (vendor,)
        connections = vendors.connect(scripted.url, *names)
        if vendor == "brainysoft":  # so that the first call is the one that is looked at
            connections[vendor].settings["auth_mode"] = "static"
            connections[vendor].secrets = {"token": "known"}
            connections[vendor].save()
        lead = receive()
        if vendor == "crego_los":
            lead.deliveries.update(state=State.DELIVERED, reference="665000000000000000000009")
            loan_accounts.open_account(lead, "CL00044A", program)
        return Delivery.objects.select_related("connection").get(connection__vendor=vendor)

    return made


def queue_anew(delivery: Delivery) -> None:
    Exchange.objects.all().delete()
    Health.objects.all().delete()
    Connection.objects.update(paused_until=None)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.QUEUED, due_at=Now(), attempts=0, lookups=0, absences=0, accepted=False, reference=""
    )


def meaning(delivery: Delivery) -> str:
    """What became of it, in the words of the table."""
    now = Delivery.objects.select_related("connection").get(pk=delivery.pk)
    assert now.lease is None
    assert now.attempts == 1
    if now.connection.paused:
        return P if now.state == State.QUEUED else f"paused, but {now.state}"
    askable = now.connection.connector_class.can_find
    if now.state == (State.UNKNOWN if askable else State.REVIEW):
        return A if now.accepted else U
    return str(now.state)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_fault_means_what_the_table_says(outbox_of, scripted, vendor):
    delivery, place, found = outbox_of(vendor), VENDORS.index(vendor), {}
    scripted.vendor = vendor
    for name, (answer, _) in TABLE.items():
        queue_anew(delivery)
        scripted.answer = answer
        engine.drain()
        found[name] = meaning(delivery)
    assert found == {name: meanings[place] for name, (_, meanings) in TABLE.items()}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("where", ["a closed port", "an unknown name", "no TLS"])
def test_what_never_reached_the_vendor_is_tried_again(outbox_of, scripted, settings, vendor, where):
    delivery = outbox_of(vendor)
    addresses = {
        "a closed port": "http://127.0.0.1:9",
        "an unknown name": "http://vendor.invalid",
        "no TLS": scripted.url.replace("http:", "https:"),
    }
    scripted.answer = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    Connection.objects.filter(vendor=vendor).update(base_url=addresses[where])
    engine.drain()
    assert meaning(delivery) == T


def test_head_and_body_leave_in_one_piece(scripted, monkeypatch):
    """A worker that froze between them would send the body when others have looked it up and sent it again."""
    real, pieces = socket.socket.sendall, []

    def sendall(self: Any, data: bytes) -> None:
        if threading.current_thread() is threading.main_thread():  # in another one the vendor answers
            pieces.append(data)
        real(self, data)

    monkeypatch.setattr(socket.socket, "sendall", sendall)
    answer = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    creates = [Request.json("create_lead", "/leads", {"name": name}) for name in ("Asha", "Ravi")]
    for request in (*creates, Request.get("find", "/leads")):
        scripted.answer = answer
        transport.send(scripted.url, request, patience.SECONDS)
    assert [piece[:4] for piece in pieces] == [b"POST", b"POST", b"GET "]
    assert [name in piece for name, piece in zip((b"Asha", b"Ravi", b"\r\n\r\n"), pieces, strict=True)] == [
        True
    ] * 3


def test_the_tries_outlast_72_hours_however_chance_falls(settings):
    assert sum(settings.DELIVERY_RETRIES) * retry.JITTER[0] >= 72 * 3600
    assert len(settings.DELIVERY_RETRIES) == 10


def test_a_database_that_goes_away_while_records_are_read_fails_none_of_them(outbox_of, monkeypatch):
    """Found by `make chaos`: what a restarted server interrupted was `failed`, and waited for a person."""
    delivery = outbox_of("ispcrm")

    def away(deliveries: Any) -> Any:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(engine.snapshots, "of_deliveries", away)
    with pytest.raises(OperationalError):
        engine.drain()
    monkeypatch.undo()
    Delivery.objects.exclude(leased_until=None).update(leased_until=Now())
    outbox.reap()
    assert Delivery.objects.get(pk=delivery.pk).state == State.QUEUED
