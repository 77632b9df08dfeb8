"""The vendor sandbox as a process of its own, and connections to it: what journeys and engine tests deliver to."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from crm_integrations import registry
from crm_integrations.demo.vendors import accepted
from crm_integrations.models import Connection, Route
from tests import patience
from tests.environment import ROOT

LEAD_VENDORS = ("brainysoft", "broctagon", "crego_crm", "ispcrm")
SETTINGS: dict[str, dict[str, Any]] = {
    "brainysoft": {"country_ids": {"IN": 101041}},
}


@dataclass
class Sandbox:
    """A running sandbox; its ledger is the judge of what a vendor holds."""

    ledger_file: Path
    flags: tuple[str, ...] = ()
    port: int = 0
    url: str = field(init=False)
    process: subprocess.Popen[str] = field(init=False)

    def start(self) -> Sandbox:
        command = [sys.executable, "-m", "crm_integrations.sandbox", "--port", str(self.port)]
        command += ["--ledger", str(self.ledger_file), *self.flags]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]
        self.port = int(self.url.rpartition(":")[2])
        return self

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(patience.SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def reset(self) -> None:
        requests.delete(f"{self.url}/__sandbox__/ledger", timeout=patience.SECONDS).raise_for_status()
        requests.delete(f"{self.url}/__sandbox__/faults", timeout=patience.SECONDS).raise_for_status()

    def fault(self, vendor: str, name: str, **options: Any) -> None:
        body = {"vendor": vendor, "fault": name, **options}
        requests.post(
            f"{self.url}/__sandbox__/faults", json=body, timeout=patience.SECONDS
        ).raise_for_status()

    def move(self, vendor: str, object_id: str | int, **fields: Any) -> None:
        """Somebody at `vendor` works on what it holds."""
        body = {"vendor": vendor, "id": object_id, "fields": fields}
        requests.post(f"{self.url}/__sandbox__/moves", json=body, timeout=patience.SECONDS).raise_for_status()

    def clear_faults(self) -> None:
        requests.delete(f"{self.url}/__sandbox__/faults", timeout=patience.SECONDS).raise_for_status()

    def calls(self, vendor: str, **query: Any) -> list[dict[str, Any]]:
        """Every request `vendor` got, in order."""
        entries: list[dict[str, Any]] = []
        while True:
            after = entries[-1]["n"] if entries else 0
            url = f"{self.url}/__sandbox__/ledger"
            got = requests.get(
                url, params={"vendor": vendor, "after": after, **query}, timeout=patience.SECONDS
            ).json()["entries"]
            if not got:
                return entries
            entries += got

    def held(self, vendor: str) -> list[dict[str, Any]]:
        """What `vendor` accepted, in order."""
        return self.calls(vendor, accepted=1)


@contextlib.contextmanager
def running(ledger_file: Path, *flags: str) -> Any:
    sandbox = Sandbox(ledger_file, flags)
    try:
        yield sandbox.start()
    finally:
        sandbox.stop()


def connect(sandbox_url: str, *vendors: str, automatic: bool = True, **changes: Any) -> dict[str, Connection]:
    """A connection to each of `vendors` in the sandbox, routed for every program."""
    made = {}
    for vendor in vendors:
        connection = Connection(
            vendor=vendor,
            name=vendor,
            base_url=sandbox_url,
            settings=deepcopy(SETTINGS.get(vendor, {})),
            **changes,
        )
        connection.secrets = accepted(vendor, registry.get(vendor).secrets)
        connection.full_clean()
        connection.save()
        Route.objects.create(connection=connection, automatic=automatic)
        made[vendor] = connection
    return made
