"""Which sheets that are not read may hold leads."""

from __future__ import annotations

import pytest

from leadops.excel import reader
from leadops.excel.left_out_sheets import doubt_of, leads_on
from tests.leadops.excel import workbooks

HEADER = ["Mobile", "Name"]
LEADS = [["9800000002", "Bina Rao"], ["9800000003", "Chand Lal"]]


@pytest.fixture
def left_out(tmp_path):
    """The sheet of these rows, as it is told beside one of leads."""

    def _left_out(*rows, name="South"):
        path = workbooks.by_openpyxl(
            tmp_path / "a.xlsx", ("North", [HEADER, ["9800000001", "Asha"]]), (name, rows)
        )
        told: list[reader.LeftOut] = []
        next(reader.rows(path, told))  # before the first row, so that it can be asked about with all else
        return told[0]

    return _left_out


@pytest.mark.parametrize(
    "top",
    [
        [["Mobile No.", "Name "]],
        [["Name", "Mobile"]],
        [["Mobile", "Name", "City", "Shoe size"]],
        [["Sunrise Agency, South"], ["Mobile", "Name"]],
        [["South"], ["Phon", "Nm"]],
        [["Applicant", ""], ["Mobile", "Name"]],
        [],
    ],
)
def test_a_header_like_that_of_leads_or_rows_like_leads_are_told(left_out, top):
    assert leads_on(left_out(*top, *LEADS)) == 2


def test_rows_whose_mobiles_are_damaged_are_told_by_the_header(left_out):
    assert leads_on(left_out(["Name", "Mobile No"], ["Bina", "9.8E+09"])) == 1


def test_a_list_of_references_is_no_list_of_leads(left_out):
    assert leads_on(left_out(["Ref No", "Loan amount"], ["R-1", 50_000])) == 0


def test_every_row_of_a_long_sheet_is_counted(left_out):
    assert leads_on(left_out(["Name", "Mobile No"], *[["Bina", "9800000002"]] * 500)) == 500


@pytest.mark.parametrize(
    "rows",
    [
        [["How to fill this in"], ["Write one lead into each row"], ["Call us:", "9800000000"]],
        [["Bank", "IFSC"], ["HDFC", "HDFC0000001"], ["SBI", "SBIN0000300"]],
        [["Pincode", "City"], ["110001", "Delhi"], ["411001", "Pune"]],
        [["Day", "Why"], ["26/01/2026", "Republic day"]],
        [["Mobile", "Name"]],
        [["What", "How much"]],
        [["Branch", "Manager", "Helpline"], ["Pune", "Asha", ""], ["Goa", "Ravi", ""], ["Agra", "", "9800000000"]],
    ],
)  # fmt: skip
def test_a_sheet_of_something_else_is_none(left_out, rows):
    assert leads_on(left_out(*rows)) == 0


def test_it_is_told_in_a_sentence_for_each(left_out):
    one, two = (
        left_out(HEADER[::-1], LEADS[0][::-1]),
        left_out(HEADER[::-1], *[["Bina", "9800000002"]] * 1200),
    )
    assert doubt_of([one, left_out(["What"], ["Soap"]), two], "North") == (
        "Sheet South has 1 row that looks like a lead, and is not read, as only those of sheet North are."
        " Sheet South has 1,200 rows that look like leads, and is not read, as only those of sheet North are."
    )
    assert doubt_of([one], "").endswith("and is not read, as leads stand on the first sheet.")


def test_of_sheets_beyond_those_that_are_looked_at_nothing_is_said_but_their_rows(tmp_path):
    many = [(f"S{number}", [["What"], ["Soap"]]) for number in range(25)]
    path = workbooks.by_openpyxl(tmp_path / "a.xlsx", ("North", [HEADER]), *many)
    told: list[reader.LeftOut] = []
    list(reader.rows(path, told))
    assert [(leads_on(sheet), sheet.rows, bool(sheet.top)) for sheet in told] == [(0, 2, True)] * 20 + [
        (0, 2, False)
    ] * 5


def test_more_sheets_than_are_looked_at_are_a_doubt_of_their_own():
    sheets = [reader.LeftOut("Notes", 3), reader.LeftOut("More", 4000), reader.LeftOut("Hidden")]
    assert doubt_of(sheets, "Leads") == (
        "There are too many sheets to look at: 2 more with 4,003 rows are not read."
    )
