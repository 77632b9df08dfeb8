"""What the XML of an .ods workbook says besides the values: errors, formulas, what is hidden, merged or shown."""

from __future__ import annotations

import re
import zipfile
from xml.parsers import expat

from .cells import cell_text
from .marks import LINKED, UNCALCULATED, Marks, Merge, Place, Refused
from .number_formats import of_shown
from .packing import blocks

PART = "content.xml"
_ERROR_TEXT = re.compile(r"#[A-Z0-9/?!]{2,8}|Err:[0-9]{3}")
_TELLING = (
    *(b":visibility=", b"-spanned=", b'value-type="error"', b":formula="),
    *(b">#", b">Err:", b">TRUE<", b">FALSE<"),
)
_LINK = re.compile(rb"<[\w.-]+:(?:table|cell-range|dde)-source\b")
_FROM_OTHER_BOOK = re.compile(rb""":formula="[^"]*\[(?:'|&apos;)[a-z]+:/""")
_LONGEST_LINK = 2048
_SHOWN = re.compile(rb'"float"[^>]{0,99}><[^>]{0,99}>(?:0[0-9]|[0-9.,+-]{0,30}[^0-9.,+<-])')
"""A number that begins with a zero, or is shown with more than figures."""
_LONGEST_TOLD = 40
"""Characters of a number as it is shown, or of an error's name."""
_LONGEST_TELLING = 300
_MOST_EQUAL_ROWS = 1_000
"""So many rows that are written as one are told; more of them are no leads."""
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TEXT_P = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 p"
_CELLS = {_TABLE + "table-cell", _TABLE + "covered-table-cell"}
_FORMULA = _TABLE + "formula"
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


def refuse_links(archive: zipfile.ZipFile) -> None:
    """Refuse a document with sheets or cells that come from others; links of texts to web pages are none of these."""
    rest = b""
    for block in blocks(archive, PART):
        whole = rest + block
        if b"-source" in whole and _LINK.search(whole):
            raise Refused(LINKED)
        if b"#$" in whole and _FROM_OTHER_BOOK.search(whole):
            raise Refused(LINKED)
        rest = whole[-_LONGEST_LINK:]


def _tells_anything(archive: zipfile.ZipFile) -> bool:
    """Whether a walk through the elements is worth its time: mostly there is nothing to find."""
    rest = b""
    for block in blocks(archive, PART):
        whole = rest + block
        if any(word in whole for word in _TELLING) or _SHOWN.search(whole):
            return True
        rest = whole[-_LONGEST_TELLING:]
    return False


class _Scan:
    """One walk through the elements of a document; rows and columns may stand for several at once."""

    def __init__(self, sheet_number: int, most_columns: int) -> None:
        self.marks = Marks()
        self._most_columns = most_columns
        self._tables_to_come = sheet_number
        self._row = self._column = self._last = self._next_column = 0
        self._rows = 1
        self._depth = self._depth_of_texts = 0
        self._in_text = False
        self._text = ""
        self._cell: dict[str, str] = {}
        self._has_text = False

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
                self._has_text = self._has_text or self._in_text
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
        self._depth_of_texts, self._text, self._has_text = self._depth + 1, "", False
        self._cell = given
        wide = int(given.get(_TABLE + "number-columns-spanned", 1))
        high = int(given.get(_TABLE + "number-rows-spanned", 1))
        if wide > 1 or high > 1:
            bottom, right = self._row + high - 1, self._column + wide - 1
            self.marks.merge(Merge(self._row, self._column, bottom, right), self._most_columns)
        self._last = self._column + int(given.get(_TABLE + "number-columns-repeated", 1)) - 1

    def text(self, text: str) -> None:
        if self._in_text and len(self._text) <= _LONGEST_TOLD:
            self._text += text

    def end(self, name: str) -> None:
        self._depth -= 1
        if name == _TEXT_P:
            self._in_text = False
        elif name in _CELLS:
            self._end_of_cell()

    def _end_of_cell(self) -> None:
        if self._text or _FORMULA in self._cell:
            for row in range(self._row, self._row + min(self._rows, _MOST_EQUAL_ROWS)):
                for column in range(self._column, min(self._last, self._most_columns) + 1):
                    self._tell((row, column))
        self._column = self._last
        self._depth_of_texts, self._text = 0, ""

    def _tell(self, place: Place) -> None:
        kind = self._cell.get(_OFFICE + "value-type")
        is_formula = _FORMULA in self._cell
        # A truth may be kept as the number 1 that is only shown as TRUE.
        if self._text in ("TRUE", "FALSE") or _ERROR_TEXT.fullmatch(self._text):
            text = "#VALUE!" if self._text.startswith("Err") else self._text
            self.marks.texts[place] = text
        elif is_formula and kind is None and not self._has_text:  # an empty text is a result
            self.marks.texts[place] = UNCALCULATED
            self.marks.notes[place] = "formula_not_calculated"
        elif is_formula:
            self.marks.formulas.hold(place)
        if kind == "float":
            self._tell_shown(place)

    def _tell_shown(self, place: Place) -> None:
        """Keep how a whole number is shown."""
        try:
            digits = cell_text(float(self._cell.get(_OFFICE + "value", "")))
        except ValueError:
            return
        is_told = self._text != digits and digits.isdecimal() and len(self._text) <= _LONGEST_TOLD
        if is_told and (template := of_shown(self._text, digits)) is not None:
            self.marks.show(place, template)
