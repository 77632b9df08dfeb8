"""`make run` as a person meets it: started, refused, killed, started again, stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.db import connection

from tests import patience
from tests.environment import ROOT
from tests.patience import wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Launcher:
    """Runs deploy/run.py with a data folder and ports of its own, and with this Python instead of a new .venv."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port, self.sandbox_port = free_port(), free_port()
        self.started: list[subprocess.Popen[str]] = []

    def environment(self, **changes: str) -> dict[str, str]:
        ours = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "LEADOPS_TEST_DB")
        }
        ours |= {"PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port)}
        return {**ours, "LEADOPS_VAR": str(self.var), "LEADOPS_PYTHON": sys.executable, **changes}

    def refused(self, **changes: str) -> str:
        """The one line that it says when it can't start."""
        command = [sys.executable, "deploy/run.py"]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert "Traceback" not in done.stdout
        return done.stderr.strip()

    def start(self) -> tuple[subprocess.Popen[str], list[str]]:
        """A started run, and what it said when it was ready."""
        process = subprocess.Popen(
            [sys.executable, "deploy/run.py"],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line.rstrip())
            if line.startswith("  Logs"):
                return process, said
        raise AssertionError("\n".join(said))

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to this data folder, whoever started it."""
        return [each for each in psutil.process_iter() if str(self.var) in _said_of(each)]


def _said_of(process: psutil.Process) -> str:
    try:
        return " ".join([*process.cmdline(), process.environ().get("LEADOPS_VAR", "")])
    except psutil.Error:
        return ""


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    made = Launcher(tmp_path)
    yield made
    for process in made.processes():
        if process.pid != os.getpid():
            process.kill()
    for run in made.started:
        with run:  # waited for and closed, also after a test that failed half-way
            run.kill()


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience.SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def key_in(said: list[str]) -> str:
    return next(line for line in said if "Partner key" in line).split()[2]


def rest_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    with process.stdout:
        return process.stdout.read()


def ended(process: subprocess.Popen[str]) -> int:
    rest_of(process)
    return process.wait(patience.SECONDS)


@pytest.mark.journey
def test_a_run_is_whole_survives_sigkill_tells_of_a_dead_process_and_stops_without_a_trace(launcher):
    first, said = launcher.start()
    is_whole(launcher, said)
    assert "already runs here" in launcher.refused()

    first.kill()
    ended(first)
    second, said_again = launcher.start()
    assert key_in(said_again) == key_in(said)

    is_outlived(launcher, second)

    os.kill(int((launcher.var / "pids" / "sandbox.pid").read_text()), signal.SIGKILL)
    told = rest_of(second)
    assert second.wait(patience.SECONDS) == 1
    assert "sandbox ended by itself (exit status -9)" in told
    assert "vendor sandbox on http://127.0.0.1:" in told  # the last lines of its log
    assert launcher.processes() == []

    third, _ = launcher.start()
    third.send_signal(signal.SIGTERM)
    assert ended(third) == 0
    assert launcher.processes() == []


def is_whole(launcher: Launcher, said: list[str]) -> None:
    """What it says is true: the addresses answer, and the log-ins are the demo's."""
    text = "\n".join(said)
    for address in (f"127.0.0.1:{launcher.port}/admin/", f"127.0.0.1:{launcher.sandbox_port}/"):
        assert f"http://{address}" in text
    shown = json.loads((launcher.var / "demo.json").read_text())
    assert shown["key"] == key_in(said)
    assert all(each["username"] in text and each["password"] in text for each in shown["officers"])
    assert get(launcher.port, "/admin/login/") == 200
    assert get(launcher.port, "/v1/docs/") == 200
    assert get(launcher.sandbox_port, "/") == 200
    assert others_may_read(launcher.var) == []


def is_outlived(launcher: Launcher, run: subprocess.Popen[str]) -> None:
    """A worker that is killed is started again, and said to be."""
    pid = launcher.var / "pids" / "worker.pid"
    killed = pid.read_text()
    os.kill(int(killed), signal.SIGKILL)
    assert run.stdout is not None
    said = next(line for line in run.stdout if line.startswith("The worker"))
    assert said.startswith("The worker ended by itself (exit status -9) and is started again (1 of 3)")
    wait_until(lambda: pid.read_text() not in ("", killed), "the worker is started again")
    assert psutil.pid_exists(int(pid.read_text()))
    assert run.poll() is None


def others_may_read(var: Path) -> list[str]:
    """What in the data folder is open to other users; inside its folders nobody gets."""
    return [path.name for path in (var, *var.iterdir()) if path.stat().st_mode & 0o066]


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_busy_port_is_one_line(launcher, name):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        said = launcher.refused(**{name: str(port)})
    assert (
        said == f"Port {port} can't be used (Address already in use): choose another, as {name}={port + 1}."
    )


def test_one_port_for_both_is_one_line(launcher):
    said = launcher.refused(PORT="8123", SANDBOX_PORT="8123")
    assert said == "PORT and SANDBOX_PORT are both 8123: choose two different ones."


@pytest.mark.parametrize("text", ["eighty", "0", "65536", "-1"])
def test_a_port_that_is_none_is_one_line(launcher, text):
    assert launcher.refused(PORT=text) == f"PORT must be a port from 1 to 65535, not {text!r}."


def test_production_is_not_run_by_make_run(launcher):
    assert "LEADOPS_PRODUCTION" in launcher.refused(LEADOPS_PRODUCTION="1")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://a:s3cret@127.0.0.1/leadops", "DATABASE_URL must be like postgresql://"),
        ("postgresql://a:s3cret@127.0.0.1:1/leadops", "DATABASE_URL names a database that can't be used: "),
        (
            "postgresql://a:s3cret@nowhere.invalid/leadops",
            "DATABASE_URL names a database that can't be used: ",
        ),
        ("postgresql://a:s3cret@127.0.0.1:none/leadops", "DATABASE_URL is not a URL"),
    ],
)
def test_a_wrong_database_url_is_one_line_without_the_password(launcher, url, said):
    line = launcher.refused(DATABASE_URL=url)
    assert line.startswith(said)
    assert "s3cret" not in line
    assert not (launcher.var / "postgres").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "redis://:s3cret@127.0.0.1:1/0",
            "names a broker whose library is not installed: pip install -r deploy/requirements.txt installs"
            " what redis:// needs.",
        ),
        ("rabbit://:s3cret@127.0.0.1:1/0", "must begin with redis:// or amqp://, not with rabbit://"),
    ],
)
def test_a_broker_that_can_not_be_used_is_one_line(launcher, tmp_path, url, said):
    (tmp_path / "redis.py").write_text("raise ImportError('it is not installed here')")
    line = launcher.refused(CELERY_BROKER_URL=url, PYTHONPATH=str(tmp_path))
    assert line == f"CELERY_BROKER_URL {said}"
    assert launcher.processes() == []


def test_a_missing_database_is_named(launcher):
    folder = connection.get_connection_params()["host"]
    line = launcher.refused(DATABASE_URL=f"postgresql://postgres@/nobodys?host={folder}")
    assert 'database "nobodys" does not exist' in line
    assert launcher.processes() == []
