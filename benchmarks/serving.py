"""The product, or another application, under gunicorn on the scratch database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import scratch
from django.conf import settings
from django.db import connection

HERE = Path(__file__).resolve().parent
WORKERS, THREADS = 2, 8
"""As `make run` starts it."""
_servers: dict[int, int] = {}
"""The process of each server, by its port."""


def environment() -> dict[str, str]:
    """What both servers are told; the plain one takes the database from it."""
    with connection.cursor():
        info = connection.connection.info
    database = settings.DATABASES["default"]
    return os.environ | {
        "BENCH_DB_NAME": info.dbname,
        "BENCH_DB_USER": info.user,
        "BENCH_DB_PASSWORD": str(database.get("PASSWORD", "")),
        "BENCH_DB_HOST": info.host,
        "BENCH_DB_PORT": str(info.port),
        "PYTHONPATH": f"{scratch.ROOT}{os.pathsep}{HERE}",
    }


@contextmanager
def served(module: str, env: dict[str, str], log: Path | None = None) -> Iterator[int]:
    """`module`'s application under gunicorn; gives its port. It tells what happens here, or in `log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", f"{module}.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--log-level", "error"]
    env = env | {"DJANGO_SETTINGS_MODULE": f"{module}.settings", "PGAPPNAME": _session(port)}
    with (
        open(log, "wb") if log else nullcontext() as told,
        subprocess.Popen(command, env=env, cwd=scratch.ROOT, stderr=told) as server,
    ):
        try:
            _wait_for(port)
            _servers[port] = server.pid
            yield port
        finally:
            server.terminate()


def spent(port: int) -> float:
    """Processor milliseconds that a server's workers and their sessions in PostgreSQL have taken until now."""
    workers = Path(f"/proc/{_servers[port]}/task/{_servers[port]}/children").read_text().split()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [_session(port)])
        sessions = [pid for (pid,) in cursor.fetchall()]
    tasks = (each for pid in (*workers, *sessions) for each in Path(f"/proc/{pid}/task").iterdir())
    return sum(int((each / "schedstat").read_text().split()[0]) for each in tasks) / 1_000_000


def _session(port: int) -> str:
    return f"bench-{port}"


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("gunicorn did not start")
