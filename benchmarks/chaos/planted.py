"""Personal data and secrets that are planted and searched for, as the suite does it, through a broker with a server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.chaos import brokers
from benchmarks.chaos.rig import ROOT

CANARIES = "tests/crm_integrations/test_canary.py"


def run(folder: Path, name: str) -> bool:
    """Whether nothing that was planted stands in what the broker held, nor anywhere else."""
    broker = brokers.SERVERS[name](folder)
    try:
        broker.write_down()
        command = [sys.executable, "-m", "pytest", "-q", CANARIES]
        told = {"CELERY_BROKER_URL": broker.url, "BROKER_FOLDER": str(broker.folder)}
        return subprocess.run(command, cwd=ROOT, env=os.environ | told, check=False).returncode == 0
    finally:
        broker.stop()
