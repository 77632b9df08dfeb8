"""A workbook of refused rows comes back: it does what its import may, and is known however it was kept."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from leadops.models import ImportBatch, Lead
from leadops.services import column_mappings, import_batches, import_steering
from leadops.services.error_workbooks import error_workbook
from tests import people
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services import exported
from tests.leadops.services.imported import codes, counts


class TestItsMode:
    @pytest.fixture
    def changes(self, finished) -> ImportBatch:
        """An import that changes one of two leads; the other's row is refused."""
        finished(good_rows(2))
        [first, second] = good_rows(2)
        rows = [[*first[:4], "99999"], [*second[:4], "9e9x"]]
        return finished(rows, mode="update", name="u.xlsx")

    def test_is_that_of_the_import_whose_rows_it_mends(self, changes, sent_back):
        again = sent_back(changes, E2="88888")
        assert (again.mends, again.mode, again.updated) == (changes, "update", 1)
        assert Lead.objects.get(partner_ref_id="REF-2").loan_amount == 88888
        changes.refresh_from_db()
        assert (changes.updated, changes.failed) == (2, 0)

    def test_is_so_for_an_export_that_was_edited_too(
        self, finished, sent_back, partner, program, officer, tmp_path
    ):
        exported.stored(partner, program, people.drafts(1))
        book = exported.book(exported.finished(officer).file.path)
        names = [cell.value for cell in book["Leads"][1]]
        amount = f"{openpyxl.utils.get_column_letter(names.index('Loan amount') + 1)}2"
        book["Leads"][amount] = "abc"
        book.save(tmp_path / "edited.xlsx")
        edited = finished(tmp_path / "edited.xlsx", mode="update")
        assert counts(edited)[3] == edited.rows
        with error_workbook(edited) as file:
            book = openpyxl.load_workbook(file)
        names = [cell.value for cell in book.worksheets[0][1]]
        amount = f"{openpyxl.utils.get_column_letter(names.index('Loan amount') + 1)}2"
        again = sent_back(book, **{amount: "654321"})
        assert (again.mode, again.updated) == ("update", again.rows)
        assert Lead.objects.get().loan_amount == 654321
        assert counts(edited)[3] == 0

    def test_is_not_what_is_chosen_with_its_columns(self, changes, sent_back, officer):
        again = sent_back(changes, review=True, E2="88888")
        import_steering.change_columns(again)
        again.refresh_from_db()
        column_mappings.confirm(again, again.mapping, again.layout, mode="create", officer=officer)
        import_batches.run(again.pk)
        again.refresh_from_db()
        assert (again.state, again.mode) == ("ready", "update")


class TestWhatIsLeftOut:
    def test_for_its_reference_stays_refused_and_can_be_put_right_once_more(self, finished, sent_back):
        batch = finished([["REF-1", "98", "Ravi Rao", "", ""]])
        finished(good_rows(1), name="meanwhile.xlsx")
        again = sent_back(batch, B2="9800000009")
        assert codes(again) == [(2, "skipped", ["duplicate_reference"])]
        assert counts(batch) == (1, 0, 0, 1)
        third = sent_back(batch, "third.xlsx", A2="REF-9", B2="9800000009")
        assert (counts(third), counts(batch)) == ((1, 1, 0, 0), (1, 1, 0, 0))

    def test_as_it_says_nothing_new_is_refused_no_more(self, finished, sent_back):
        [row] = good_rows(1)
        finished([row])
        batch = finished([[*row[:4], "9e9x"]], mode="update", name="u.xlsx")
        again = sent_back(batch, E2=row[4])
        assert codes(again) == [(2, "skipped", ["unchanged"])]
        assert counts(batch) == (1, 0, 1, 0)

    @pytest.mark.parametrize("policy", ["refuse", "merge"])
    def test_as_its_borrower_is_here_is_refused_no_more(self, finished, sent_back, rule, policy):
        rule(policy)
        [row] = good_rows(1)
        finished([row])
        batch = finished([["", "98", *row[2:]]], name="b.xlsx")
        sent_back(batch, B2=row[1])
        assert counts(batch) == (1, 0, 1, 0)


def as_csv(book: openpyxl.Workbook, path: Path) -> Path:
    """The first sheet as a spreadsheet program saves it as text."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(book.worksheets[0].values)
    return path


class TestItsMark:
    @pytest.fixture
    def batch(self, finished) -> ImportBatch:
        """One row, refused for two cells, without a reference by which a second lead would be known."""
        return finished([["", "98", "Asha Verma", "ABC", "50000"]], name="first.xlsx")

    @pytest.fixture
    def book(self, batch) -> openpyxl.Workbook:
        """Its error workbook, mended."""
        with error_workbook(batch) as file:
            book = openpyxl.load_workbook(file)
        book.active["B2"], book.active["D2"] = "9800000001", "ABCPV0001L"
        return book

    def test_is_kept_in_a_file_of_text_so_that_no_second_lead_is_made(
        self, batch, book, finished, sent_back, tmp_path
    ):
        again = finished(as_csv(book, tmp_path / "m.csv"), name="m.csv")
        assert (again.mends, counts(again), counts(batch)) == (batch, (1, 1, 0, 0), (1, 1, 0, 0))
        assert codes(sent_back(book)) == [(2, "skipped", ["mended_before"])]
        assert Lead.objects.count() == 1

    @pytest.mark.parametrize("copied", ["{} (2)", "{}_2"])
    def test_of_an_older_workbook_is_its_sheets_name_also_when_that_was_copied(
        self, batch, book, sent_back, copied
    ):
        again = sent_back(book, rename=copied.format(book.active.title), G1="Row")
        assert (again.mends, counts(batch)) == (batch, (1, 1, 0, 0))

    def test_is_in_the_heading_whatever_the_sheet_is_called(self, batch, book, sent_back):
        again = sent_back(book, rename="Sheet1", G1=f"  {book.active['G1'].value.upper()} ")
        assert (again.mends, counts(batch)) == (batch, (1, 1, 0, 0))

    def test_leads_to_the_row_though_a_space_stands_behind_its_number(self, batch, book, sent_back):
        sent_back(book, G2="2 ")
        assert counts(batch) == (1, 1, 0, 0)

    def test_is_no_column_that_is_asked_about_or_kept(self, batch, book, sent_back):
        again = sent_back(book, review=True)
        assert again.state == "ready"
        assert again.columns == [*batch.columns, "Why refused", "Row"]

    def test_of_another_partner_is_passed_over(self, book, finished, other_partner, tmp_path):
        again = finished(as_csv(book, tmp_path / "m.csv"), name="m.csv", partner=other_partner)
        assert (again.mends, counts(again)) == (None, (1, 1, 0, 0))
