"""What the XML of an .ods workbook says besides the values: errors, what is hidden or merged."""

from __future__ import annotations

import re
import zipfile
from xml.parsers import expat

from .marks import Marks, Merge
from .packing import blocks

PART = "content.xml"
_ERROR_TEXT = re.compile(r"#[A-Z0-9/?!]{2,8}|Err:[0-9]{3}")
_TELLING = (b":visibility=", b"-spanned=", b'value-type="error"', b">#", b">Err:", b">TRUE<", b">FALSE<")
_LONGEST_ERROR = 9
_LONGEST_WORD = max(map(len, _TELLING))
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT_P = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 p"
_CELLS = {_TABLE + "table-cell", _TABLE + "covered-table-cell"}
_HIDDEN = {"collapse", "filter"}


def marks(archive: zipfile.ZipFile, sheet_number: int, most_columns: int) -> Marks:
    """The marks of one table of the document."""
    scan = _Scan(sheet_number, most_columns)
    if _tells_anything(archive):
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = scan.start
        parser.EndElementHandler = scan.end
        parser.CharacterDataHandler = scan.text
        for block in blocks(archive, PART):
            parser.Parse(block)
    return scan.marks


def _tells_anything(archive: zipfile.ZipFile) -> bool:
    """Whether a walk through the elements is worth its time: mostly there is nothing to find."""
    rest = b""
    for block in blocks(archive, PART):
        whole = rest + block
        if any(word in whole for word in _TELLING):
            return True
        rest = whole[-_LONGEST_WORD:]
    return False


class _Scan:
    """One walk through the elements of a document; rows and columns may stand for several at once."""

    def __init__(self, sheet_number: int, most_columns: int) -> None:
        self.marks = Marks()
        self._most_columns = most_columns
        self._tables_to_come = sheet_number
        self._row = self._column = self._next_column = 0
        self._rows = 1
        self._depth = self._depth_of_texts = 0
        self._in_text = False
        self._text = ""

    def start(self, name: str, given: dict[str, str]) -> None:
        self._depth += 1
        if name == _TABLE + "table":
            self._tables_to_come -= 1
        elif self._tables_to_come == -1:
            if name.startswith(_TABLE):
                self._start_of_table(name.removeprefix(_TABLE), given)
            elif name == _TEXT_P:
                # Deeper ones are of a comment or a drawing that stands in the cell.
                self._in_text = self._depth == self._depth_of_texts
                if self._in_text and self._text:
                    self._text += "\n"

    def _start_of_table(self, name: str, given: dict[str, str]) -> None:
        if name == "table-column":
            count = int(given.get(_TABLE + "number-columns-repeated", 1))
            if given.get(_TABLE + "visibility") in _HIDDEN:
                self.marks.hide_columns(self._next_column + 1, self._next_column + count, self._most_columns)
            self._next_column += count
        elif name == "table-row":
            self._row, self._column = self._row + self._rows, 0
            self._rows = int(given.get(_TABLE + "number-rows-repeated", 1))
            if given.get(_TABLE + "visibility") in _HIDDEN:
                # A million empty rows may be hidden below the table; nobody asks for them.
                self.marks.hidden_rows.update(range(self._row, self._row + min(self._rows, 100_000)))
        elif name in ("table-cell", "covered-table-cell"):
            self._start_of_cell(given)

    def _start_of_cell(self, given: dict[str, str]) -> None:
        self._column += 1
        self._depth_of_texts, self._text = self._depth + 1, ""
        wide = int(given.get(_TABLE + "number-columns-spanned", 1))
        high = int(given.get(_TABLE + "number-rows-spanned", 1))
        if wide > 1 or high > 1:
            bottom, right = self._row + high - 1, self._column + wide - 1
            self.marks.merge(Merge(self._row, self._column, bottom, right))
        self._column += int(given.get(_TABLE + "number-columns-repeated", 1)) - 1

    def text(self, text: str) -> None:
        if self._in_text and len(self._text) <= _LONGEST_ERROR:
            self._text += text

    def end(self, name: str) -> None:
        self._depth -= 1
        if name == _TEXT_P:
            self._in_text = False
        elif name in _CELLS:
            self._end_of_cell()

    def _end_of_cell(self) -> None:
        # A truth may be kept as the number 1 that is only shown as TRUE.
        if self._text in ("TRUE", "FALSE") or _ERROR_TEXT.fullmatch(self._text):
            text = "#VALUE!" if self._text.startswith("Err") else self._text
            self.marks.texts[self._row, self._column] = text
        self._depth_of_texts, self._text = 0, ""
