"""The processes of a run. Each holds a lock while one process of it lives, so that none is lost sight of.

The lock is an flock on `pids/<name>.pid`, inherited by the child and by all it forks. Whoever finds it held
knows that the process group written there is alive and ours, even when its launcher was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

GRACE = 10.0
"""Seconds a process has to end after SIGTERM."""
MARKS = ("Traceback (most recent call last)", "CRITICAL")
MOST_LINES, LAST_LINES = 30, 15


def take(path: Path) -> IO[str] | None:
    """Lock `path` and return it open, None when somebody holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def write(file: IO[str], pid: int) -> None:
    """Say in a locked file who holds it."""
    file.truncate(0)
    file.write(str(pid))
    file.flush()


def holder(path: Path) -> int | None:
    """The process that holds `path`, None when nobody does."""
    if not path.exists():
        return None
    if (file := take(path)) is not None:
        file.close()
        return None
    text = path.read_text(encoding="utf-8")
    return int(text) if text.isdigit() else None


class Child:
    """One program of the run, with its log and its lock in `var`."""

    def __init__(self, name: str, command: Sequence[str], var: Path) -> None:
        self.name = name
        self.command = list(command)
        self.log = var / "log" / f"{name}.log"
        self.lock = var / "pids" / f"{name}.pid"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str], folder: Path) -> None:
        """Start it in a session of its own, so that a Ctrl-C reaches the launcher alone."""
        lock = take(self.lock)
        assert lock is not None, f"{self.name} still runs"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        with lock, self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            write(lock, self.process.pid)

    @property
    def status(self) -> int | None:
        """The exit status once it ended, else None."""
        return self.process.poll() if self.process else None

    def last_words(self) -> str:
        """What its log tells of why it ended."""
        return "\n".join(cause_in(self.log.read_text(encoding="utf-8", errors="replace").splitlines()))

    def signal(self, number: int) -> None:
        """Send a signal to whatever lives of it, also when another launcher started it."""
        if self.process is not None:
            self.process.poll()  # a reaped leader does not hold the group's id any more
        if (group := holder(self.lock)) is not None:
            with contextlib.suppress(ProcessLookupError):  # it may end in between
                os.killpg(group, number)

    @property
    def gone(self) -> bool:
        if self.process is not None:
            self.process.poll()
        return holder(self.lock) is None


def cause_in(lines: list[str]) -> list[str]:
    """The lines that tell why a program ended: from its last traceback or critical one, else the last few.

    Of a traceback that is too long its end is kept: there the error stands.
    """
    marked = [at for at, line in enumerate(lines) if any(mark in line for mark in MARKS)]
    if not marked:
        return lines[-LAST_LINES:]
    first = marked[-1]
    rest = range(first + 1, len(lines))
    error = next((at for at in rest if lines[at] and not lines[at][0].isspace()), first)
    return lines[max(first, error + 1 - MOST_LINES) :][:MOST_LINES]


def stop(children: Sequence[Child]) -> None:
    """End all of `children` at once: SIGTERM, and SIGKILL for what still lives after the grace."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for child in children:
            child.signal(number)
        until = time.monotonic() + GRACE
        while time.monotonic() < until:
            if all(child.gone for child in children):
                return
            time.sleep(0.05)
