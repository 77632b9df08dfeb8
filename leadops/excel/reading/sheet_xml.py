"""What the XML of an .xlsx sheet says besides the values: errors, formulas, what is hidden or merged.

The parser gives errors and formulas that were never calculated as empty cells, and an empty cell would be
taken as a blank one without a word. The XML is looked at block by block: a tree of it would take gigabytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from functools import cache
from itertools import product

from .elements import elements
from .marks import MOST_SPILLED, UNCALCULATED, Marks, Merge, Place, Refused
from .packing import blocks
from .sheet_bin import ERRORS
from .styles_xml import templates

LONGEST_CELL = 64 * 1024
_FEW_STYLES = 32
"""So many are looked for one by one in each cell."""
_CELL = re.compile(rb"<(?:\w+:)?c ")
_ADDRESS = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]{1,40})</")
_FILLED = re.compile(rb"<(?:\w+:)?[vt][ >]")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b([^>]*)>([^<]*)")
_SHARED = re.compile(rb'\bsi="([0-9]+)"')
_SPILLED = re.compile(rb'\bref="[A-Z]{1,3}[0-9]{1,7}:([A-Z]{1,3})([0-9]{1,7})"')
_BOOK_NUMBER = re.compile(rb"\[[0-9]+\]")
_ROW_BEGINS = re.compile(rb"<row(?=[\s/>])")
_OTHER_BOOK = re.compile(
    rb"""(?P<quote>['"]|&(?:apos|#0{0,4}39|#x0{0,4}27);)\[[0-9]+\](?:(?!(?P=quote))[^\[\]]|(?P=quote){2})*(?P=quote)!"""
    rb"""|(?<![\w\]])\[[0-9]+\][\w.:\x80-\xff]*!"""
)
"""Another book's number stands before one of its sheets; in `Sales[2024]` it is a column's heading."""
_PLAIN_FORMULA = (
    rb'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="[0-9]+")?(?: t="(?:str|n)")?>'
    rb"<f(?: [^>:]*)?(?:/>|>[^<]*</f>)<v>"
)
"""A formula with a result as programs write it; one that fills or defines more cells names them with a colon."""
_END = b"<row <c "
"""Ends the last row, and the last cell."""
_ROW = re.compile(rb"<(?:\w+:)?row ([^>]*)>")
_COLUMNS = re.compile(rb"<(?:\w+:)?col ([^>]*)>")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell [^<>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_ROW_NUMBER = re.compile(rb'\br="([0-9]{1,7})"')
_FIRST = re.compile(rb'\bmin="([0-9]{1,5})"')
_LAST = re.compile(rb'\bmax="([0-9]{1,5})"')
_IS_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_BOOK = "xl/workbook.xml"
_NO_ADDRESSES = (
    "The cells of this workbook do not say where they stand: open it in Excel, save it again and send that."
)


def marks(archive: zipfile.ZipFile, part: str, most_columns: int) -> Marks:
    """The marks of the sheet in `part`."""
    scan = _Scan(most_columns, templates(archive), made_by_a_program=_is_to_be_calculated(archive))
    rest = b""
    for block in blocks(archive, part):
        rest = scan.take(rest + block)
    scan.take(rest + _END)
    return scan.marks


def holds_anything(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether a cell of the sheet in `part` has a value."""
    return any(_FILLED.search(block) for block in blocks(archive, part))


class _Scan:
    """One walk through the XML of a sheet; what a hundred megabytes are searched for is kept to a few words."""

    def __init__(self, most_columns: int, templates: Mapping[bytes, str], *, made_by_a_program: bool) -> None:
        self.marks = Marks()
        self._made_by_a_program = made_by_a_program
        self._templates = templates
        styles = b"|".join(templates) if len(templates) <= _FEW_STYLES else b"[0-9]+"
        self._shown = re.compile(rb'<(?:\w+:)?c ([^>]*\bs="(%s)"[^>]*)>' % styles)
        result = rb"(?!0<)[^<]+</v>" if made_by_a_program else rb"[^<]+</v>"
        self._plain_formula = re.compile(_PLAIN_FORMULA + result)
        self._most_columns = most_columns
        self._columns: dict[bytes, int] = {}
        self._from_other_book: set[bytes] = set()
        self._spilled = 0
        self._formula: tuple[bytes, ...] = ()
        self._single_quotes = False

    def take(self, block: bytes) -> bytes:
        """Look through a block; what is given back has to stand before the next one."""
        if not self._formula:
            self._learn_spelling(block)
        if self._single_quotes:
            block = block.replace(b"'", b'"')
        if b"idden=" in block:
            self._take_hidden(block)
        if self._templates:
            self._take_shown(block)
        if b"mergeCell " in block:  # they follow the rows, through as many blocks as they take
            self._take_merges(block)
        if b't="e"' in block or any(tag in block for tag in self._formula):
            return self._take_rows(block)
        return block[-LONGEST_CELL:]  # most workbooks hold no formula at all

    def _learn_spelling(self, first: bytes) -> None:
        """A file is spelled in one way: its tags with a prefix or without, its values in one kind of quotes."""
        self._formula = (b"<f",) if b"<sheetData" in first else (b"<f", b":f")
        self._single_quotes = b"='" in first

    def _take_hidden(self, block: bytes) -> None:
        for found in _ROW.finditer(block):
            if _IS_HIDDEN.search(found[1]):
                if not (number := _ROW_NUMBER.search(found[1])):
                    raise Refused(_NO_ADDRESSES)
                self.marks.hidden_rows.add(int(number[1]))
        for found in _COLUMNS.finditer(block):
            first, last = _FIRST.search(found[1]), _LAST.search(found[1])
            if _IS_HIDDEN.search(found[1]) and first and last:
                self.marks.hide_columns(int(first[1]), int(last[1]), self._most_columns)

    def _take_shown(self, block: bytes) -> None:
        for head, style in self._shown.findall(block):
            if style not in self._templates or (b' t="' in head and b' t="n"' not in head):
                continue  # text is shown as it is
            if not (address := _ADDRESS.search(head)):
                raise Refused(_NO_ADDRESSES)
            row, column = int(address[2]), column_number(address[1])
            if column <= self._most_columns:
                self.marks.show((row, column), self._templates[style])

    def _take_merges(self, block: bytes) -> None:
        for left, top, right, bottom in _MERGE.findall(block):
            merge = Merge(int(top), column_number(left), int(bottom), column_number(right))
            self.marks.merge(merge, self._most_columns)

    def _take_rows(self, block: bytes) -> bytes:
        """Look for formulas row by row: a row of plain ones is told at once, any other cell by cell."""
        *rows, rest = _ROW_BEGINS.split(block)
        has_books = self._from_other_book or (_BOOK_NUMBER.search(block) and _OTHER_BOOK.search(block))
        for row in rows:
            if has_books or not self._take_plain(row):
                for cell in _CELL.split(row):
                    self._take_cell(cell)
        if len(rest) <= LONGEST_CELL:
            return b"<row" + rest
        *cells, rest = _CELL.split(rest)
        for cell in cells:
            self._take_cell(cell)
        return b"<c " + rest

    def _take_plain(self, row: bytes) -> bool:
        """Take a row in which nothing but plain formulas is to be told of; False, and nothing, of another."""
        if b't="e"' in row or len(self._formula) > 1:
            return False
        found = self._plain_formula.findall(row)
        if len(found) != row.count(b"<f"):
            return False
        address = _ADDRESS.search(row) if found else None
        if address:
            self.marks.formulas.hold_all(int(address[2]), self._bits_of(b" ".join(found)))
        return True

    def _bits_of(self, letters: bytes) -> int:
        """These columns as `Formulas` keeps them."""
        if letters not in self._columns:
            places = {column_number(each) for each in letters.split()}
            self._columns[letters] = sum(1 << at for at in places if at <= self._most_columns)
        return self._columns[letters]

    def _take_cell(self, cell: bytes) -> None:
        head, _, body = cell.partition(b">")
        is_error = b't="e"' in head
        formula = _FORMULA.search(body) if b"f" in body else None
        if not is_error and formula is None:
            return
        address = _ADDRESS.search(head)
        if address is None:
            raise Refused(_NO_ADDRESSES)
        place = (int(address[2]), column_number(address[1].decode()))
        value = _VALUE.search(body)
        if is_error:
            self.marks.texts[place] = _known_error(value, address)
        elif self._lacks_result(head, value):
            self.marks.texts[place] = UNCALCULATED
            self.marks.notes[place] = "formula_not_calculated"
        elif formula and place[1] <= self._most_columns and b't="b"' not in head:
            self._hold_formula(place, formula[1])
        if formula and place not in self.marks.notes and self._is_from_other_book(formula):
            self.marks.notes[place] = "external_formula"

    def _hold_formula(self, place: Place, given: bytes) -> None:
        """Mark the formula's cell, and those that a list which it results in has spilled into."""
        self.marks.formulas.hold(place)
        spilled = _SPILLED.search(given) if b'"array"' in given else None
        if spilled is None:
            return
        columns = range(place[1], min(column_number(spilled[1]), self._most_columns) + 1)
        rows = range(place[0], int(spilled[2]) + 1)
        self._spilled += len(columns) * len(rows)
        if self._spilled <= MOST_SPILLED:
            for at in product(rows, columns):
                self.marks.formulas.hold(at)

    def _lacks_result(self, head: bytes, value: re.Match[bytes] | None) -> bool:
        """Text may be empty on purpose, any other result may not; and a program that can't calculate writes 0."""
        if value is None:
            return b't="str"' not in head and b't="inlineStr"' not in head
        return self._made_by_a_program and value[1] == b"0"

    def _is_from_other_book(self, formula: re.Match[bytes]) -> bool:
        """A shared formula is written out in the first of its cells alone."""
        shared = _SHARED.search(formula[1])
        if _OTHER_BOOK.search(formula[2]):
            if shared:
                self._from_other_book.add(shared[1])
            return True
        return bool(shared and shared[1] in self._from_other_book)


@cache
def _is_to_be_calculated(archive: zipfile.ZipFile) -> bool:
    """Whether the book asks to be calculated when it is opened: whoever wrote it could not."""
    if _BOOK not in archive.namelist():
        return False
    told = {
        each.given.get("fullCalcOnLoad") for each in elements(archive, _BOOK, {"calcPr": ("fullCalcOnLoad",)})
    }
    return not told.isdisjoint({"1", "true"})


def _known_error(value: re.Match[bytes] | None, address: re.Match[bytes]) -> str:
    """A formula's error; the parser gives up a whole sheet for one that it has no name for."""
    text = value[1].decode(errors="replace") if value else "#VALUE!"
    if text not in ERRORS.values():
        cell = (address[1] + address[2]).decode()
        raise Refused(
            f"Cell {cell} holds {text}, an error that keeps the whole sheet from being read: clear the cell or mend"
            " its formula, and save it again."
        )
    return text


def column_number(letters: str | bytes) -> int:
    """A column's number, counted from 1, by its letters."""
    number = 0
    for letter in letters.encode() if isinstance(letters, str) else letters:
        number = number * 26 + letter - 64
    return number


def sheet_id(archive: zipfile.ZipFile, sheet_number: int) -> str:
    """What the workbook calls its sheet."""
    return _sheet_ids(archive)[sheet_number]


@cache
def _sheet_ids(archive: zipfile.ZipFile) -> list[str]:
    return [each.given.get("id", "") for each in elements(archive, _BOOK, {"sheet": ("id",)})]


def target_of(archive: zipfile.ZipFile, wanted: str) -> str:
    """The part that the workbook calls by this id."""
    target = _targets(archive)[wanted]
    return target[1:] if target.startswith("/") else f"xl/{target}"


@cache
def _targets(archive: zipfile.ZipFile) -> dict[str, str]:
    relations = {"xl/_rels/workbook.xml.rels", "xl/_rels/workbook.bin.rels"} & set(archive.namelist())
    return {
        each.given.get("Id", ""): each.given.get("Target", "")
        for relation in relations
        for each in elements(archive, relation, {"Relationship": ("Id", "Target")})
    }
