"""Our processes look rarely for objects that hold only each other."""

from __future__ import annotations

import subprocess
import sys

import pytest

from leadops.collector import NEW_OBJECTS

SERVING = {
    "web": "import leadops.wsgi",
    "worker": "from celery.signals import worker_init; import leadops.celery; worker_init.send(sender=None)",
}


@pytest.mark.parametrize("process", SERVING)
def test_it_looks_rarely_and_never_at_what_was_there(process):
    said = f"{SERVING[process]}; import gc; print(gc.get_threshold()[0], gc.get_freeze_count() > 50_000)"
    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(NEW_OBJECTS), "True"]


def test_a_command_looks_rarely_while_it_loads():
    said = "import leadops, gc; print(gc.get_threshold()[0])"
    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(NEW_OBJECTS)]
