"""Calls end in time: what a whole call may take is more than a socket's time-out, which every byte begins anew."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from urllib3.connection import HTTPConnection

LOOK_SECONDS = 0.1
"""How often the watchdog looks at the calls under way: a deadline is kept to within this."""


@dataclass(slots=True, eq=False)
class Call:
    """One call under way."""

    before_first_byte: Callable[[], None]
    ends_at: float
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


class Watchdog:
    """Cuts all calls of this process at their deadlines: one thread, because one for each call costs more than it."""

    def __init__(self) -> None:
        self.calls: set[Call] = set()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    @contextlib.contextmanager
    def over(self, call: Call) -> Iterator[None]:
        """Keep an eye on `call` while this lasts."""
        self.calls.add(call)
        if self.thread is None or not self.thread.is_alive():  # the first call, also of a forked process
            self._start()
        try:
            yield
        finally:
            self.calls.discard(call)
            call.end()

    def _start(self) -> None:
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self.thread.start()

    def _watch(self) -> None:
        while True:
            now = time.monotonic()
            for call in tuple(self.calls):
                if now >= call.ends_at:
                    call.cut()
            time.sleep(LOOK_SECONDS)


watchdog = Watchdog()
