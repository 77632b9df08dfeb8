"""`make run`: the whole of leadops on this machine, for trying it out.

`run.py stop` ends what was left behind. Standard library only. Production: docs/operations.md.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from launcher import children, console
from launcher.children import Child
from launcher.trouble import Trouble
from launcher.virtual_environment import VirtualEnvironment

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PATIENCE = 180.0
"""Seconds a child has until it answers, however busy the machine is."""
RESTARTS = 3
"""So often is a worker that ended by itself started again in one run: all that it had to do stands in the database."""


class Stopped(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Run:
    """One run: its ports, its folder and its processes."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.port = port("PORT", 8000)
        self.sandbox_port = port("SANDBOX_PORT", 8100)
        if self.port == self.sandbox_port:
            raise Trouble(f"PORT and SANDBOX_PORT are both {self.port}: choose two different ones.")
        self.var = Path(os.environ.get("LEADOPS_VAR") or ROOT / "var").resolve()
        self.installed = VirtualEnvironment(ROOT / ".venv", self.var / "log" / "pip.log", console.say)
        python = os.environ.get("LEADOPS_PYTHON") or str(self.installed.python)
        self.python = python
        self.environment = {
            **os.environ,
            "LEADOPS_VAR": str(self.var),
            "DJANGO_SETTINGS_MODULE": "leadops.settings",
            "ALLOW_LOCAL_VENDORS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        web = [python, "-m", "gunicorn", "leadops.wsgi", "--bind", f"{HOST}:{self.port}", "--workers", "2"]
        web += ["--threads", "8", "--preload", "--no-control-socket", "--config", "deploy/gunicorn.conf.py"]
        worker = [
            python,
            "-m",
            "celery",
            "-A",
            "leadops",
            "worker",
            "--beat",
            "--pool",
            "threads",
            "--concurrency",
            "16",
        ]
        worker += ["--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        sandbox = [python, "-m", "crm_integrations.sandbox", "--port", str(self.sandbox_port)]
        sandbox += ["--ledger", str(self.var / "sandbox.jsonl")]
        self.sandbox = Child("sandbox", sandbox, self.var)
        self.web = Child("web", web, self.var)
        self.worker = Child("worker", worker, self.var)
        self.children = [self.web, self.worker, self.sandbox]
        self.restarts = 0

    def go(self) -> None:
        """Start everything and stay until somebody stops it; Trouble when a process ends by itself."""
        if os.environ.get("LEADOPS_PRODUCTION", "0").strip().lower() not in ("", "0", "false", "no", "off"):
            raise Trouble("make run is for trying leadops out and does not run with LEADOPS_PRODUCTION set.")
        with only_one(self.var / "pids" / "launcher.pid"):
            children.stop(self.children)  # what a killed launcher left behind
            require_free("PORT", self.port)
            require_free("SANDBOX_PORT", self.sandbox_port)
            if "LEADOPS_PYTHON" not in os.environ:
                self.installed.ready(ROOT / "requirements.txt")
            try:
                self._start()
                self._watch()
            finally:
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_IGN)
                self.stop()

    def stop(self) -> None:
        """End every process, the database last."""
        children.stop(self.children)
        if not os.environ.get("DATABASE_URL") and (self.var / "postgres" / "postmaster.pid").exists():
            command = [
                self.python,
                "-m",
                "leadops.embedded_postgres.server",
                "stop",
                str(self.var / "postgres"),
            ]
            subprocess.run(
                command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True
            )

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.begun

    def _start(self) -> None:
        # Neither needs the database before it is asked for something, so they start while it is made ready.
        for child in (self.sandbox, self.web):
            child.start(self.environment, ROOT)
        console.say("Preparing the database ...")
        demo = self._prepare()
        self.worker.start(self.environment, ROOT)
        self._await(self.sandbox, self.sandbox_port, "/")
        self._await(self.web, self.port, "/admin/login/")
        console.welcome(HOST, self.port, self.sandbox_port, demo, self.var / "log", self.age)

    def _prepare(self) -> dict[str, object]:
        log = self.var / "log" / "prepare.log"
        command = [self.python, str(ROOT / "deploy" / "prepare.py"), f"http://{HOST}:{self.sandbox_port}"]
        with log.open("wb") as errors:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        if done.returncode:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            last = lines[-1] if lines else "no reason given."
            raise Trouble(f"The database can't be made ready: {last} More is in {log}.")
        said: dict[str, object] = json.loads(done.stdout)
        if "trouble" in said:
            raise Trouble(str(said["trouble"]))
        return said

    def _await(self, child: Child, number: int, path: str) -> None:
        """Return once `child` answers a GET of `path`."""
        until = time.monotonic() + PATIENCE
        while not answers(number, path):
            self._require_alive()
            if time.monotonic() > until:
                raise Trouble(f"{child.name} does not answer; from {child.log}:\n{child.last_words()}")
            time.sleep(0.05)

    def _watch(self) -> None:
        while True:
            self._require_alive()
            time.sleep(0.3)

    def _require_alive(self) -> None:
        for child in self.children:
            if child.status is None:
                continue
            told = f"{child.name} ended by itself (exit status {child.status})"
            if child is not self.worker or self.restarts == RESTARTS:
                raise Trouble(f"{told}; from {child.log}:\n{child.last_words()}")
            self.restarts += 1
            console.say(f"The {told} and is started again ({self.restarts} of {RESTARTS}); see {child.log}.1")
            children.stop([child])  # its clock is a process of its own, and may still live
            child.start(self.environment, ROOT)


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Held by the launcher of a folder; Trouble when another one has it."""
    file = children.take(path)
    if file is None:
        raise Trouble(f"leadops already runs here (process {children.holder(path)}): stop it first.")
    with file:
        children.write(file, os.getpid())
        yield


def port(name: str, default: int) -> int:
    """The port in variable `name`."""
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Trouble(f"{name} must be a port from 1 to 65535, not {text!r}.")
    return int(text)


def require_free(name: str, number: int) -> None:
    """Trouble when something listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except OSError as error:
            raise Trouble(
                f"Port {number} can't be used ({error.strerror}): choose another, as {name}={number + 1}."
            ) from None


def answers(number: int, path: str) -> bool:
    """Whether a GET of `path` is answered without an error."""
    connection = http.client.HTTPConnection(HOST, number, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def end_all(run: Run) -> None:
    """Stop a run that goes on somewhere, or what one left behind."""
    launcher = run.var / "pids" / "launcher.pid"
    if (pid := children.holder(launcher)) is not None:
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + 3 * children.GRACE
    while children.holder(launcher) is not None and time.monotonic() < until:
        time.sleep(0.1)
    run.stop()


def stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def main(arguments: list[str]) -> int:
    os.umask(0o077)  # all that is kept in var/ is for its owner alone
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    try:
        run = Run()
        end_all(run) if arguments == ["stop"] else run.go()
    except Stopped:
        console.say("\nStopped.")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
