"""What a run stands on: a PostgreSQL and a vendor sandbox of its own, and the product's processes between them.

Nothing here imports Django, so that neither a kill nor a setting reaches the one who judges.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
LEASE, SWEEP, DEADLINE = 4, 1, 2
CLOCKS = {
    "DELIVERY_LEASE_SECONDS": str(LEASE),
    "DELIVERY_DEADLINE_SECONDS": str(DEADLINE),
    "DELIVERY_RETRIES": "1,1,1,1,1,1,1,1,1,1",
    "DELIVERY_LOOKUPS": "1,1,1,2,2",
    "SWEEP_SECONDS": str(SWEEP),
}
"""The engine's clocks, so fast that a run takes minutes; what they mean stays the same."""
START = """
import sys
from pathlib import Path
from leadops.embedded_postgres import server
Path(sys.argv[2]).write_text(server.start(Path(sys.argv[1])))
"""
PATIENCE = 60.0


class Rig:
    """The servers of a run in a folder of their own; `with rig(...)` ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clocks = dict(CLOCKS)
        self.broker_url = ""
        self.ledger_file = folder / "ledger.jsonl"
        (folder / "var").mkdir(parents=True, exist_ok=True)

    def start(self) -> Rig:
        self._start_sandbox()
        self.start_postgres()
        self.manage("migrate", "--verbosity", "0")
        return self

    # PostgreSQL -----------------------------------------------------------------------------------------------------

    def start_postgres(self) -> None:
        """Start it; after a kill the backends of the dead postmaster have to end first."""
        told = self.folder / "sockets"
        command = [sys.executable, "-c", START, str(self.folder / "var" / "postgres"), str(told)]
        wait_until(lambda: self._started(command, told), PATIENCE, "PostgreSQL starts")

    def _started(self, command: list[str], told: Path) -> bool:
        with (self.folder / "postgres.log").open("ab") as log:  # no pipe: the server would hold it open
            subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=True)
        self.sockets = told.read_text()
        # The first start after a kill may take the dead server for a living one.
        with contextlib.suppress(psycopg.OperationalError):
            return bool(self.value("SELECT 1"))
        return False

    def _postmaster(self) -> int:
        return int((self.folder / "var" / "postgres" / "postmaster.pid").read_text().split()[0])

    def kill_postgres(self) -> None:
        """SIGKILL for the postmaster, then a start on what it left."""
        os.kill(self._postmaster(), signal.SIGKILL)
        self.start_postgres()

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement."""
        with psycopg.connect(host=self.sockets, user="postgres", dbname="postgres", autocommit=True) as link:
            cursor = link.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row."""
        return self.sql(statement, *values)[0][0]

    # The vendors ----------------------------------------------------------------------------------------------------

    def _start_sandbox(self) -> None:
        command = [sys.executable, "-m", "crm_integrations.sandbox", "--port", "0"]
        command += ["--ledger", str(self.ledger_file)]
        self.sandbox = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.sandbox.stdout is not None
        self.url = self.sandbox.stdout.readline().split()[-1]

    def ask_sandbox(self, method: str, what: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self.url}/__sandbox__/{what}", data=data, method=method, headers=headers
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def fault(self, vendor: str, name: str, **options: Any) -> None:
        self.ask_sandbox("POST", "faults", {"vendor": vendor, "fault": name, **options})

    # The product ----------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.clocks,
            "DJANGO_SETTINGS_MODULE": "leadops.settings",
            "LEADOPS_VAR": str(self.folder / "var"),
            "LEADOPS_PRODUCTION": "0",
            "DATABASE_URL": f"postgresql://postgres@/postgres?host={quote(self.sockets)}",
            "CELERY_BROKER_URL": self.broker_url,
            "ALLOW_LOCAL_VENDORS": "1",
            "STATUS_POLLS": "",
            "LOG_LEVEL": "CRITICAL",
            "CHAOS_VENDORS": self.url,
            "CHAOS_LEDGER": str(self.ledger_file),
        }

    def manage(self, *words: str) -> str:
        return self._run([sys.executable, "manage.py", *words])

    def inside(self, module: str, *words: object) -> Any:
        """Run a module of this package in the product's surroundings; the JSON that it prints."""
        command = [sys.executable, "-m", f"benchmarks.chaos.{module}", *map(str, words)]
        return json.loads(self._run(command).splitlines()[-1])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[1:])} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def spawn(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a process of the product, known to PostgreSQL by `name`, in a group of its own."""
        environment = {**self.environment, "PGAPPNAME": name}
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def clear(self) -> None:
        """No leads, no connections, an empty ledger and no faults."""
        self.sql("TRUNCATE crm_integrations_connection, leadops_lead CASCADE")
        self.ask_sandbox("DELETE", "ledger")
        self.ask_sandbox("DELETE", "faults")

    def stop(self) -> None:
        if hasattr(self, "sandbox"):
            self.sandbox.kill()
            self.sandbox.wait(10)
            assert self.sandbox.stdout is not None
            self.sandbox.stdout.close()
        module = "leadops.embedded_postgres.server"
        subprocess.run(
            [sys.executable, "-m", module, "stop", str(self.folder / "var" / "postgres")],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )


@contextlib.contextmanager
def rig(folder: Path | None = None) -> Iterator[Rig]:
    """A rig that runs; its folder goes with it when it was not named."""
    made = Rig(folder or Path(tempfile.mkdtemp(prefix="leadops-chaos-")))
    try:
        yield made.start()
    finally:
        made.stop()
        if folder is None:
            shutil.rmtree(made.folder, ignore_errors=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)


def wait_until(true: Callable[[], bool], seconds: float, what: str, every: float = 0.1) -> None:
    """Wait until `true()`, at most so long."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() >= end:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
