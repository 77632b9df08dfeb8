"""The three brokers that Celery may ring through, each started for one run and emptied on demand."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONGEST_START = 90.0
QUEUE = "celery"


class Missing(Exception):
    """This broker can't be run here."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Embedded:
    """The folder that serves where no broker is named."""

    def __init__(self, folder: Path) -> None:
        self.queue = folder / "var" / "broker" / "queue"
        self.url = ""

    def empty(self) -> int:
        """Throw away every message; returns how many."""
        thrown = 0
        for message in self.queue.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                message.unlink()
                thrown += 1
        return thrown

    def stop(self) -> None:
        return


class _Server(ABC):
    """A broker with a process of its own."""

    program = ""

    def __init__(self, folder: Path) -> None:
        found = shutil.which(self.program) or shutil.which(self.program, path="/usr/sbin:/usr/local/sbin")
        if found is None:
            raise Missing(f"{self.program} is not installed: apt-get install {self.program}")
        self.folder, self.port, self.found = folder / self.program, free_port(), found
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """Also again, after `stop`, where it was before."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command(self.found),
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._await(self._answers)
        except Missing:
            self.stop()
            raise

    @abstractmethod
    def _command(self, found: str) -> list[str]: ...

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    @abstractmethod
    def _answers(self) -> object: ...

    def _await(self, answers: Callable[[], object]) -> None:
        until = time.monotonic() + LONGEST_START
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(Exception):
                answers()
                return
            time.sleep(0.2)
        raise Missing(f"{self.program} does not start: see {self.folder / 'log'}")

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


class Redis(_Server):
    """Without a disk, as deploy/ runs it."""

    program = "redis-server"

    def __init__(self, folder: Path) -> None:
        if importlib.util.find_spec("redis") is None:
            raise Missing("the redis client is not installed: pip install -r deploy/requirements.txt")
        super().__init__(folder)
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def _command(self, found: str) -> list[str]:
        return [
            found,
            "--port",
            str(self.port),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self.folder),
        ]

    def _client(self) -> Any:
        import redis

        return redis.Redis(port=self.port)

    def _answers(self) -> object:
        return self._client().ping()

    def write_down(self) -> None:
        """Keep in the folder all that is ever sent here, also what was taken since."""
        self._client().config_set("appendonly", "yes")

    def empty(self) -> int:
        """FLUSHALL: the messages, and those that workers had not acknowledged; returns how many waited."""
        client = self._client()
        thrown = int(client.llen(QUEUE))
        client.flushall()
        return thrown


class RabbitMq(_Server):
    """A node of its own, with its data in the run's folder."""

    program = "rabbitmq-server"

    def __init__(self, folder: Path) -> None:
        self.node_port = free_port()
        super().__init__(folder)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def _command(self, found: str) -> list[str]:
        return [found]

    def _environment(self) -> dict[str, str]:
        self.folder.chmod(0o777)  # for root it runs as a user of its own
        enabled = self.folder / "enabled_plugins"
        enabled.write_text("[].\n", encoding="utf-8")
        return {
            **os.environ,
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"chaos{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.node_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(enabled),
        }

    def stop(self) -> None:
        super().stop()
        # Where we are root, the node runs in a session of its own.
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)

    def _channel(self) -> Any:
        import amqp

        connection = amqp.Connection(f"127.0.0.1:{self.port}", userid="guest", password="guest")
        connection.connect()
        return connection

    def _answers(self) -> object:
        return self._channel().close()

    def write_down(self) -> None:
        """It does by itself: the queue outlives the node."""

    def empty(self) -> int:
        """Purge the queue; returns how many messages waited in it."""
        with contextlib.closing(self._channel()) as connection:
            return int(connection.channel().queue_purge(QUEUE) or 0)


Broker = Embedded | Redis | RabbitMq
SERVERS: dict[str, type[Redis | RabbitMq]] = {"redis": Redis, "rabbitmq": RabbitMq}
NAMES = ("embedded", *SERVERS)


def started(name: str, folder: Path) -> Broker:
    """The broker of that name, running; Missing says why it can't be had."""
    return SERVERS[name](folder) if name in SERVERS else Embedded(folder)
