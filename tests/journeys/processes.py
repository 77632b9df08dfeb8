"""The product's own processes, on the test's database: commands and Celery workers that may be killed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from leadops.models import ImportBatch
from tests import patience
from tests.crm_integrations.in_hand import end_leases
from tests.environment import ROOT

HASTE = {
    "DELIVERY_RETRIES": "1,1,1,1,1,1,1,1,1,1",
    "DELIVERY_LOOKUPS": "1,1,1,2,2",
    "SWEEP_SECONDS": "1",
}
"""The engine's clocks, so fast that a journey takes seconds; what they mean stays the same. A call has its usual time,
because a busy machine may need it, and the lease of a worker that was killed is ended by hand."""


@dataclass
class Product:
    """Starts processes of leadops in a folder of their own."""

    folder: Path
    clocks: dict[str, str] = field(default_factory=lambda: dict(HASTE))
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        params = connection.get_connection_params()
        database = f"postgresql://{params['user']}@/{params['dbname']}?host={quote(str(params['host']))}"
        return {
            **os.environ,
            **self.clocks,
            "LEADOPS_VAR": str(self.folder),
            "DATABASE_URL": database,
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "SECRET_KEY": settings.SECRET_KEY,
            "FIELD_KEYS": settings.FIELD_KEYS,
            "INDEX_KEY": settings.INDEX_KEY,
            "ALLOW_LOCAL_VENDORS": "1",
        }

    def command(self, *words: str) -> dict[str, Any]:
        """Run `manage.py words --json` to its end; its object."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words, "--json"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A Celery worker with beat, in a process group of its own."""
        command = [sys.executable, "-m", "celery", "-A", "leadops", "worker", "--beat", "--pool", "threads"]
        command += ["--concurrency", "4", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        log = (self.folder / "worker.log").open("ab")
        worker = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.workers.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill it, and let the time pass for which the work in its hands is its own."""
        self._end(worker)
        end_leases()
        ImportBatch.objects.exclude(leased_until=None).update(leased_until=Now())

    def _end(self, worker: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(patience.SECONDS)

    def empty_broker(self) -> None:
        for message in (self.folder / "broker" / "queue").iterdir():
            with contextlib.suppress(FileNotFoundError):
                message.unlink()

    def stop(self) -> None:
        for worker in self.workers:
            self._end(worker)


@contextlib.contextmanager
def product(folder: Path) -> Iterator[Product]:
    made = Product(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder / "broker", ignore_errors=True)
