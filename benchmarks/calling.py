"""Clients that call a server one request after the other, and how long they wait for each answer."""

from __future__ import annotations

import http.client
import itertools
import json
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

NUMBERS = itertools.count()


class Load:
    """`clients` connections at once, each of which sends its next request when it has its answer.

    `body` gives what the next request sends, with an Idempotency-Key of its own; without it the path is read. `sign`
    gives the headers that vouch for a body.
    """

    def __init__(
        self,
        port: int,
        path: str,
        status: int = 200,
        key: str = "",
        *,
        clients: int = 1,
        body: Callable[[], Any] | None = None,
        sign: Callable[[str], dict[str, str]] = lambda body: {},
    ) -> None:
        self.port, self.path, self.status, self.body, self.clients = port, path, status, body, clients
        self.sign = sign
        self.headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {key}"} if key else {}
        )
        self.taken = 0
        self.waits: list[float] = []
        self.failed: list[str] = []

    def rate(self, seconds: float) -> float:
        """Requests a second."""
        self.waits = []
        threads = [threading.Thread(target=self._client, args=(seconds,)) for _ in range(self.clients)]
        began = time.perf_counter()
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.taken += len(self.waits)
        self._check()
        return len(self.waits) / (time.perf_counter() - began)

    def once(self) -> None:
        """One request, so that something is there."""
        self.waits = []
        self._client(0)
        self._check()

    def wait(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred answers of the last round came."""
        return 1000 * statistics.quantiles(self.waits, n=100, method="inclusive")[percent - 1]

    def _check(self) -> None:
        if self.failed:
            raise SystemExit(f"{self.path}: {self.failed[0]}")

    def _client(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.failed and (not self.waits or time.monotonic() < until):
            body = json.dumps(self.body()) if self.body else None
            began = time.perf_counter()
            said = self._call(body)
            self.waits.append(time.perf_counter() - began)
            if said:
                self.failed.append(said)

    def _call(self, body: str | None) -> str:
        """What was wrong with the answer."""
        calling = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            own = {"Idempotency-Key": f"bench-{next(NUMBERS)}"} | self.sign(body) if body else {}
            calling.request("POST" if body else "GET", self.path, body, self.headers | own)
            answer = calling.getresponse()
            said = answer.read()
        except OSError as error:
            return repr(error)
        finally:
            calling.close()
        return "" if answer.status == self.status else f"{answer.status} {said[:500]!r}"
