"""Workers that are really killed: whatever they were doing, each row has one result and no lead is made twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from functools import partial

import openpyxl
import pytest
from django.db import connection
from django.utils import timezone

from benchmarks.chaos.forking import forked
from leadops import doorbell
from leadops.models import ImportBatch, ImportRow, Lead
from leadops.services import (
    import_batches,
    import_chunks,
    import_mending,
    import_rows,
    import_steering,
    import_storing,
    import_undoing,
)
from leadops.services.error_workbooks import error_workbook
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services.imported import counts
from tests.patience import wait_until
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
ROWS, KILLS = 600, 10


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    monkeypatch.setattr(doorbell, "ring", lambda task, **sent: None)
    monkeypatch.setattr(import_chunks, "CHUNK", 10)
    monkeypatch.setattr(import_storing, "ROWS_A_WRITE", 100)
    monkeypatch.setattr(import_undoing, "CHUNK", 20)
    real = import_rows.import_next

    def slowly(*args):
        time.sleep(0.03)  # so that the kills come in the midst of it, on any machine
        return real(*args)

    monkeypatch.setattr(import_rows, "import_next", slowly)


def killed(batch: ImportBatch, seconds: float, *, rows_first: bool = False) -> bool:
    """A worker at `batch` that is killed after so many seconds; whether it was still at work.

    `rows_first`: it has given more rows their results before the seconds are counted.
    """
    batch.refresh_from_db()
    done = batch.done_rows
    child = forked(lambda: import_batches.run(batch.pk))

    def gave_more() -> bool:
        batch.refresh_from_db()
        return batch.done_rows > done

    if rows_first:
        wait_until(gave_more, "it gives rows their results")
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    ImportBatch.objects.filter(pk=batch.pk, leased_until__isnull=False).update(leased_until=timezone.now())
    return os.WIFSIGNALED(status)


def test_ten_kills_leave_one_result_a_row_and_no_double(receive):
    rows = [["" if at % 3 else row[0], *row[1:]] for at, row in enumerate(good_rows(ROWS))]
    rows[100] = ["REF-X", "98", "Asha", "", ""]
    batch = receive(rows)
    chosen = random.Random(7)
    for kill in range(KILLS):
        assert killed(batch, chosen.uniform(0.02, 0.2), rows_first=kill > 2)
        batch.refresh_from_db()
        assert not batch.finished
    assert batch.created >= KILLS - 3
    import_batches.run(batch.pk)
    assert counts(batch) == (ROWS, ROWS - 1, 0, 1)
    assert Lead.objects.count() == ROWS - 1
    assert ImportRow.objects.count() == ROWS
    assert batch.import_rows.filter(outcome="created").values("lead").distinct().count() == ROWS - 1


def test_a_cancelling_and_an_undoing_survive_kills_too(receive, monkeypatch):
    batch = receive(good_rows(400))
    killed(batch, 0.1, rows_first=True)
    import_steering.cancel(batch)
    monkeypatch.setattr(import_steering, "ROWS_A_STEP", 10)
    killed(batch, 0.1)
    import_batches.run(batch.pk)
    _, created, skipped, _ = counts(batch)
    assert batch.state == "cancelled"
    assert created == Lead.objects.count()
    import_undoing.begin(batch, None)
    for seconds in (0.05, 0.1, 0.15):
        killed(batch, seconds)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.undone, batch.stayed) == ("undone", created, 0)
    assert not Lead.objects.exists()
    assert skipped == batch.rows - created


def test_two_officers_with_the_same_file_at_once_make_no_lead_twice(receive):
    rows = [["" if at % 2 else row[0], *row[1:]] for at, row in enumerate(good_rows(80))]
    both = [receive(rows, review=True) for _ in range(2)]
    for batch in both:
        batch.refresh_from_db()
        if batch.state == "known":
            import_steering.go_on(batch)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        import_steering.go_on(batch)
    gate, failures = threading.Barrier(2), []

    def work(batch):
        try:
            gate.wait()
            import_batches.run(batch.pk)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(batch,)) for batch in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    first, second = counts(both[0]), counts(both[1])
    assert (first[1] + second[1], first[2] + second[2]) == (80, 80)
    assert Lead.objects.count() == 80


def test_two_officers_with_the_same_leads_in_two_files_at_once_make_none_twice(receive, rule):
    rule("refuse")
    rows = [["", *row[1:]] for row in good_rows(80)]
    both = [receive(rows), receive(rows[::-1], name="turned.xlsx")]
    assert both[0].sha256 != both[1].sha256
    assert together(*(partial(import_batches.run, batch.pk) for batch in both)) == []
    first, second = counts(both[0]), counts(both[1])
    assert (first[1] + second[1], first[2] + second[2]) == (80, 80)
    assert Lead.objects.count() == 80
    pans = [
        pan for batch in both for pan in batch.import_rows.values_list("lead__applicants__pan_no", flat=True)
    ]
    assert len(pans) == 160
    assert len(set(pans)) == 80


def test_a_row_mended_in_the_browser_and_by_a_workbook_at_once_makes_one_lead(
    finished, receive, officer, tmp_path
):
    count = 12
    rows = [["98", f"Asha {chr(65 + at)}", "", 1000] for at in range(count)]
    batch = finished(rows, header=["Mobile", "Name", "PAN", "Loan amount"])
    mobiles = {row.pk: f"98000000{row.number:02}" for row in batch.import_rows.all()}
    with error_workbook(batch) as file:
        book = openpyxl.load_workbook(file)
    for number in range(2, count + 2):
        book.active[f"A{number}"] = f"98000000{number:02}"
    book.save(tmp_path / "mended.xlsx")
    again = receive(tmp_path / "mended.xlsx", name="mended.xlsx")

    def by_hand():
        for row_id, mobile in mobiles.items():
            import_mending.mend(batch, {row_id: {"A": mobile}}, officer)

    failures = together(by_hand, lambda: import_batches.run(again.pk))
    assert failures == []
    assert Lead.objects.count() == count
    assert counts(batch) == (count, count, 0, 0)
    by_workbook = counts(again)
    by_browser = batch.import_rows.filter(problems__contains=[{"code": "mended_here"}]).count()
    assert by_workbook == (count, by_workbook[1], by_browser, 0)
    assert by_workbook[1] + by_browser == count
