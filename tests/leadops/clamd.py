"""A virus scanner for tests: speaks clamd's protocol on a real socket, and knows one virus."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from leadops.document_files.settings import Address

# The test file that every scanner knows and that does nothing; in halves, so that no scanner finds it here.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
STREAM_MAX = 1024 * 1024


class Clamd:
    """What it was shown, and how it is to misbehave: `answer` in place of its own, `hangs_up` before one."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.answer: bytes | None = None
        self.hangs_up = False

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return  # the test is over
            with connection, connection.makefile("rb") as stream:
                if not self.hangs_up:
                    connection.sendall(self._answer(stream))

    def _answer(self, stream) -> bytes:
        command = stream.read(10)
        if command != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND\0"
        content = b""
        while length := int.from_bytes(stream.read(4), "big"):
            content += stream.read(length)
            if len(content) > STREAM_MAX:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.seen.append(content)
        if self.answer is not None:
            return self.answer
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@contextmanager
def running(path: str = "") -> Iterator[tuple[Clamd, Address]]:
    """It listens at a socket's path, or at a port of this machine, while the block lasts."""
    clamd = Clamd()
    listening = socket.socket(socket.AF_UNIX if path else socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(path or ("127.0.0.1", 0))
    listening.listen()
    address = Address(path=path) if path else Address("", *listening.getsockname())
    thread = Thread(target=clamd.serve, args=[listening])
    thread.start()
    try:
        yield clamd, address
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
