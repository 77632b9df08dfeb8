"""The pages of an import that brings the refused rows of another again."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import translation

from leadops.models import ImportBatch
from leadops.services import import_batches, import_steering
from leadops.services.error_workbooks import error_workbook
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER

TOLD = "They may do what that import may, whatever was chosen for this one."


@pytest.fixture
def again(settings, partner, program, tmp_path) -> ImportBatch:
    """Its rows were refused in an import that only changes leads; its preview is ready."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def imported(file: File[bytes], **given: object) -> ImportBatch:
        batch = import_batches.receive(file, "a.xlsx", partner=partner, program=program, **given)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        return batch

    path = workbooks.ours(tmp_path / "a.xlsx", [HEADER, ["REF-1", "98", "Asha", "", "1"]])
    with path.open("rb") as file:
        refused = imported(File(file), mode="update")
    with error_workbook(refused) as workbook:
        return imported(ContentFile(workbook.read()), review=True)


def page(batch: ImportBatch, view: str = "change") -> str:
    return reverse(f"admin:leadops_importbatch_{view}", args=[batch.pk])


def test_say_that_it_may_do_what_the_first_may(desk, again, officer):
    shown = desk.get(page(again)).content.decode()
    assert "Change leads that are here only." in shown
    assert TOLD in shown
    with translation.override("hi"):
        assert translation.gettext(TOLD) != TOLD


def test_that_are_right_now_are_told_in_the_first_import_with_what_was_wrong(
    desk, partner, program, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    path = workbooks.ours(tmp_path / "a.xlsx", [HEADER, ["REF-1", "98", "Asha", "", "1"]])
    with path.open("rb") as file:
        first = import_batches.receive(File(file), "a.xlsx", partner=partner, program=program)
    import_batches.run(first.pk)
    first.refresh_from_db()
    with error_workbook(first) as workbook:
        book = openpyxl.load_workbook(workbook)
    book.worksheets[0]["B2"] = "9800000001"
    content = io.BytesIO()
    book.save(content)
    mended = ContentFile(content.getvalue())
    import_batches.run(import_batches.receive(mended, "b.xlsx", partner=partner, program=program).pk)
    shown = desk.get(page(first)).content.decode()
    assert "<p>It was refused: B2: " in shown
    assert "Mended by row 2 of b.xlsx." in shown


def test_do_not_ask_with_its_columns_what_it_may_do(desk, again):
    import_steering.change_columns(again)
    shown = desk.get(page(again, "columns")).content.decode()
    assert 'name="layout"' in shown
    assert 'name="mode"' not in shown
    desk.post(page(again, "columns"), {"mode": "create"})
    again.refresh_from_db()
    assert (again.state, again.mode) == ("queued", "update")
