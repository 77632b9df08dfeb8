"""A workbook that takes values from other workbooks is refused, whatever wrote it; one with ordinary links is read."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from leadops.errors import UnreadableFile
from leadops.excel import preflight, reader
from leadops.excel.reading import sheet_biff, sheet_ods
from leadops.excel.reading.marks import LINKED, Refused
from tests.leadops.excel.corpus import by_hand

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def inspected(path: Path) -> None:
    preflight.inspect(io.BytesIO(path.read_bytes()))


class TestExcel:
    @pytest.mark.parametrize("kind", ["xml", "bin"])
    def test_a_part_about_another_workbook_is_enough(self, tmp_path, kind):
        sheet = by_hand.sheet_xml(by_hand.row_xml(1, ["Mobile"]))
        path = by_hand.packed(
            tmp_path / "a.xlsx", by_hand.parts(sheet) | {f"xl/externalLinks/externalLink1.{kind}": "x"}
        )
        with pytest.raises(UnreadableFile) as caught:
            inspected(path)
        assert caught.value.message == LINKED

    def test_so_is_one_that_lies_elsewhere(self, tmp_path):
        content = by_hand.parts(by_hand.sheet_xml(by_hand.row_xml(1, ["Mobile"])))
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
        types = str(content["[Content_Types].xml"])
        content["[Content_Types].xml"] = types.replace(
            "</Types>", f'<Override PartName="/xl/other.xml" ContentType="{kind}"/></Types>'
        )
        with pytest.raises(UnreadableFile) as caught:
            inspected(by_hand.packed(tmp_path / "a.xlsx", content))
        assert caught.value.message == LINKED

    def test_links_to_mail_addresses_and_web_pages_are_none(self, tmp_path):
        book = openpyxl.Workbook()
        book.active.append(["Mobile", "E-mail"])
        book.active.append(["9800000001", "asha@example.com"])
        book.active["B2"].hyperlink = "mailto:asha@example.com"
        book.active["A2"].hyperlink = "https://example.com/rates.xlsx"
        book.save(tmp_path / "a.xlsx")
        assert [row.cells for row in reader.rows(tmp_path / "a.xlsx")][1] == [
            "9800000001",
            "asha@example.com",
        ]


class TestOldExcel:
    def marks(self, tmp_path: Path, book: bytes) -> None:
        """Read a workbook of one empty sheet, which refers to this book."""
        supbook = struct.pack("<HH", 0x01AE, len(book)) + book
        globals_size = 8 + 12 + len(supbook) + 4
        stream = struct.pack("<HHHH", 0x0809, 4, 0x0600, 5)
        stream += struct.pack("<HHI4x", 0x0085, 8, globals_size) + supbook + struct.pack("<HH", 0x000A, 0)
        stream += struct.pack("<HHHH", 0x0809, 4, 0x0600, 0x10) + struct.pack("<HH", 0x000A, 0)
        sheet_biff.marks(str(by_hand.compound(tmp_path / "a.xls", Workbook=stream)), 0, 200)

    @pytest.mark.parametrize(
        "path", ["\x01\x01CRates.xls".encode("latin-1"), "\x01Rates.xls".encode("utf-16-le")]
    )
    def test_another_book_is_told_by_its_path(self, tmp_path, path):
        wide = path[1:2] == b"\0"
        book = struct.pack("<HHB", 1, len(path) // (2 if wide else 1), wide) + path
        with pytest.raises(Refused, match="takes values from other workbooks"):
            self.marks(tmp_path, book)

    @pytest.mark.parametrize(
        "book",
        [
            struct.pack("<HH", 3, 0x0401),
            struct.pack("<HH", 1, 0x3A01),
            struct.pack("<HHBB", 0, 1, 0, 0),
            struct.pack("<HHBB", 0, 1, 0, 32),
        ],
        ids=["this book", "an add-in", "this sheet", "unused"],
    )
    def test_this_book_and_add_ins_are_none(self, tmp_path, book):
        self.marks(tmp_path, book)


class TestOpenDocuments:
    def refused(self, tmp_path: Path, content: str) -> bool:
        with zipfile.ZipFile(by_hand.packed(tmp_path / "a.ods", {sheet_ods.PART: content})) as archive:
            try:
                sheet_ods.refuse_links(archive)
            except Refused:
                return True
        return False

    @pytest.mark.parametrize(
        "content",
        [
            "<table:table><table:table-source xlink:href='../rates.ods'/></table:table>",
            '<table:table-cell><table:cell-range-source table:name="x"/></table:table-cell>',
            "<office:dde-source office:dde-application='soffice'/>",
            '<table:table-cell table:formula="of:=2*[&apos;file:///C:/rates.ods&apos;#$Sheet1.A2]"/>',
        ],
        ids=["a sheet", "a range", "another program", "a formula"],
    )
    def test_what_comes_from_another_document_is_told(self, tmp_path, content):
        assert self.refused(tmp_path, content)

    def test_it_is_told_where_a_block_ends_too(self, tmp_path, monkeypatch):
        monkeypatch.setattr("leadops.excel.reading.packing.BLOCK", 64)
        content = " " * 50 + "<table:table-source xlink:href='../rates.ods'/>" + " " * 5000
        assert self.refused(tmp_path, content)

    def test_links_of_texts_and_to_other_sheets_are_none(self, tmp_path):
        text = '<text:a xlink:href="https://example.com/#$x">a</text:a>'
        formula = "<table:table-cell table:formula=\"of:=[&apos;May 24&apos;.A2]&amp;'#$'\"/>"
        assert not self.refused(tmp_path, f"{text}{formula}<text:p>data-source</text:p>")
