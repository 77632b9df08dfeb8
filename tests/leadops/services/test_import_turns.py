"""Large imports, which two processes write in turns: the same as one alone, whoever of them dies."""

from __future__ import annotations

import os
import random
import re
import signal
import time

import pytest
from django.utils import timezone

from benchmarks.chaos.forking import forked
from leadops import doorbell
from leadops.models import DuplicatePolicy, ImportBatch, ImportRow, Lead
from leadops.services import import_batches, import_chunks, import_turns
from leadops.services.import_turns import Companion
from tests import patience
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services.imported import counts

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 120
MINUTE = re.compile(r"\b\d\d:\d\d\b")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(doorbell, "ring", lambda task, **sent: None)
    monkeypatch.setattr(import_chunks, "CHUNK", 10)
    monkeypatch.setattr(import_turns, "WORTH_TWO", 1)
    monkeypatch.setattr(import_turns, "PATIENCE", patience.SECONDS)


@pytest.fixture
def written_here(monkeypatch) -> list[int]:
    """How many rows the chunks have that this process wrote."""
    real, sizes = import_chunks.write, []

    def watched(batch, lease, chunk):
        sizes.append(len(chunk.results))
        return real(batch, lease, chunk)

    monkeypatch.setattr(import_chunks, "write", watched)
    return sizes


def dirty_rows():
    """Good ones, refused ones, a reference that comes again in its chunk and in a later one, a borrower twice."""
    rows = good_rows(ROWS)
    rows[13][1] = "98"
    rows[25][0] = rows[22][0]
    rows[77][0] = rows[3][0]
    rows[81] = ["", *rows[15][1:]]
    return rows


def told(batch: ImportBatch) -> list[tuple[int, str, list[str], int | None]]:
    """What each row was told, but for the minute, and which row the lead it is linked with has come of."""
    rows = list(batch.import_rows.order_by("number").select_related("lead"))
    made = {row.lead_id: row.number for row in rows if row.outcome == "created"}
    return [
        (
            row.number,
            row.outcome,
            [MINUTE.sub("", each["message"]) for each in row.problems],
            made.get(row.lead_id),
        )
        for row in rows
    ]


@pytest.mark.parametrize("policy", DuplicatePolicy)
def test_two_give_each_row_what_one_alone_would(receive, rule, monkeypatch, written_here, policy):
    rule(policy)
    batch = receive(dirty_rows())
    import_batches.run(batch.pk)
    by_two, leads = told(batch), sorted(Lead.objects.values_list("partner_ref_id", flat=True))
    assert ROWS / 4 < sum(written_here) < 3 * ROWS / 4
    assert sum(counts(batch)[1:]) == ROWS
    Lead.objects.all().delete()
    ImportBatch.objects.all().delete()
    monkeypatch.setattr(import_turns, "WORTH_TWO", ROWS + 1)
    alone = receive(dirty_rows())
    import_batches.run(alone.pk)
    assert told(alone) == by_two
    assert sorted(Lead.objects.values_list("partner_ref_id", flat=True)) == leads


@pytest.mark.parametrize("gone", [signal.SIGKILL, signal.SIGSTOP])
def test_one_goes_on_alone_where_the_other_is_gone(receive, monkeypatch, caplog, gone):
    batch = receive(dirty_rows())
    real, asked = Companion.make_ready, []

    def struck(companion, after):
        asked.append(after)
        if len(asked) == 3:
            monkeypatch.setattr(import_turns, "SILENCE", 2)
            os.kill(companion._process.pid, gone)
        return real(companion, after)

    monkeypatch.setattr(Companion, "make_ready", struck)
    import_batches.run(batch.pk)
    assert "goes on without its companion" in caplog.text
    assert batch.import_rows.exclude(outcome="waiting").count() == ROWS == sum(counts(batch)[1:])


def test_kills_of_either_at_any_instant_leave_one_result_a_row(receive, monkeypatch):
    batch = receive(good_rows(ROWS))
    chosen = random.Random(5)
    real = Companion.begin_to_write

    def struck(companion, lease, *, anew):
        began = real(companion, lease, anew=anew)
        if began and chosen.random() < 0.4:
            time.sleep(chosen.uniform(0, 0.02))  # it is at its transaction
            os.kill(companion._process.pid, signal.SIGKILL)
        return began

    monkeypatch.setattr(Companion, "begin_to_write", struck)
    monkeypatch.setattr(import_chunks, "CHUNK", 4)
    for _ in range(4):
        child = forked(lambda: import_batches.run(batch.pk))
        time.sleep(chosen.uniform(1.5, 3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        ImportBatch.objects.filter(leased_until__isnull=False).update(leased_until=timezone.now())
    monkeypatch.setattr(Companion, "begin_to_write", real)
    import_batches.run(batch.pk)
    assert counts(batch) == (ROWS, ROWS, 0, 0)
    assert ImportRow.objects.values("lead").distinct().count() == Lead.objects.count() == ROWS


def test_a_lease_that_another_took_meanwhile_stops_both(receive, monkeypatch, caplog):
    batch = receive(good_rows(ROWS))
    real = Companion.begin_to_write

    def stolen(companion, lease, *, anew):
        ImportBatch.objects.update(leased_until=timezone.now())
        return real(companion, lease, anew=anew)

    monkeypatch.setattr(Companion, "begin_to_write", stolen)
    import_batches.run(batch.pk)
    assert "taken over" in caplog.text
    batch.refresh_from_db()
    assert (batch.created, batch.state) == (10, "importing")


def test_a_fault_after_the_other_has_written_still_ends_the_import(receive, monkeypatch):
    batch = receive(dirty_rows())
    real, seen = import_chunks.write, []

    def breaking(batch, lease, chunk):
        seen.append(chunk)
        if len(seen) == 4:
            raise RuntimeError
        return real(batch, lease, chunk)

    monkeypatch.setattr(import_chunks, "write", breaking)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "failed"
    assert batch.problem == import_batches.OUR_FAULT
    assert batch.done_rows == batch.rows > 4 * 10  # more than what was written here
