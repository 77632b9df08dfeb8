"""Viruses: a file is shown to clamd, where one is configured, before anything else opens it."""

from __future__ import annotations

import logging
import socket
import time
from typing import IO, Protocol

from django.conf import settings

from leadops.document_files.settings import Address
from leadops.errors import Away

log = logging.getLogger(__name__)

PART = 64 * 1024
CONNECT_SECONDS, SECONDS = 3.0, 30.0
LONGEST_ANSWER = 1000


class ScannerAway(Away):
    """The virus scanner does not answer, and nothing is kept unseen; please send the file again in a while."""


class Scanner(Protocol):
    """What looks into files; each way to do so is one class."""

    def found_in(self, file: IO[bytes]) -> str:
        """The name of what was found, empty for a clean file; ScannerAway where nobody could tell."""


class Clamd:
    """ClamAV's daemon, asked by its INSTREAM command: the file in parts, each behind its length, then an empty one."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def found_in(self, file: IO[bytes]) -> str:
        try:
            answer = self._asked(file)
        except OSError as error:
            log.error("virus scanner away: %s", type(error).__name__)
            raise ScannerAway from None
        if answer == "stream: OK":
            return ""
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")
        log.error("virus scanner answers %r", answer[:200])
        raise ScannerAway

    def _asked(self, file: IO[bytes]) -> str:
        ends = time.monotonic() + SECONDS
        file.seek(0)
        with self._connected() as connection:
            try:
                connection.sendall(b"zINSTREAM\0")
                while part := file.read(PART):
                    connection.settimeout(_left(ends))
                    connection.sendall(len(part).to_bytes(4, "big") + part)
                connection.sendall(bytes(4))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has said why before it hung up
            return self._answer(connection, ends)

    def _connected(self) -> socket.socket:
        if not self.address.path:
            where = self.address.host, self.address.port
            return socket.create_connection(where, CONNECT_SECONDS)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(CONNECT_SECONDS)
            connection.connect(self.address.path)
        except OSError:
            connection.close()
            raise
        return connection

    def _answer(self, connection: socket.socket, ends: float) -> str:
        """What it says, up to the NUL that ends it; an answer that was cut off is none."""
        answer = b""
        while not answer.endswith(b"\0"):
            connection.settimeout(_left(ends))
            if not (part := connection.recv(LONGEST_ANSWER)) or len(answer) > LONGEST_ANSWER:
                return f"(cut off) {answer.decode(errors='replace')}"
            answer += part
        return answer[:-1].decode(errors="replace")


def _left(ends: float) -> float:
    """Seconds until `ends`; a deadline of all, since a socket's own is for each part."""
    if (left := ends - time.monotonic()) <= 0:
        raise TimeoutError
    return left


def scanner() -> Scanner | None:
    """The scanner that is configured; None without one."""
    return Clamd(settings.CLAMD) if settings.CLAMD else None
