"""Workbooks taken in, and run as far as they go."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from django.core.files import File

from leadops.models import ImportBatch
from leadops.services import import_batches
from leadops.services.error_workbooks import error_workbook
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER
from tests.leadops.services.imported import run


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def receive(partner, program, tmp_path):
    """Receives a workbook of these rows, under `header`, or the file at a path."""

    def _receive(rows, name="leads.xlsx", header=HEADER, **given):
        path = rows if isinstance(rows, Path) else workbooks.ours(tmp_path / name, [header, *rows])
        with path.open("rb") as file:
            return import_batches.receive(
                File(file), name, **{"partner": partner, "program": program, **given}
            )

    return _receive


@pytest.fixture
def finished(receive):
    """A batch of these rows, run as far as it goes without somebody's word."""

    def _finished(rows, **given):
        return run(receive(rows, **given))

    return _finished


@pytest.fixture
def reviewed(finished):
    """An upload from the back office, run as far as it goes without an officer."""

    def _reviewed(rows, **given):
        return finished(rows, **{"review": True, "road": "desk", **given})

    return _reviewed


@pytest.fixture
def sent_back(finished, tmp_path):
    """Sends the error workbook of an import, or an opened one, back with these cells typed over."""

    def _sent_back(batch, name="mended.xlsx", rename=None, review=False, **cells):
        book = batch
        if isinstance(batch, ImportBatch):
            with error_workbook(batch) as file:
                book = openpyxl.load_workbook(file)
        for place, text in cells.items():
            book.active[place] = text
        book.active.title = rename or book.active.title
        book.save(tmp_path / name)
        return finished(tmp_path / name, name=name, review=review)

    return _sent_back
