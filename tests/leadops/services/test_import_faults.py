"""A fault of ours in an import is ours in words, and costs no row but the one that it comes with."""

from __future__ import annotations

import pytest

from leadops.models import Lead
from leadops.services import import_batches, import_chunks, import_rows
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services.imported import breaking_after, codes, counts


def test_a_fault_of_ours_is_not_blamed_on_the_file(finished, monkeypatch, caplog):
    def broken(*args):
        raise ZeroDivisionError("9800000001")

    monkeypatch.setattr(import_rows, "store", broken)
    batch = finished(good_rows(2))
    assert (batch.state, batch.problem) == ("failed", import_batches.OUR_FAULT)
    assert "ZeroDivisionError" in caplog.text
    assert "9800000001" not in caplog.text


def test_a_fault_of_ours_in_the_middle_keeps_what_was_done(finished, monkeypatch):
    monkeypatch.setattr(import_chunks, "CHUNK", 2)
    with breaking_after(1):
        batch = finished(good_rows(5))
    assert batch.problem == import_batches.OUR_FAULT
    assert counts(batch) == (2, 2, 0, 0)
    assert counts(finished(good_rows(5))) == (5, 3, 2, 0)


@pytest.mark.parametrize("place", ["decide", "Repeats", "write"])
def test_a_fault_of_ours_with_one_row_refuses_that_row_alone(finished, monkeypatch, caplog, place):
    monkeypatch.setattr(import_chunks, "CHUNK", 4)
    real = getattr(import_rows, place)

    def broken(*args, **named):
        results = args[0] if place == "write" else args[2]
        if any(each.row.number == 7 and each.outcome != "failed" for each in results):
            raise ZeroDivisionError("9800000006")
        return real(*args, **named)

    monkeypatch.setattr(import_rows, place, broken)
    batch = finished(good_rows(10))
    assert (counts(batch), batch.state) == ((10, 9, 0, 1), "done")
    assert [number for number, outcome, _ in codes(batch) if outcome == "failed"] == [7]
    assert Lead.objects.count() == 9
    assert "ZeroDivisionError" in caplog.text
    assert "9800000006" not in caplog.text
