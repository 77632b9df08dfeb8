"""What the tests of limits and breakers share: connections to vendors of their own, and workers that start at once."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connections as databases

from crm_integrations.models import Connection, Route

YES = b'{"success": true, "message": "ok", "data": {"lead_id": %d, "status": "New"}}'


class Vendor(ThreadingHTTPServer):
    """Answers what it is told to, and remembers each request's path, and how many there were at once at most."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status, self.headers, self.seen, self.delay = 200, {}, [], 0.0
        self.lock, self.under_way, self.most = threading.Lock(), 0, 0
        self.ids = itertools.count(101)  # of leads, no two of which have one
        self.url = f"http://127.0.0.1:{self.server_port}"

    ids: Iterator[int]
    status: int
    headers: dict[str, str]
    seen: list[str]
    delay: float
    under_way: int
    most: int

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        yield
        with self.lock:
            self.under_way -= 1


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Vendor

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        with self.server.counted():
            time.sleep(self.server.delay)
        body = YES % next(self.server.ids) if self.server.status == 200 else b"{}"
        self.send_response(self.server.status)
        for name, value in {**self.server.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def vendor() -> Iterator[Vendor]:
    server = Vendor()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def black_hole() -> Iterator[str]:
    """Takes connections and never says a word; at the end it hangs up on all."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def connect(name: str, url: str = "http://127.0.0.1:9", vendor: str = "ispcrm", **changes: Any) -> Connection:
    made = Connection(vendor=vendor, name=name, base_url=url, **changes)
    made.secrets = {"token": "t"}
    made.save()
    Route.objects.create(connection=made)
    return made


def at_once(workers: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` gave each of so many threads that began it together."""
    start, given = threading.Barrier(workers), []

    def run() -> None:
        try:
            start.wait()
            given.append(work())
        finally:
            databases.close_all()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == workers
    return given
