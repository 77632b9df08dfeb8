"""How long an import that nobody goes on with is kept; of leads `tests/crm_integrations/test_erasure.py` asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from leadops.models import ImportBatch, ImportRow
from leadops.services import import_steering, retention
from tests import people
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services.imported import counts, go_on, run

DAYS = 30


@pytest.fixture
def waiting(reviewed, program):
    """A preview that has waited so many days for somebody's word."""

    def _waiting(days: int) -> ImportBatch:
        program.keep_days = DAYS
        program.save()
        batch = reviewed(good_rows(2))
        then = timezone.now() - timedelta(days=days)
        ImportBatch.objects.filter(pk=batch.pk).update(created_at=then, updated_at=then)
        return batch

    return _waiting


def test_one_that_waits_too_long_is_cancelled_and_emptied_the_day_after(waiting):
    batch = waiting(DAYS + 1)
    assert retention.erase_due() == (0, 0, 0)
    assert run(batch).state == "cancelled"
    assert (counts(batch), ImportRow.objects.exclude(cells="").exists()) == ((2, 0, 2, 0), False)
    media = batch.file.storage
    name = batch.file.name
    assert media.exists(name)
    assert retention.erase_due().imports == 1
    batch.refresh_from_db()
    assert (batch.file.name, media.exists(name), batch.erased_at is None) == ("", False, False)


def test_one_that_somebody_may_still_want_stays(waiting):
    batch = waiting(DAYS - 1)
    assert retention.erase_due() == (0, 0, 0)
    assert run(batch).state == "ready"


def test_somebody_who_comes_in_that_moment_is_let_go_on(waiting, monkeypatch):
    batch = waiting(DAYS + 1)
    real = import_steering.cancel

    def late(found: ImportBatch, **given: Any) -> None:
        import_steering.go_on(batch)
        real(found, **given)

    monkeypatch.setattr(import_steering, "cancel", late)
    assert retention.erase_due() == (0, 0, 0)
    assert run(batch).state == "done"
    assert counts(batch) == (2, 2, 0, 0)


def test_another_program_s_preview_goes_by_its_own_time(waiting, program):
    batch = waiting(DAYS + 1)
    program.keep_days = None
    program.save()
    people.program("brief", "Brief", keep_days=1)
    assert retention.erase_due() == (0, 0, 0)
    assert run(batch).state == "ready"


def test_rows_that_became_leads_keep_what_they_said(reviewed, program):
    batch = go_on(reviewed([*good_rows(1), ["R-2", "98", "Asha", "", "1"]]))
    program.keep_days = DAYS
    program.save()
    ImportBatch.objects.update(updated_at=timezone.now() - timedelta(days=DAYS + 1))
    assert retention.erase_due().imports == 1
    told = {row.outcome: bool(row.cells) for row in batch.import_rows.all()}
    assert told == {"created": True, "failed": False}


def test_what_somebody_threw_away_lately_keeps_its_file_as_long_as_its_program_says(waiting, officer):
    batch = waiting(DAYS - 1)
    import_steering.cancel(batch, officer)
    run(batch)
    assert retention.erase_due().imports == 0
    ImportBatch.objects.update(created_at=timezone.now() - timedelta(days=DAYS + 1))
    assert retention.erase_due().imports == 1
