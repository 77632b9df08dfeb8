"""What we write opens in every reader and stays text."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from leadops.excel import archive, reader
from leadops.excel.writer import MOST_ROWS, SheetFull, Style, Styled, Workbook, write
from tests.leadops.excel import workbooks


@pytest.mark.parametrize(
    "text", ["=1+1", "+91 98", "-5", "@here", "007", "  edges ", "a\nb", "हिन्दी 😀", '<&">']
)
def test_text_comes_back_as_it_went(tmp_path, text):
    path = workbooks.ours(tmp_path / "a.xlsx", [["head"], [text]])
    cell = openpyxl.load_workbook(path).active["A2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert list(reader.rows(path))[1].cells == [text]


def test_what_xml_has_no_place_for_is_left_out(tmp_path):
    path = workbooks.ours(tmp_path / "a.xlsx", [["a\x00b\x0b\x1fc\ud800d\uffff"]])
    assert workbooks.read_back(path) == [["abcd"]]


def test_text_like_an_excel_escape_stays_text(tmp_path):
    path = workbooks.ours(tmp_path / "a.xlsx", [["_x0041_ and _xyz"]])
    assert next(reader.rows(path)).cells == ["_x0041_ and _xyz"]


def test_numbers_and_dates_are_numbers_and_dates(tmp_path):
    path = workbooks.ours(
        tmp_path / "a.xlsx", [["n", "d"], [9800000001, date(1990, 3, 12), Decimal("12.50")]]
    )
    assert workbooks.read_back(path)[1] == [9800000001, datetime(1990, 3, 12), 12.5]
    assert list(reader.rows(path))[1].cells == ["9800000001", "1990-03-12", "12.5"]


def test_cells_are_coloured_and_keep_the_text_format(tmp_path):
    path = workbooks.ours(
        tmp_path / "a.xlsx", [[Styled("Mobile", Style.HEADER)], [Styled("x", Style.WRONG)], ["y"]]
    )
    sheet = openpyxl.load_workbook(path).active
    assert sheet["A1"].font.bold
    assert sheet["A2"].fill.fgColor.rgb == "FFFFC7CE"
    assert {sheet["A2"].number_format, sheet["A3"].number_format} == {"@"}
    assert sheet.freeze_panes == "A2"


def test_a_text_longer_than_a_cell_takes_is_cut(tmp_path):
    path = workbooks.ours(tmp_path / "a.xlsx", [["&" * 40_000]])
    assert workbooks.read_back(path) == [["&" * 32_767]]


def test_the_name_of_the_sheet_is_escaped(tmp_path):
    with (tmp_path / "a.xlsx").open("wb") as file:
        write(file, [["x"]], sheet='A & "B"', widths=[30])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet.title == 'A & "B"'
    assert sheet.column_dimensions["A"].width == 30


def test_the_same_rows_give_the_same_bytes():
    first, second = io.BytesIO(), io.BytesIO()
    for stream in (first, second):
        write(stream, [["a", 1]])
    assert first.getvalue() == second.getvalue()


def test_sheets_grow_side_by_side():
    stream = io.BytesIO()
    with Workbook(stream) as book:
        first, second = book.sheet("Leads"), book.sheet("A & B")
        for number in range(3):
            first.add([[f"lead {number}"]])
            second.add([[number, "x"], [number, "y"]])
    found = {sheet.title: [*sheet.values] for sheet in openpyxl.load_workbook(stream)}
    assert found["Leads"] == [("lead 0",), ("lead 1",), ("lead 2",)]
    assert found["A & B"] == [(0, "x"), (0, "y"), (1, "x"), (1, "y"), (2, "x"), (2, "y")]


def test_a_workbook_that_broke_off_is_none():
    stream = io.BytesIO()
    with pytest.raises(ZeroDivisionError):
        write(stream, ([1 / number] for number in (1, 0)))
    assert stream.getvalue() == b""


@pytest.mark.parametrize("day", [date(1850, 1, 1), date(1900, 2, 28)])
def test_a_day_before_excel_s_calendar_is_written_out(tmp_path, day):
    path = workbooks.ours(tmp_path / "a.xlsx", [["x"], [day]])
    assert list(reader.rows(path))[1].cells == [day.isoformat()]


def test_the_first_day_that_excel_counts_right_is_a_date(tmp_path):
    path = workbooks.ours(tmp_path / "a.xlsx", [["x"], [date(1900, 3, 1)]])
    assert workbooks.read_back(path)[1] == [datetime(1900, 3, 1)]


def test_a_chunk_of_long_and_odd_texts_stays_cell_by_cell(tmp_path):
    texts = ["x" * 40_000, " edge", "two  spaces", "a\tb", "=1", "", "plain"]
    path = workbooks.ours(tmp_path / "a.xlsx", [["head"], *([text] for text in texts)])
    assert [row[0] for row in workbooks.read_back(path)[1:]] == ["x" * 32_767, *texts[1:5], None, "plain"]


@pytest.mark.parametrize("value", [b"bytes", True, None])
def test_what_no_cell_holds_is_refused(value):
    with pytest.raises(TypeError):
        write(io.BytesIO(), [[1], [value]])


def test_what_is_no_number_is_an_empty_cell(tmp_path):
    path = workbooks.ours(tmp_path / "a.xlsx", [["x", 1.5], ["y", float("nan")], ["z", float("inf")]])
    assert workbooks.read_back(path) == [["x", 1.5], ["y", None], ["z", None]]


def test_a_sheet_takes_no_more_rows_than_excel_has():
    with Workbook(io.BytesIO()) as book:
        sheet = book.sheet("Leads")
        sheet.add([[]] * MOST_ROWS)
        with pytest.raises(SheetFull, match="Leads"):
            sheet.add([[]])


def test_more_bytes_than_an_archive_holds_are_refused(monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(archive.TooLarge):
        write(io.BytesIO(), [["x" * 5000]])


def test_the_archive_is_one_that_the_standard_library_reads(tmp_path):
    path = workbooks.ours(tmp_path / "a.xlsx", [["a", 1]] * 1000)
    with zipfile.ZipFile(path) as read:
        assert read.testzip() is None
        assert read.namelist()[0] == "[Content_Types].xml"
