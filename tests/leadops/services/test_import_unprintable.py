"""Control characters never reach the database, and what it can't keep ends an import in words, without values."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from django.db import DataError, OperationalError

from leadops import tasks
from leadops.services import import_reading
from tests.leadops.excel.corpus import by_hand
from tests.leadops.excel.corpus.by_hand import row_xml, sheet_xml
from tests.leadops.services.imported import codes

VALUES = 'JSON data, line 1: ["9800000001", "Asha Verma"'


def by_hand_rows(path: Path, *rows: list[str]) -> Path:
    lines = "".join(row_xml(number, row) for number, row in enumerate(rows, start=1))
    return by_hand.workbook(path, sheet_xml(lines))


@pytest.mark.parametrize("review", [True, False])
def test_in_headers_they_are_taken_out(finished, tmp_path, review):
    path = by_hand_rows(
        tmp_path / "a.xlsx", ["Mob_x0000_ile", "Na_x0001_me", "Q_x0000_"], ["9800000001", "Asha Verma"]
    )
    batch = finished(path, review=review)
    assert (batch.state, batch.problem) == ("ready" if review else "done", "")
    assert batch.columns == ["Mobile", "Name", "Q"]


def test_in_cells_they_are_taken_out_and_the_row_says_so(finished, tmp_path):
    path = by_hand_rows(
        tmp_path / "a.xlsx", ["Mobile", "Name"], ["9800000001", "Asha_x0000_ Verma", "_x0007_"]
    )
    batch = finished(path)
    assert codes(batch) == [(2, "created", ["control_characters"])]
    row = batch.import_rows.get()
    assert json.loads(row.cells) == ["9800000001", "Asha Verma"]
    assert row.lead.applicants.get().name == "Asha Verma"


def test_a_row_of_nothing_else_is_no_row(finished, tmp_path):
    path = by_hand_rows(
        tmp_path / "a.xlsx", ["_x0000_"], ["Mobile", "Name"], ["9800000001", "Asha"], ["_x0000_"]
    )
    assert finished(path).rows == 1


class TestAFaultOfTheDatabase:
    @pytest.fixture
    def breaking(self, monkeypatch):
        """Reading breaks with an error that holds a person's data."""

        def _breaking(kind):
            def fail(*_):
                raise kind(VALUES)

            monkeypatch.setattr(import_reading, "propose", fail)

        return _breaking

    def test_that_will_not_pass_ends_the_import_in_words(self, breaking, finished, caplog):
        breaking(DataError)
        batch = finished([["R1", "9800000001", "Asha Verma"]])
        assert (batch.state, batch.leased_until) == ("failed", None)
        assert "Something went wrong on our side" in batch.problem
        assert "DataError at" in caplog.text
        assert "Asha" not in caplog.text

    def test_that_may_pass_is_tried_again_and_logged_without_values(self, breaking, receive, caplog):
        breaking(OperationalError)
        batch = receive([["R1", "9800000001", "Asha Verma"]])
        with caplog.at_level(logging.INFO):
            assert tasks.run_import.apply(args=[str(batch.pk)]).failed()
        batch.refresh_from_db()
        assert batch.state == "queued"
        logged = "\n".join(f"{logging.Formatter().format(each)} {each.__dict__}" for each in caplog.records)
        assert "leadops.tasks.run_import failed: django.db.utils.OperationalError" in logged
        assert "leadops.services.import_reading" in logged
        assert "Asha" not in logged
