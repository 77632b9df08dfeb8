"""The rig of the chaos runs, reached over the network: PostgreSQL and Redis on TCP at the hub."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.chaos import brokers
from benchmarks.chaos.rig import ROOT, Rig
from benchmarks.hosts import network

PORT = 5432
# What a production server should be told, too, so that a host that went silent does not keep its locks.
SILENCE = {
    "tcp_keepalives_idle": 2,
    "tcp_keepalives_interval": 1,
    "tcp_keepalives_count": 2,
    "tcp_user_timeout": 4000,
    "idle_in_transaction_session_timeout": 4000,
}
CLIENT = "keepalives_idle=2&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=4000"
QUEUES = 8
DELIVERIES = ",".join(f"deliver-{number}" for number in range(1, QUEUES + 1))
CELERY = ("-m", "celery", "-A", "leadops")
QUIET = ("--loglevel", "CRITICAL")


class HubRedis(brokers.Redis):
    """Redis that the hosts reach."""

    def _command(self, found: str) -> list[str]:
        return [*super()._command(found), "--bind", "127.0.0.1", network.HUB, "--protected-mode", "no"]


class HostsRig(Rig):
    """The servers at the hub, workers at the hosts."""

    def start_postgres(self) -> None:
        super().start_postgres()
        data = self.folder / "var" / "postgres"
        with (data / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write("host all all 198.18.77.0/24 trust\n")
        options = f"-h {network.HUB} -p {PORT} -k {self.sockets}"
        options += "".join(f" -c {name}={value}" for name, value in SILENCE.items())
        owner = pwd.getpwuid(data.stat().st_uid).pw_name
        pg_ctl = Path((data / "postmaster.opts").read_text(encoding="utf-8").split()[0]).with_name("pg_ctl")
        command = ["runuser", "-u", owner, "--", str(pg_ctl), "-D", str(data), "-w", "-m", "fast"]
        log = str(data / "log")
        subprocess.run([*command, "-o", options, "-l", log, "restart"], check=True, stdout=subprocess.DEVNULL)

    def _start_sandbox(self) -> None:
        command = [sys.executable, "-m", "crm_integrations.sandbox", "--host", network.HUB, "--port", "0"]
        command += ["--ledger", str(self.ledger_file)]
        self.sandbox = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.sandbox.stdout is not None
        self.url = self.sandbox.stdout.readline().split()[-1]

    @property
    def environment(self) -> dict[str, str]:
        url = f"postgresql://postgres@{network.HUB}:{PORT}/postgres?{CLIENT}"
        return {**super().environment, "DATABASE_URL": url, "DELIVERY_QUEUES": str(QUEUES)}

    def worker(self, host: str, what: str, threads: int) -> subprocess.Popen[bytes]:
        """A worker at `host` for deliveries or for the rest; it keeps its files there, as another machine would."""
        called = f"{what}-{host}"
        command = [
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            str(threads),
            "--hostname",
            f"{called}@{host}",
        ]
        command += ["-Q", DELIVERIES if what == "deliver" else "celery"]
        command += ["--without-gossip", "--without-mingle", *QUIET]
        return self._spawned(host, called, *CELERY, *command)

    def beat(self) -> subprocess.Popen[bytes]:
        schedule = str(self.folder / "beat")
        return self._spawned("hub", "beat", *CELERY, "beat", "--schedule", schedule, "--pidfile", "", *QUIET)

    def _spawned(self, place: str, called: str, *command: str) -> subprocess.Popen[bytes]:
        var = self.folder / place
        var.mkdir(exist_ok=True)
        environment = {**self.environment, "PGAPPNAME": called, "LEADOPS_VAR": str(var)}
        environment |= self._keys()
        words = [*network.inside(place), sys.executable, *command]
        with (self.folder / f"{called}.log").open("ab") as log:
            return subprocess.Popen(
                words, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _keys(self) -> dict[str, str]:
        """The keys that all hosts share, made by the first run at the hub."""

        made: dict[str, str] = json.loads((self.folder / "var" / "secrets.json").read_text(encoding="utf-8"))
        return made


@contextlib.contextmanager
def rig() -> Iterator[HostsRig]:
    """A rig that runs, its folder gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="leadops-hosts-"))
    made = HostsRig(folder)
    broker = None
    try:
        broker = HubRedis(folder)
        made.broker_url = f"redis://{network.HUB}:{broker.port}/0"
        made.start()
        yield made
    finally:
        made.stop()
        if broker is not None:
            broker.stop()
        if os.environ.get("KEEP") is None:
            shutil.rmtree(folder, ignore_errors=True)
