"""Large imports in a process of their own: the same results, and everything else goes first."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from leadops import doorbell, tasks
from leadops.models import Lead
from leadops.services import import_processes
from leadops.services.import_process import GIVES_WAY
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services.imported import counts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch, settings):
    monkeypatch.setenv("MEDIA_ROOT", str(settings.MEDIA_ROOT))
    monkeypatch.setattr(doorbell, "ring", lambda task, **sent: None)
    monkeypatch.setattr(import_processes, "LARGE", 1)


def process_of(batch) -> int | None:
    """The process in which this import runs, once there is one."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if import_processes.PROGRAM.encode() in words and str(batch.pk).encode() in words:
            return int(path.parent.name)
    return None


def while_it_runs(batch, look: Callable[[int], bool]) -> bool:
    """Run the import as a worker does; whether `look` at its process came true before the end."""
    ended, seen = threading.Event(), []

    def watch() -> None:
        while not ended.wait(0.005) and not seen:
            process = process_of(batch)
            if process is not None and look(process):
                seen.append(process)

    watching = threading.Thread(target=watch)
    watching.start()
    tasks.run_import(str(batch.pk))
    ended.set()
    watching.join()
    return bool(seen)


def test_gives_way_to_everything_else(receive):
    batch = receive(good_rows(30))
    assert while_it_runs(batch, lambda process: os.getpriority(os.PRIO_PROCESS, process) == GIVES_WAY)
    assert counts(batch) == (30, 30, 0, 0)
    assert os.getpriority(os.PRIO_PROCESS, 0) == 0


def test_one_whose_process_is_killed_waits_for_its_lease(receive, caplog):
    batch = receive(good_rows(30))

    def kill(process: int) -> bool:
        os.kill(process, signal.SIGKILL)
        return True

    assert while_it_runs(batch, kill)
    assert "ended with status -9; it is resumed" in caplog.text
    batch.refresh_from_db()
    batch.leased_until = None
    batch.save()
    tasks.resume_imports()
    assert counts(batch) == (30, 30, 0, 0)
    assert Lead.objects.count() == 30


def test_one_whose_file_is_gone_says_so(receive):
    batch = receive(good_rows(2))
    Path(batch.file.path).unlink()
    tasks.run_import(str(batch.pk))
    batch.refresh_from_db()
    assert batch.problem == "The file is no longer in the store: upload it again."
