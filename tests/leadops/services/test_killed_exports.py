"""Workers that are killed while they write an export: the next one begins anew, and nothing is left half-done."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from benchmarks.chaos.forking import forked
from leadops.models import Export
from leadops.services import export_rows, exports
from tests import people
from tests.leadops.services import exported

pytestmark = pytest.mark.django_db(transaction=True)


def killed_in(export: Export, owner: type, name: str, time: int) -> int:
    """How a forked worker ended that killed itself when `name` was called for that time."""
    called = iter(range(1, 100))
    made = getattr(owner, name)

    def kill(*given, **named):
        if next(called) == time:
            os.kill(os.getpid(), signal.SIGKILL)
        return made(*given, **named)

    def act() -> None:
        setattr(owner, name, kill)  # in the forked process only
        exports.run(export.pk)

    _, status = os.waitpid(forked(act), 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.mark.parametrize(
    ("owner", "name", "time"),
    [
        (export_rows._Reading, "rows", 1),
        (export_rows._Reading, "rows", 3),
        (exports.Workbook, "_finish", 1),
        (FileSystemStorage, "_save", 1),
        (exports, "_end", 1),
    ],
)
def test_a_killed_worker_s_export_comes_to_its_end_once(
    partner, program, officer, settings, tmp_path, monkeypatch, owner, name, time
):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(export_rows, "LEADS_A_READ", 2)
    made = people.leads_of(partner, program, 7)
    export = exported.ordered(officer)
    assert killed_in(export, owner, name, time) == signal.SIGKILL
    export.refresh_from_db()
    assert (export.state, export.file.name) == (Export.State.RUNNING, "")
    Export.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    exports.resume()
    export.refresh_from_db()
    assert (export.state, export.attempts) == (Export.State.DONE, 2)
    rows = exported.sheets_of(export.file.path)["Leads"]
    assert [row["leadops id"] for row in rows] == [str(lead.pk) for lead in reversed(made)]
