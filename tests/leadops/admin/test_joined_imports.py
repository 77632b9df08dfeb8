"""The pages of an import whose leads stand on several sheets."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from leadops.models import Lead
from leadops.services import import_batches

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(settings, tmp_path, partner, program):
    """Two leads; the account of the first is wrong, and a sheet is not for leads."""
    settings.MEDIA_ROOT = tmp_path
    book = openpyxl.Workbook()
    book.active.title = "Leads"
    for row in (
        ["Partner reference", "Mobile", "Name"],
        ["N-1", "9800000501", "Asha"],
        ["N-2", "9800000502", "Meera"],
    ):
        book["Leads"].append(row)
    book.create_sheet("Banks").append(["Partner reference", "Account number", "IFSC"])
    book["Banks"].append(["N-1", "50100012345678", "HDFC1"])
    book.create_sheet("Prices").append(["What"])
    content = io.BytesIO()
    book.save(content)
    file = ContentFile(content.getvalue())
    batch = import_batches.receive(file, "sheets.xlsx", partner=partner, program=program)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


def test_the_page_names_the_sheets_and_each_row_with_its_sheet(desk, refused):
    shown = desk.get(reverse("admin:leadops_importbatch_change", args=[refused.pk])).content.decode()
    assert "Sheets read beside the first: Banks." in shown
    assert "Sheets not read: Prices." in shown
    assert shown.index(">Leads 2</a>") < shown.index(">Banks 2</a>")
    assert "It belongs to the same lead as row 2 of sheet Banks, which was refused: see there." in shown


def test_only_the_row_to_blame_is_mended_and_its_lead_comes_in_whole(desk, refused):
    here = reverse("admin:leadops_importbatch_mend", args=[refused.pk])
    shown = desk.get(here).content.decode()
    row = refused.import_rows.get(sheet="Banks")
    assert "1 refused row<" in shown
    assert f'name="cell:{row.pk}:C" value="HDFC1"' in shown
    sent = {f"cell:{row.pk}:C": "HDFC0000001", f"was:{row.pk}:C": "HDFC1"}
    said = desk.post(here, sent, follow=True).content.decode()
    assert "Rows: 2 became leads." in said
    [person] = Lead.objects.with_parties().get(partner_ref_id="N-1").applicants.all()
    assert [bank.ifsc for bank in person.banks.all()] == ["HDFC0000001"]


def test_the_page_of_a_row_shows_it_under_the_headings_of_its_sheet(desk, refused):
    row = refused.import_rows.get(sheet="Banks")
    shown = desk.get(reverse("admin:leadops_importbatch_row", args=[row.pk])).content.decode()
    assert "Row 2 (sheet Banks)" in shown
    assert "Account number" in shown
    assert "50100012345678" not in shown


def test_a_sheet_that_may_hold_leads_is_told_on_every_page_of_the_way(
    desk, settings, tmp_path, partner, program
):
    settings.MEDIA_ROOT = tmp_path
    book = openpyxl.Workbook()
    book.active.title = "North"
    for row in (["Mobile", "Name"], ["9800000501", "Asha"]):
        book["North"].append(row)
    south = book.create_sheet("South")
    for row in (["Name", "Mobile No"], ["Meera", "9800000502"]):
        south.append(row)
    content = io.BytesIO()
    book.save(content)
    file = ContentFile(content.getvalue())
    batch = import_batches.receive(file, "a.xlsx", partner=partner, program=program, review=True)
    said = "Sheet South has 1 row that looks like a lead, and is not read"
    import_batches.run(batch.pk)
    columns = reverse("admin:leadops_importbatch_columns", args=[batch.pk])
    here = reverse("admin:leadops_importbatch_change", args=[batch.pk])
    shown = desk.get(columns).content.decode()
    assert f"{said}, as only those of sheet North are." in shown
    assert "upload that sheet as a workbook of its own" in shown
    assert "Go on with these columns, without those leads" in shown
    desk.post(columns, {"layout": "flat", "mode": "create", "column-0": "Mobile", "column-1": "Name"})
    import_batches.run(batch.pk)
    shown = desk.get(here).content.decode()
    assert said in shown
    assert "Import 1 row, without those leads" in shown
    desk.post(reverse("admin:leadops_importbatch_go_on", args=[batch.pk]))
    import_batches.run(batch.pk)
    shown = desk.get(here).content.decode()
    assert said in shown
    assert "Sheets not read: South." in shown
    assert "upload them as a workbook of their own" in shown
