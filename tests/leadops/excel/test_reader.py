"""Cells come back as text in which any damage can still be seen."""

from __future__ import annotations

from datetime import date, datetime, time

import openpyxl
import pytest
import xlsxwriter

from leadops.errors import UnreadableFile
from leadops.excel import reader
from leadops.excel.notes import Note
from leadops.excel.reading import program
from leadops.excel.reading.cells import cell_text
from leadops.excel.reading.sheet_xml import column_number
from tests.leadops.excel import workbooks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        ("9.8E+09", "9.8E+09"),
        ("9800000001.0", "9800000001.0"),
        (9800000001.0, "9800000001"),
        (9800000001, "9800000001"),
        (0.1 + 0.2, "0.3"),
        (250000.5, "250000.5"),
        (-3.0, "-3"),
        (999999999999999.0, "999999999999999"),
        (1234567890123456.0, "1.23456789012346e+15"),
        (True, "TRUE"),
        (date(1990, 3, 12), "1990-03-12"),
        (datetime(1990, 3, 12), "1990-03-12"),
        (datetime(1990, 3, 12, 10, 30), "1990-03-12 10:30:00"),
        (time(10, 30), "10:30:00"),
    ],
)
def test_a_cell_becomes_text_without_a_guess(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16384)])
def test_letters_of_columns_count_from_one(letters, number):
    assert column_number(letters) == number


def test_rows_keep_the_numbers_that_excel_shows(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "March"
    book.active["B3"], book.active["C3"] = "Mobile", "Name"
    book.active["B6"], book.active["C6"] = 9800000001, "Asha"
    book.active["B7"] = "   "
    book.save(tmp_path / "a.xlsx")
    assert list(reader.rows(tmp_path / "a.xlsx")) == [
        reader.Row("March", 3, ["", "Mobile", "Name"]),
        reader.Row("March", 6, ["", "9800000001", "Asha"]),
    ]


def test_a_column_of_numbers_with_a_blank_does_not_turn_into_decimals(tmp_path):
    path = workbooks.by_openpyxl(
        tmp_path / "a.xlsx", ("Leads", [["Mobile"], [9800000001], [None], [9800000003]])
    )
    assert [row.cells for row in reader.rows(path)] == [["Mobile"], ["9800000001"], ["9800000003"]]


@pytest.mark.parametrize(
    ("result", "read"),
    [(0, ("#VALUE!", (Note(1, "formula_not_calculated"),))), (600_000, ("600000", (Note(1, "formula"),)))],
)
def test_a_nought_that_a_program_wrote_for_a_formula_is_no_result(tmp_path, result, read):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Mobile", "Loan amount"])
        sheet.write(1, 0, "9800000001")
        sheet.write_formula(1, 1, "=50000*12", value=result)
    _, row = reader.rows(path)
    assert (row.cells[1], row.notes) == read


def test_errors_and_uncalculated_formulas_are_not_taken_for_blanks(tmp_path):
    rows = [["Mobile", "Name", "City"], ["#N/A", "=A1&B1", "Pune"]]
    path = workbooks.by_openpyxl(tmp_path / "a.xlsx", ("Leads", rows))
    row = list(reader.rows(path))[1]
    assert row.cells == ["#N/A", "#VALUE!", "Pune"]
    assert row.notes == (Note(1, "formula_not_calculated"),)


def test_hidden_and_empty_sheets_are_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    book.active["A1"] = "secret"
    book.create_sheet("Empty")
    book.create_sheet("Leads")["A1"] = "Mobile"
    book.active = 2
    book.save(tmp_path / "a.xlsx")
    assert list(reader.rows(tmp_path / "a.xlsx")) == [reader.Row("Leads", 1, ["Mobile"])]


def test_leads_on_two_sheets_are_refused_not_half_read(tmp_path):
    header = ["Mobile", "Name"]
    path = workbooks.by_openpyxl(
        tmp_path / "a.xlsx",
        ("North", [header, ["9800000001", "A"]]),
        ("South", [header, ["9800000002", "B"]]),
    )
    with pytest.raises(UnreadableFile, match="two sheets, 'North' and 'South'"):
        list(reader.rows(path))


def test_a_second_sheet_with_the_header_alone_is_no_second_sheet_of_leads(tmp_path):
    header = ["Mobile", "Name"]
    path = workbooks.by_openpyxl(
        tmp_path / "a.xlsx", ("June", [header, ["9800000001", "A"]]), ("July", [header])
    )
    assert [row.sheet for row in reader.rows(path)] == ["June", "June"]


def test_a_second_sheet_of_something_else_does_no_harm(tmp_path):
    path = workbooks.by_openpyxl(
        tmp_path / "a.xlsx", ("Leads", [["Mobile"], ["1"]]), ("How to", [["Read me"]])
    )
    assert len(list(reader.rows(path))) == 2


def test_a_workbook_with_nothing_in_it_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="no visible sheet"):
        list(reader.rows(workbooks.by_openpyxl(tmp_path / "a.xlsx", ("Leads", []))))


def test_too_many_rows_are_refused(tmp_path, settings):
    settings.IMPORT_MAX_ROWS = 3
    path = workbooks.ours(tmp_path / "a.xlsx", [workbooks.HEADER, *workbooks.good_rows(3)])
    assert len(list(reader.rows(path))) == 4
    path = workbooks.ours(tmp_path / "b.xlsx", [workbooks.HEADER, *workbooks.good_rows(4)])
    with pytest.raises(UnreadableFile, match="more than 3 rows"):
        list(reader.rows(path))


def test_too_many_rows_are_refused_before_the_first_of_them_is_read(tmp_path, settings):
    settings.IMPORT_MAX_ROWS = 2 * program.CHUNK
    path = workbooks.ours(
        tmp_path / "a.xlsx", [workbooks.HEADER, *workbooks.good_rows(2 * program.CHUNK + 1)]
    )
    read = reader.rows(path)
    with pytest.raises(UnreadableFile, match="more than 1,000 rows"):
        next(read)


def test_rows_of_blanks_are_none_of_too_many(tmp_path, settings):
    settings.IMPORT_MAX_ROWS = 3
    rows = [workbooks.HEADER, *workbooks.good_rows(2), *([[" "]] * 9), *workbooks.good_rows(1, start=3)]
    assert len(list(reader.rows(workbooks.ours(tmp_path / "a.xlsx", rows)))) == 4


def test_a_table_too_wide_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="201 columns wide"):
        list(reader.rows(workbooks.ours(tmp_path / "a.xlsx", [[f"c{n}" for n in range(201)]])))


@pytest.mark.parametrize("title", [[], [["Leads of March"]]])
@pytest.mark.parametrize("row", ["Row of import 0123456789ab", "Row"])
def test_our_own_two_columns_do_not_make_a_table_too_wide(tmp_path, title, row):
    header = [*(f"c{n}" for n in range(200)), "Why refused", row]
    path = workbooks.by_openpyxl(tmp_path / "a.xlsx", ("Leads", [*title, header, ["x"] * 202]))
    assert [len(each.cells) for each in reader.rows(path)][-2:] == [202, 202]


def test_a_sheet_too_wide_beside_the_first_is_named(tmp_path):
    wide = ("Prices", [[f"c{n}" for n in range(201)]])
    path = workbooks.by_openpyxl(tmp_path / "a.xlsx", ("Leads", [workbooks.HEADER]), wide)
    with pytest.raises(UnreadableFile, match=r"^Sheet Prices is 201 columns wide"):
        list(reader.rows(path))


@pytest.mark.parametrize(("own", "told"), [(["Why refused", "Row"], 201), (["Row", "Row"], 202), ([], 201)])
def test_other_columns_do(tmp_path, own, told):
    path = workbooks.ours(tmp_path / "a.xlsx", [[*(f"c{n}" for n in range(201)), *own]])
    with pytest.raises(UnreadableFile, match=f"^Sheet .+ is {told} columns wide and at most 200"):
        list(reader.rows(path))


def test_a_stray_cell_in_the_far_corner_kills_the_parser_and_not_us(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "Mobile", "x"
    book.save(tmp_path / "corner.xlsx")
    assert (tmp_path / "corner.xlsx").stat().st_size < 6000
    with pytest.raises(UnreadableFile, match="stray cell"):
        list(reader.rows(tmp_path / "corner.xlsx"))


def test_broken_xml_is_refused_in_words(tmp_path):
    path = workbooks.zip_of(
        tmp_path / "a.xlsx", **{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook"}
    )
    with pytest.raises(UnreadableFile, match="damaged"):
        list(reader.rows(path))


def test_leaving_early_leaves_no_process(tmp_path):
    path = workbooks.ours(tmp_path / "a.xlsx", [workbooks.HEADER, *workbooks.good_rows(5000)])
    rows = reader.rows(path)
    assert next(rows).cells == workbooks.HEADER
    rows.close()
    with pytest.raises(StopIteration):
        next(rows)
