"""The elements of an .ods document one after the other, as the standard allows them to be written."""

from __future__ import annotations

import zipfile
from xml.parsers import expat

from .ods_table import LONGEST_TOLD, Cell, Table
from .packing import blocks

PART = "content.xml"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TEXT_P = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 p"
_CELLS = {_TABLE + "table-cell", _TABLE + "covered-table-cell"}
_HIDDEN = {"collapse", "filter"}


def walk(archive: zipfile.ZipFile, sheet_number: int, table: Table) -> None:
    """Tell one table of a document its rows and cells."""
    parser = _Scan(table, sheet_number).parser()
    for block in blocks(archive, PART):
        parser.Parse(block)


class _Scan:
    """One walk through the elements of a document; those of its table are told at once."""

    def __init__(self, table: Table, tables_to_come: int) -> None:
        self._table = table
        self._tables_to_come = tables_to_come
        self._depth = self._depth_of_texts = 0
        self._in_text = self._has_text = False
        self._text = ""
        self._cell: dict[str, str] = {}

    def parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._take_text
        return parser

    def _start(self, name: str, given: dict[str, str]) -> None:
        self._depth += 1
        if name == _TABLE + "table":
            self._tables_to_come -= 1
        elif self._tables_to_come == -1:
            if name.startswith(_TABLE):
                self._start_of_table(name, given)
            elif name == _TEXT_P:
                # Deeper ones are of a comment or a drawing that stands in the cell.
                self._in_text = self._depth == self._depth_of_texts
                self._has_text = self._has_text or self._in_text
                if self._in_text and self._text:
                    self._text += "\n"

    def _start_of_table(self, name: str, given: dict[str, str]) -> None:
        is_hidden = given.get(_TABLE + "visibility") in _HIDDEN
        if name == _TABLE + "table-column":
            self._table.columns(_number(given, "number-columns-repeated"), are_hidden=is_hidden)
        elif name == _TABLE + "table-row":
            self._table.row(_number(given, "number-rows-repeated"), is_hidden=is_hidden)
        elif name in _CELLS:
            self._depth_of_texts, self._text, self._has_text = self._depth + 1, "", False
            self._cell = given

    def _take_text(self, text: str) -> None:
        if self._in_text and len(self._text) <= LONGEST_TOLD:
            self._text += text

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == _TEXT_P:
            self._in_text = False
        elif name in _CELLS and self._tables_to_come == -1:
            self._end_of_cell()

    def _end_of_cell(self) -> None:
        given = self._cell
        self._table.cell(
            Cell(
                given.get(_OFFICE + "value-type", ""),
                given.get(_OFFICE + "value", ""),
                self._text,
                self._has_text,
                _TABLE + "formula" in given,
                _number(given, "number-columns-repeated"),
                (_number(given, "number-rows-spanned"), _number(given, "number-columns-spanned")),
                (
                    _number(given, "number-matrix-rows-spanned"),
                    _number(given, "number-matrix-columns-spanned"),
                ),
            )
        )
        self._depth_of_texts, self._text = 0, ""


def _number(given: dict[str, str], name: str) -> int:
    return int(given.get(_TABLE + name, 1))
