"""The broker that comes along: messages as files in a folder, each of them there whole or not at all.

kombu's transport of files makes a file and then writes it, and another process may read it in between. What it finds
is no message, and its worker ends. Here files are written aside and moved to their place.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps, loads

ALIAS = "folder"
logger = logging.getLogger(__name__)
Row = filesystem.exchange_queue_t
last_sent: dict[tuple[str, str], Path] = {}
"""The last message of this process for each task, by its queue."""


class Channel(filesystem.Channel):
    """Queues that several processes write and read at once."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as kombu's own file transport has it
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        file = Path(self.data_folder_out) / name
        _write_whole(file, payload)
        last_sent[str(payload.get("headers", {}).get("task")), queue] = file

    def _get(self, queue: str) -> Any:  # type: ignore[override]  # as kombu's own file transport has it
        """The oldest message that is one; whoever removes its file has it."""
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            try:
                content = (folder / name).read_bytes()
                payload = self._message_in(content)
                (folder / name).unlink() if payload else _put_aside(folder / name)
            except OSError:
                continue  # another worker was quicker
            if payload:
                return payload
        raise Empty

    def _message_in(self, content: bytes) -> Any:
        try:
            payload = loads(content.decode())
            self.Message(payload, channel=self)
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        return payload

    def get_table(self, exchange: str) -> list[Any]:
        return _rows(self._file_of(exchange))

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        row = Row(routing_key or "", pattern or "", queue or "")
        with self._changing(exchange) as rows:
            if row not in rows:
                rows.insert(0, row)

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **_: Any
    ) -> None:
        self._purge(queue)
        row = Row(routing_key or "", pattern or "", queue or "")
        with self._changing(exchange) as rows:
            if row in rows:
                rows.remove(row)

    def _file_of(self, exchange: str) -> Path:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # its stubs do not know it
        return file

    @contextmanager
    def _changing(self, exchange: str) -> Iterator[list[Any]]:
        """The table of an exchange, for one process at a time, and stored again when it was changed."""
        file = self._file_of(exchange)
        with (self.control_folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            rows = _rows(file)
            before = list(rows)
            yield rows
            if rows != before:
                _write_whole(file, rows)


class Transport(filesystem.Transport):
    """kombu's transport of files with the channel above."""

    Channel = Channel

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = virtual.BrokerState()  # what one folder's queues are says nothing of another folder's


def lies_unread(task: str, queue: str) -> bool:
    """Whether nobody has taken yet what this process sent last; who takes it sees all that is committed by now."""
    file = last_sent.get((task, queue))
    return file is not None and file.exists()


def register() -> None:
    """Let a broker's URL begin with `folder://`."""
    TRANSPORT_ALIASES[ALIAS] = f"{__name__}:Transport"


def _write_whole(path: Path, content: Any) -> None:
    aside = path.with_name(f"{path.name}.{uuid4()}.part")
    try:
        aside.write_text(dumps(content))
        aside.rename(path)
    except OSError as error:
        raise ChannelError(f"The embedded broker can't write in {path.parent}: {error.strerror}.") from error


def _put_aside(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.unreadable"))
    logger.warning("The embedded broker has put %s aside, which is no message.", path.name)


def _rows(file: Path) -> list[Any]:
    """Which queues an exchange feeds; none when nobody wrote that down, or nothing that can be read."""
    try:
        return [Row(*row) for row in loads(file.read_text())]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError):
        logger.warning("The embedded broker makes %s anew, which can't be read.", file.name)
        return []
