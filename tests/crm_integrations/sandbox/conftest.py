"""A sandbox in a thread, real sockets in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from crm_integrations.sandbox.command import build
from crm_integrations.sandbox.server import SandboxServer
from tests.crm_integrations.sandbox.caller import Caller, options


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Start a sandbox with the given flags; every one is stopped after the test."""
    running: list[tuple[SandboxServer, Thread]] = []

    def starter(*flags: str) -> Caller:
        server = build(options(*flags))
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        return Caller(server.server_port)

    yield starter
    for server, thread in running:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        server.ledger.close()
        thread.join()


@pytest.fixture
def sandbox(start: Callable[..., Caller]) -> Caller:
    """A sandbox without any flags."""
    return start()
