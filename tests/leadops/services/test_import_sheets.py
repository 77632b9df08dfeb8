"""Leads on a sheet that is not read are never passed over: somebody is asked, or the file is refused."""

from __future__ import annotations

import openpyxl
import pytest

from leadops.excel.proposals import Proposal
from leadops.models import ImportBatch, Lead
from leadops.services import column_mappings, import_batches, import_steering
from tests.environment import ROOT
from tests.leadops.excel.workbooks import by_openpyxl
from tests.leadops.services.imported import counts

NORTH = ("North", [["Mobile", "Name"], ["9800000001", "Asha"]])
SOUTH = (
    "South",
    [["Mobile No.", "City", "Name"], ["9800000002", "Pune", "Bina"], ["9800000003", "Goa", "Dev"]],
)
OF_SOUTH = "Sheet South has 2 rows that look like leads, and is not read, as only those of sheet North are."
TEMPLATE = ROOT / "docs" / "samples" / "template.xlsx"


@pytest.fixture
def brought(finished, tmp_path):
    """The import of a workbook of these sheets."""

    def _brought(*sheets, **given) -> ImportBatch:
        return finished(by_openpyxl(tmp_path / "a.xlsx", *sheets), name="a.xlsx", **given)

    return _brought


def settle(batch: ImportBatch) -> ImportBatch:
    """Goes on with the columns as they were proposed."""
    column_mappings.confirm(batch, Proposal.of(batch.proposal).mapping, "flat", mode="create", officer=None)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


class TestASecondSheetOfLeads:
    def test_is_refused_where_nobody_can_be_asked(self, brought):
        batch = brought(NORTH, SOUTH)
        assert (batch.state, batch.rows) == ("failed", 0)
        assert batch.problem == (
            f"{OF_SOUTH} Send that sheet as a workbook of its own, or put its rows below those of the sheet that is"
            " read; delete sheets that hold no leads."
        )

    def test_is_asked_about_once_and_named_to_the_end(self, brought):
        batch = brought(NORTH, SOUTH, review=True)
        assert (batch.state, Proposal.of(batch.proposal).beside) == ("mapping", OF_SOUTH)
        batch = settle(batch)
        assert (batch.state, batch.left_out, Proposal.of(batch.proposal).beside) == (
            "ready",
            ["South"],
            OF_SOUTH,
        )
        import_steering.go_on(batch)
        import_batches.run(batch.pk)
        assert (counts(batch), batch.left_out) == ((1, 1, 0, 0), ["South"])

    def test_is_asked_about_with_what_only_the_last_rows_tell(self, brought):
        rows = [[f"98000{at:05}", "Asha"] for at in range(300)]
        late = ("North", [["Mobile", "Name"], *rows, ["9800009999", "Asha", "x"]])
        batch = settle(brought(late, SOUTH, review=True))
        assert (batch.state, Proposal.of(batch.proposal).beside) == ("mapping", OF_SOUTH)
        assert settle(batch).state == "ready"

    def test_keeps_no_other_sheet_from_being_read(self, brought):
        banks = (
            "Banks",
            [["Partner reference", "IFSC", "Account number"], ["R-1", "HDFC0000001", "50100012345678"]],
        )
        leads = ("North", [["Partner reference", "Mobile", "Name"], ["R-1", "9800000001", "Asha"]])
        batch = brought(leads, banks, ("Prices", [["What", "How much"], ["Soap", 5]]))
        assert (counts(batch), batch.left_out, sorted(batch.sheets)) == ((2, 2, 0, 0), ["Prices"], ["Banks"])


class TestASheetThatOnlyHasTheName:
    APPLICANTS = ("Applicants", [["Mobile", "Name", "PAN"], ["9800000002", "Bina", "ABCPV0001L"]])
    SAID = "Sheet Applicants has 1 row that looks like a lead, and is not read, as only those of sheet North are."

    def test_is_refused_where_nobody_can_be_asked(self, brought):
        batch = brought(NORTH, self.APPLICANTS)
        assert (batch.state, batch.rows, batch.problem[: len(self.SAID)]) == ("failed", 0, self.SAID)

    def test_is_asked_about_once(self, brought):
        batch = brought(NORTH, self.APPLICANTS, review=True)
        assert (batch.state, Proposal.of(batch.proposal).beside) == ("mapping", self.SAID)
        batch = settle(batch)
        assert (batch.state, batch.left_out, batch.rows) == ("ready", ["Applicants"], 1)


class TestSheetsOfTheTemplate:
    @pytest.fixture
    def filled(self, finished, tmp_path):
        """The import of the template with one lead, after `change`."""

        def _filled(change=lambda book: None, **given) -> ImportBatch:
            book = openpyxl.load_workbook(TEMPLATE)
            headers = [cell.value for cell in book["Leads"][1]]
            lead = {"Mobile": "9800000001", "Name": "Asha Verma"}
            book["Leads"].append([lead.get(header) for header in headers])
            change(book)
            book.save(tmp_path / "filled.xlsx")
            return finished(tmp_path / "filled.xlsx", name="filled.xlsx", **given)

        return _filled

    def test_are_passed_over_without_a_word(self, filled):
        batch = filled()
        assert (counts(batch), batch.left_out) == ((1, 1, 0, 0), [])

    def test_are_not_asked_about(self, filled):
        assert filled(review=True).state == "ready"

    def test_of_an_older_template_are_too(self, filled):
        def older(book):
            for sheet in ("Leads", "Example"):
                book[sheet].delete_cols(50)
            book["Columns"].delete_rows(51)

        assert filled(older).left_out == []

    @pytest.mark.parametrize("name", ["Columns", "Example", "Choices"])
    def test_are_known_by_what_they_hold_and_not_by_their_name(self, brought, name):
        batch = brought(NORTH, (name, SOUTH[1]))
        assert batch.problem.startswith(f"Sheet {name} has 2 rows that look like leads")
        batch = brought(NORTH, (name, [["What", "How much"], ["Soap", 5]]))
        assert (counts(batch), batch.left_out) == ((1, 1, 0, 0), [name])

    @pytest.mark.parametrize("row", [3, 4])
    def test_are_read_about_when_leads_were_put_into_them(self, filled, row):
        def put(book):
            book["Example"].cell(row, 2).value = "9800000002"
            book["Example"].cell(row, 3).value = "Bina Rao"

        batch = filled(put)
        assert (batch.state, Lead.objects.count()) == ("failed", 0)
        assert batch.problem.startswith("Sheet Example has")

    def test_are_known_in_every_language(self, filled, tmp_path):
        from django.utils import translation

        from leadops.services import template_workbook

        with translation.override("hi"), (tmp_path / "hi.xlsx").open("wb") as file:
            template_workbook.write(file)
        hindi = openpyxl.load_workbook(tmp_path / "hi.xlsx")

        def translated(book):
            for sheet in ("Columns", "Example"):
                for cells in hindi[sheet].iter_rows():
                    for cell in cells:
                        book[sheet][cell.coordinate].value = cell.value

        assert hindi["Example"]["A1"].value != template_workbook.EXAMPLE_NOTE
        assert filled(translated).left_out == []
