"""A hidden sheet is not read, and is named where it holds anything."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from leadops.excel import reader
from leadops.excel.reading import sheet_bin
from tests.leadops.excel.corpus import by_hand

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)
_HIDDEN = (
    '<office:automatic-styles><style:style style:name="h" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
)


def xlsx(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Leads"
    book.active["A1"] = "Mobile"
    for name, state in (("Kept", "hidden"), ("Deep", "veryHidden"), ("Void", "hidden")):
        book.create_sheet(name).sheet_state = state
    book["Kept"]["B3"], book["Deep"]["A1"] = 5, "text"
    book.save(path)
    return path


def ods(path: Path) -> Path:
    def table(name: str, style: str, text: str) -> str:
        cell = f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        row = f"<table:table-row>{cell if text else '<table:table-cell/>'}</table:table-row>"
        return f'<table:table table:name="{name}" table:style-name="{style}">{row}</table:table>'

    tables = table("Leads", "", "Mobile") + table("Kept", "h", "5") + table("Deep", "h", "text")
    content = (
        f"<office:document-content {_NAMES}>{_HIDDEN}<office:body><office:spreadsheet>{tables}{table('Void', 'h', '')}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    parts = {"mimetype": mimetype, "META-INF/manifest.xml": manifest, "content.xml": content}
    return by_hand.packed(path, parts)


@pytest.mark.parametrize("build", [xlsx, ods])
def test_hidden_sheets_that_hold_anything_are_named(tmp_path, build):
    left_out: list[reader.LeftOut] = []
    [row] = reader.rows(build(tmp_path / "book"), left_out)
    assert (row.sheet, [each.name for each in left_out]) == ("Leads", ["Kept", "Deep"])


def test_a_hidden_sheet_is_not_parsed_for_its_name(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "Mobile"
    far = book.create_sheet("Far")
    far.sheet_state, far["A1"], far["XFD1048576"] = "hidden", 1, 1
    book.save(tmp_path / "far.xlsx")
    left_out: list[reader.LeftOut] = []
    assert len(list(reader.rows(tmp_path / "far.xlsx", left_out))) == 1
    assert left_out == [reader.LeftOut("Far")]


@pytest.mark.parametrize(("rows", "holds"), [([["Mobile"], [9_800_000_001]], True), ([], False)])
def test_a_binary_sheet_tells_whether_it_holds_anything(tmp_path, rows, holds):
    path = by_hand.binary_workbook(tmp_path / "a.xlsb", rows or [[]], hidden=set(), columns=[], merges=[])
    with zipfile.ZipFile(path) as archive:
        assert sheet_bin.holds_anything(archive, "xl/worksheets/sheet1.bin") is holds
