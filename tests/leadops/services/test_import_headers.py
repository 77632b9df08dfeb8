"""Where the header of a file is not certain an officer is asked, and nobody's lead is lost or kept in the clear."""

from __future__ import annotations

import json

import openpyxl
import pytest

from leadops.excel.proposals import Proposal
from leadops.models import ColumnMapping, ImportBatch, Lead
from leadops.services import column_mappings, import_steering
from leadops.services.column_mappings import WrongMapping
from leadops.services.error_workbooks import error_workbook
from tests.leadops.services.imported import codes, counts, go_on, run

HEADER = ["Name", "Mobile", "PAN"]


def leads(first: int, last: int) -> list[list[str]]:
    return [["Asha Verma", str(9_800_000_000 + at), f"ABCPV{at:04d}L"] for at in range(first, last + 1)]


@pytest.fixture
def sheet(finished):
    """The import of a sheet of these rows, run as far as it goes."""

    def _sheet(*rows, **given):
        return finished(list(rows[1:]), header=rows[0], **given)

    return _sheet


def choose(batch: ImportBatch, row: int) -> ImportBatch:
    column_mappings.choose_header(batch, row)
    return run(batch)


def settle(batch: ImportBatch, mapping=None) -> ImportBatch:
    mapping = mapping or Proposal.of(batch.proposal).mapping
    column_mappings.confirm(batch, mapping, "flat", mode="create", officer=None)
    return run(batch)


class TestLeadsAboveTheHeader:
    def test_are_asked_about(self, sheet):
        batch = sheet(*leads(1, 3), HEADER, *leads(4, 5), review=True)
        assert (batch.state, batch.rows, batch.columns) == ("mapping", 0, [])
        proposal = Proposal.of(batch.proposal)
        assert (proposal.header_row, proposal.mapping) == (4, HEADER)
        assert "rows 1, 2 and 3 above it look like leads" in proposal.doubt

    def test_are_left_out_and_counted_once_the_header_is_confirmed(self, sheet):
        batch = go_on(settle(sheet(*leads(1, 3), HEADER, *leads(4, 5), review=True)))
        assert counts(batch) == (5, 2, 3, 0)
        assert codes(batch)[:3] == [(at, "skipped", ["above_header"]) for at in (1, 2, 3)]

    def test_are_named_where_nobody_can_be_asked(self, sheet):
        batch = sheet(*leads(1, 3), HEADER, *leads(4, 5))
        assert (batch.state, batch.rows) == ("failed", 0)
        assert "Row 4 names the columns, but rows 1, 2 and 3 above it look like leads." in batch.problem
        assert "Asha" not in batch.problem

    def test_are_told_where_they_only_may_be_some_and_hold_up_nothing(self, sheet):
        above = ["Helpline", "9800000009", "till 6", "", "ring twice"]
        batch = sheet(["Leads"], above, ["Name", "City", "Mobile"], ["Asha", "Pune", "9800000001"])
        assert counts(batch) == (2, 1, 1, 0)
        assert codes(batch) == [(2, "skipped", ["above_header"]), (4, "created", [])]


class TestAFileWithoutAHeader:
    def test_is_asked_about_and_keeps_nothing_in_the_clear(self, sheet):
        batch = sheet(*leads(10, 19), review=True)
        assert (batch.state, batch.columns) == ("mapping", [])
        proposal = Proposal.of(batch.proposal)
        assert (proposal.header_row, proposal.mapping) == (0, ["", "Mobile", "PAN"])
        assert proposal.choices[1].why == "by its content: 10 of 10 cells are mobile numbers"
        assert not [number for number in ("9800000010", "ABCPV0010L") if number in batch.proposal]

    def test_loses_no_lead(self, sheet):
        batch = go_on(settle(sheet(*leads(10, 19), review=True), HEADER))
        assert counts(batch) == (10, 10, 0, 0)
        assert [row for row, *_ in codes(batch)] == list(range(1, 11))
        assert batch.columns == HEADER

    def test_is_not_remembered_as_anything_but_its_own_refused_rows(self, sheet, finished, tmp_path):
        batch = sheet(*leads(1, 3), ["Ravi", "98", "ABCPV0009L", "x"], review=True)
        batch = go_on(settle(batch, [*HEADER, ""]))
        assert counts(batch) == (4, 3, 0, 1)
        assert ColumnMapping.objects.get().mapping == [*HEADER, ""]
        assert sheet(*leads(21, 24), review=True, name="b.xlsx").state == "mapping"
        with error_workbook(batch) as file:
            book = openpyxl.load_workbook(file)
        book.worksheets[0]["B2"] = "9800000009"
        book.save(tmp_path / "again.xlsx")
        assert counts(finished(tmp_path / "again.xlsx")) == (1, 1, 0, 0)
        assert counts(batch) == (4, 4, 0, 0)

    def test_is_refused_where_nobody_can_be_asked(self, sheet):
        batch = sheet(*leads(10, 19))
        assert batch.state == "failed"
        assert batch.problem.startswith("No row names the columns, and row 1 looks like a lead.")
        assert "98000" not in batch.problem


class TestAnotherRow:
    def test_may_be_chosen_below_many_titles(self, sheet):
        titles = [[f"Title {at}"] for at in range(12)]
        batch = sheet(*titles, HEADER, *leads(1, 2), review=True)
        assert batch.state == "mapping"
        batch = choose(batch, 13)
        assert (batch.state, batch.rows, batch.columns) == ("ready", 2, HEADER)
        assert counts(go_on(batch)) == (2, 2, 0, 0)

    def test_may_be_chosen_when_the_rows_were_read_already(self, sheet):
        batch = sheet(HEADER, *leads(1, 3), review=True)
        assert batch.state == "ready"
        import_steering.change_columns(batch)
        batch = choose(batch, 0)
        assert (batch.state, Proposal.of(batch.proposal).choices[1].column) == ("mapping", "Mobile")
        assert settle(batch, HEADER).rows == 4

    def test_is_asked_about_by_its_own_cells(self, sheet):
        batch = sheet(HEADER, ["Kontakt", "Nr", "Code"], *leads(1, 3), review=True)
        import_steering.change_columns(batch)
        batch = choose(batch, 2)
        choices = Proposal.of(batch.proposal).choices
        assert [choice.header for choice in choices] == ["Kontakt", "Nr", "Code"]

    @pytest.mark.parametrize("row", [7, 99, 10**8])
    def test_that_the_file_does_not_have_is_refused(self, sheet, row):
        batch = sheet(*leads(1, 3), review=True)
        with pytest.raises(WrongMapping, match="no row of this file"):
            column_mappings.choose_header(batch, row)

    def test_comes_too_late_when_the_columns_are_settled(self, sheet):
        batch = settle(sheet(*leads(1, 3), review=True), HEADER)
        with pytest.raises(WrongMapping, match="are settled: it is ready to import"):
            column_mappings.choose_header(batch, 1)


def test_a_title_that_looks_like_a_header_is_none(sheet):
    titles = [["Agency", "Sunrise"], ["Contact", "9800011111"], ["Sent on", "12/03/2026"]]
    batch = sheet(*titles, HEADER, *leads(1, 2))
    assert counts(batch) == (2, 2, 0, 0)
    assert batch.columns == HEADER


class TestAColumnWithoutAHeading:
    def test_is_remembered_as_it_was_settled(self, sheet):
        batch = settle(
            sheet(HEADER, *[[*row, "Pune"] for row in leads(1, 3)], review=True), [*HEADER, "City"]
        )
        assert batch.state == "ready"
        again = sheet(HEADER, *[[*row, "Pune"] for row in leads(4, 6)], review=True, name="b.xlsx")
        assert (again.state, again.mapping) == ("ready", [*HEADER, "City"])
        assert counts(sheet(HEADER, *[[*row, "Goa"] for row in leads(7, 9)], name="c.xlsx")) == (3, 3, 0, 0)
        assert Lead.objects.filter(applicants__addresses__city="Goa").count() == 3

    def test_that_only_a_later_file_fills_is_asked_about(self, sheet):
        header = ["Name", "Kontakt", "PAN"]
        settle(sheet(header, *leads(1, 3), review=True), HEADER)
        assert sheet(header, *leads(4, 5), review=True, name="b.xlsx").state == "ready"
        asked = sheet(header, *[[*row, "x"] for row in leads(6, 7)], review=True, name="c.xlsx")
        assert asked.state == "mapping"
        assert [each["letter"] for each in json.loads(asked.proposal)["choices"] if not each["sure"]] == ["D"]


def test_what_is_somebody_s_is_no_name_of_a_column_whatever_an_officer_says(sheet):
    first, *rest = leads(1, 5)
    batch = go_on(settle(choose(sheet(first, *rest, review=True), 1), HEADER))
    assert (batch.state, batch.rows) == ("done", 4)
    assert batch.columns == ["Column A", "Column B", "Column C"]


@pytest.mark.parametrize("stray", ["98000 08801", "ABCPV8801L", "asha@example.com", "123456789012"])
def test_a_stray_number_among_the_names_of_columns_is_not_kept(sheet, stray):
    rows = [[*row, "x"] for row in leads(1, 3)]
    batch = go_on(settle(sheet([*HEADER, stray], *rows, review=True)))
    assert (batch.state, batch.columns) == ("done", [*HEADER, "Column D"])
