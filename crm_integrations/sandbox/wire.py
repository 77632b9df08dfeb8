"""How an answer goes over the wire, well or badly."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus

from .faults import Fault
from .messages import Answer

MEGABYTE = 1_000_000
PHRASES = {int(status): status.phrase for status in HTTPStatus}


def as_bytes(answer: Answer, blanks: int = 0) -> bytes:
    """The whole answer, in one piece so that it leaves in one packet; blanks before JSON are JSON."""
    payload = b" " * blanks + answer.payload()
    head = [f"HTTP/1.1 {answer.status} {PHRASES.get(answer.status, 'Status')}"]
    head += [f"{name}: {value}" for name, value in answer.headers.items()]
    head += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(payload)}", "", ""]
    return "\r\n".join(head).encode("latin-1", "replace") + payload


def send(
    connection: socket.socket, answer: Answer, fault: Fault | None, wait: Callable[[float], object]
) -> bool:
    """Send the answer as the fault has it; False when the connection has to end."""
    name = fault.name if fault else ""
    if fault is not None and name == "drip":
        for byte in as_bytes(answer):
            connection.sendall(bytes([byte]))
            wait(fault.seconds(1))
        return True
    if fault is not None and name == "slow":
        wait(fault.seconds(5))
    blanks = int(fault.seconds(10) * MEGABYTE) if fault is not None and name == "huge" else 0
    whole = as_bytes(answer, blanks)
    if name == "truncated":
        connection.sendall(whole[: len(whole) - max(1, len(answer.payload()) // 2)])
        return False
    connection.sendall(whole * 2 if name == "duplicate" else whole)
    return True


def reset(connection: socket.socket) -> None:
    """End the connection with a reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Closed here: socketserver's own way out begins with a polite FIN, and that would arrive first.
    os.close(connection.detach())
