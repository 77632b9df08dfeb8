"""The steps of an import in a real browser, by the keyboard where an officer types."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from leadops.models import ImportBatch, Lead
from leadops.services import import_batches
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import good_rows


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def uploaded(transactional_db, officer, partner, program, tmp_path) -> ImportBatch:
    """Six rows, one of them wrong, below a header that does not name everything."""
    rows = [*good_rows(5), ["REF-9", "98", "Asha Verma", "ABCPV1234L", "1"]]
    path = workbooks.ours(tmp_path / "agent.xlsx", [["Ref", "Kontakt", "Name", "PAN", "Amount"], *rows])
    with path.open("rb") as file:
        batch = import_batches.receive(
            file, "agent.xlsx", partner=partner, program=program, uploaded_by=officer, review=True
        )
    import_batches.run(batch.pk)
    return batch


def test_officer_settles_the_columns_looks_and_mends_what_was_refused(desk_page, uploaded):
    page = desk_page
    page.goto(f"/admin/leadops/importbatch/{uploaded.pk}/change/")
    expect(page.get_by_label("Column B becomes")).to_have_value("Mobile")
    expect(page.locator("tr", has_text="Kontakt")).to_contain_text("6 cells are mobile numbers")
    go_on = page.get_by_role("button", name="Go on with these columns")
    at_both_sizes(page, page.get_by_label("Column B becomes"), go_on)
    go_on.press("Enter")
    expect(page.get_by_text("Queued").first).to_be_visible()
    import_batches.run(uploaded.pk)
    at_both_sizes(page, page.get_by_role("button", name="Import 5 rows"))
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Import 5 rows").press("Enter")
    expect(page.get_by_text("Importing").first).to_be_visible()
    import_batches.run(uploaded.pk)
    mend = page.get_by_role("link", name="Mend refused rows here")
    expect(mend).to_be_visible()
    at_both_sizes(page, mend)
    mend.press("Enter")
    cell = page.get_by_label("Kontakt B7")
    at_both_sizes(page, cell)
    expect(cell).to_have_value("98")
    cell.fill("9800000009")
    cell.press("Enter")
    expect(page.get_by_text("No row is refused any more.")).to_be_visible()
    assert Lead.objects.count() == 6


def test_officer_says_that_there_is_no_header_and_what_the_columns_are(
    desk_page, officer, partner, program, tmp_path
):
    path = workbooks.ours(tmp_path / "b.xlsx", [[f"980000000{at}", "Asha Verma", "x"] for at in range(1, 6)])
    with path.open("rb") as file:
        batch = import_batches.receive(
            file, "b.xlsx", partner=partner, program=program, uploaded_by=officer, review=True
        )
    import_batches.run(batch.pk)
    page = desk_page
    page.goto(f"/admin/leadops/importbatch/{batch.pk}/change/")
    expect(page.get_by_text("No row names the columns, and row 1 looks like a lead.")).to_be_visible()
    expect(page.get_by_label("None The first row")).to_be_checked()
    at_both_sizes(
        page, page.get_by_label("Row 2"), page.get_by_role("button", name="Read the file by this row")
    )
    page.set_viewport_size(PHONE)
    page.get_by_label("Row 2").check()
    page.get_by_role("button", name="Read the file by this row").press("Enter")
    expect(page.get_by_text("Queued").first).to_be_visible()
    import_batches.run(batch.pk)
    expect(page.get_by_role("heading", name="Row 2 names the columns")).to_be_visible()
    page.get_by_text("Choose another row").press("Enter")
    page.get_by_label("None The first row").check()
    page.get_by_role("button", name="Read the file by this row").press("Enter")
    expect(page.get_by_text("Queued").first).to_be_visible()
    import_batches.run(batch.pk)
    expect(page.get_by_label("Column A becomes")).to_have_value("Mobile")
    page.get_by_label("Column B becomes").select_option("Name")
    page.get_by_role("button", name="Go on with these columns").press("Enter")
    expect(page.get_by_text("Queued").first).to_be_visible()
    import_batches.run(batch.pk)
    expect(page.get_by_role("button", name="Import 5 rows")).to_be_visible()


def test_officer_undoes_an_import(desk_page, uploaded):
    page = desk_page
    page.goto(f"/admin/leadops/importbatch/{uploaded.pk}/change/")
    page.get_by_role("button", name="Go on with these columns").click()
    import_batches.run(uploaded.pk)
    page.get_by_role("button", name="Import 5 rows").click()
    import_batches.run(uploaded.pk)
    undo = page.get_by_role("link", name="Undo this import")
    expect(undo).to_be_visible()
    at_both_sizes(page, undo)
    undo.click()
    page.set_viewport_size(PHONE)
    expect(page.locator("dd").first).to_have_text("5")
    at_both_sizes(page, page.get_by_role("button", name="Undo this import"))
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("Undoing").first).to_be_visible()
    import_batches.run(uploaded.pk)
    expect(page.get_by_text("5 leads deleted, 0 stayed")).to_be_visible()
    at_both_sizes(page)
    assert not Lead.objects.exists()


def test_a_refused_workbook_is_chosen_anew_where_it_is_refused(desk_page, partner, program, tmp_path):
    page = desk_page
    page.goto("/admin/leadops/importbatch/add/")
    page.locator("select[name=partner]").select_option(str(partner.pk))
    page.locator("select[name=program]").select_option(str(program.pk))
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 cut off")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#id_file_error")).to_be_visible()
    expect(page.locator("#id_file")).to_be_focused()
