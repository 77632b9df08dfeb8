"""What we write opens in every reader and stays text."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from leadops.excel import reader
from leadops.excel.writer import Style, Styled, write
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
