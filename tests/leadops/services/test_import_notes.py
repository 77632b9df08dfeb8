"""A workbook of ours no longer shows what was merged or swapped: a cell that nobody touched counts as first read."""

from __future__ import annotations

from datetime import date

import openpyxl
import pytest
import xlsxwriter

from leadops.models import Applicant
from leadops.services import import_mending
from leadops.services.error_workbooks import error_workbook
from tests.leadops.excel.workbooks import by_openpyxl
from tests.leadops.services.imported import codes, counts


def test_dates_that_may_be_swapped(finished, tmp_path, sent_back):
    rows = [[f"980000000{day}", "Asha Verma", date(1990, 3, day + 3)] for day in range(1, 5)]
    rows += [[f"981000000{day}", "Asha Verma", f"2{day}/03/1990"] for day in range(1, 5)]
    path = by_openpyxl(tmp_path / "s.xlsx", ("Leads", [["Mobile", "Name", "Date of birth"], *rows]))
    batch = finished(path, name="s.xlsx")
    assert (batch.created, batch.failed) == (4, 4)
    again = sent_back(batch, C2="4 March 1990")
    assert (counts(again), counts(batch)) == ((4, 1, 0, 3), (8, 5, 0, 3))
    assert codes(again)[1:] == [(number, "failed", ["perhaps_swapped"]) for number in (3, 4, 5)]
    assert again.import_rows.get(number=3).problems[0]["cell"] == "C3"
    # nor does a third one accept them, nor one with the columns in another order
    with error_workbook(again) as file:
        book = openpyxl.load_workbook(file)
    book.active.move_range("C1:C4", cols=5)
    third = sent_back(book, "third.xlsx")
    assert codes(third) == [(number, "failed", ["perhaps_swapped"]) for number in (2, 3, 4)]
    assert third.import_rows.get(number=2).problems[0]["cell"] == "H2"


def test_a_date_in_either_order_when_the_other_row_is_mended(finished, tmp_path, sent_back):
    births = ["03/04/1990", "25/04/1990", "04/25/1990"]
    rows = [[f"980000000{at}", "Asha Verma", birth] for at, birth in enumerate(births)]
    batch = finished(rows, header=["Mobile", "Name", "Date of birth"])
    assert [code for _, _, code in codes(batch)] == [["day_or_month"], [], ["day_and_month_swapped"]]
    again = sent_back(batch, C3="25/04/1990")
    assert [row[1:] for row in codes(again)] == [("failed", ["day_or_month"]), ("created", [])]


@pytest.mark.parametrize("refused", [0, 3])
def test_what_was_put_back_is_put_back_once_whatever_the_second_file_shows(finished, sent_back, refused):
    rows = [["98", "Asha Verma", "03/04/1990"]]
    rows += [[f"981000000{day}", "Asha Verma", f"03/2{day}/1990"] for day in range(4)]
    rows += [["97", "Asha Verma", "03/25/1990"]] * refused
    batch = finished(rows, header=["Mobile", "Name", "Date of birth"])
    assert "month_first" in codes(batch)[0][2]
    again = sent_back(batch, A2="9800000001")
    [applicant] = Applicant.objects.filter(lead__import_rows__batch=again)
    assert applicant.date_of_birth == date(1990, 3, 4)


def test_a_cell_that_was_merged(finished, tmp_path, sent_back):
    path = tmp_path / "s.xlsx"
    rows = [["Mobile", "Name", "PAN"], ["9800000001", "Asha Verma", ""], [None, "Bina Rao", ""]]
    by_openpyxl(path, ("Leads", rows))
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    batch = finished(path, name="s.xlsx")
    assert codes(batch)[1][1:] == ("failed", ["merged_own"])
    again = sent_back(batch)
    assert codes(again) == [(2, "failed", ["merged_own"])]
    assert counts(sent_back(again, "third.xlsx", A2="9800000002")) == (1, 1, 0, 0)


@pytest.fixture
def looked_up(finished, tmp_path):
    """One refused row whose mobile, name, PAN and city are formulas."""
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Partner reference", "Mobile", "Name", "PAN", "Remarks", "City"])
        sheet.write_row(1, 0, ["R1"])
        for at, value in ((1, "98"), (2, "Asha Verma"), (3, "ABCPV1234L"), (5, "Pune")):
            sheet.write_formula(1, at, "=A1", None, value)
    return finished(tmp_path / "f.xlsx", name="f.xlsx")


def told_of_formulas(batch):
    return [each["cell"] for each in batch.import_rows.get().problems if each["code"] == "formula"]


def test_formulas_are_told_in_one_line_whose_cells_that_were_typed_anew_are_left_out(looked_up, sent_back):
    assert told_of_formulas(looked_up) == ["B2:D2, F2"]
    assert told_of_formulas(sent_back(looked_up, C2="Bina Rao")) == ["B2, D2, F2"]


def test_formulas_whose_cell_is_mended_here_leave_it_out(looked_up, officer):
    row = looked_up.import_rows.get()
    assert dict(import_mending.mend(looked_up, {row.pk: {"B": "9800000001"}}, officer)) == {"created": 1}
    assert told_of_formulas(looked_up) == ["C2:D2, F2"]


def test_a_row_with_more_cells_than_the_header(finished, tmp_path, sent_back):
    path = tmp_path / "t.csv"
    path.write_text(
        "Name,Mobile,City\nVerma, Asha,9800000001,Pune\nRao,9800000002,Delhi\nDas,9800000003,Pune\n"
    )
    batch = finished(path, name="t.csv")
    assert "too_many_cells" in codes(batch)[0][2]
    assert "too_many_cells" in codes(sent_back(batch))[0][2]
    mended = sent_back(batch, "third.xlsx", A2="Asha Verma", B2="9800000001", C2="Pune")
    assert counts(mended) == (1, 1, 0, 0)


def test_on_the_sheets_beside_the_first(finished, tmp_path, sent_back):
    path = tmp_path / "joined.xlsx"
    leads = [["Partner reference", "Mobile", "Name"], ["R1", "9800000001", "Asha Verma"]]
    people = [
        ["Partner reference", "Applicant no", "Name", "Mobile"],
        ["R1", 1, "Asha Verma", "9800000001"],
    ]
    people += [["R1", 2, "Bina Rao", None]]
    by_openpyxl(path, ("Leads", leads), ("Applicants", people))
    book = openpyxl.load_workbook(path)
    book["Applicants"].merge_cells("D2:D3")
    book.save(path)
    batch = finished(path, name="joined.xlsx")
    refused = batch.import_rows.get(sheet="Applicants", number=3)
    assert [each["code"] for each in refused.problems] == ["merged_own"]
    again = sent_back(batch)
    assert (again.mends, again.failed) == (batch, 3)
    with error_workbook(again) as file:
        book = openpyxl.load_workbook(file)
    book["Applicants"]["D3"] = "9800000002"
    assert counts(sent_back(book, "third.xlsx")) == (3, 3, 0, 0)
    assert counts(batch) == (3, 3, 0, 0)
