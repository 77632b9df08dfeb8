"""The rows of an .ods document as all programs write them, told several times as fast as by its elements.

A cell that is written otherwise, with a comment in it or a part of its text in colour, is told by its elements.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from .ods_elements import PART, Scan
from .ods_table import LONGEST_TOLD, Cell, Table
from .packing import blocks

LONGEST_ROW = 16 * 1024 * 1024
_NAMES = [
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'.encode()
    for name in ("office", "table", "text")
]
_BEGIN = re.compile(
    rb'(?:<\?xml version="1\.0" encoding="UTF-8"\?>)?\s*(<office:document-content[^<>]*>)', re.IGNORECASE
)
_ROW = b"<table:table-row"
_GIVEN = re.compile(rb"([^<>']*)>")
_STRUCTURE = re.compile(rb"<(/?)table:table(-column)?(?=[ />])([^<>]*)>")
_BEGINS = rb'<table:table-cell(?: table:style-name="[^"]*")?'
_PLAIN = (
    rb' office:value-type="(?:'
    rb'string"(?: calcext:value-type="string")?><text:p>(?!#|Err:|TRUE<|FALSE<)[^<&]*'
    rb'|float" office:value="(0|[1-9][0-9]{0,14})"(?: calcext:value-type="float")?><text:p>\1'
    rb'|float" office:value="[^"]*"(?: calcext:value-type="float")?><text:p>[^<&eE.,%]*[.,%][^<&eE]*'
    rb")</text:p></table:table-cell>"
)
"""A text that is neither error nor truth, a number that is shown as it is, or one as amounts are: nearly all cells."""
_QUIET = re.compile(_BEGINS + _PLAIN)
_FORMULA = re.compile(_BEGINS + rb' table:formula="[^"]*"' + _PLAIN)
_NOTHING, _CALCULATED = b"\x00", b"\x01"
"""What stands for these two in a row: no document holds such letters."""
_CELL = re.compile(
    rb"(\x00+|\x01+)|<table:(?:covered-)?table-cell([^<>]*)>"
    rb"(?:(<text:p>[^<]*</text:p>)</table:(?:covered-)?table-cell>"
    rb"|(?<=/>)|([^<]*(?:<(?!/?table:)[^<]*)*)</table:(?:covered-)?table-cell>)"
)
_OPENING, _CLOSING = len(b"<text:p>"), len(b"</text:p>")
_NUMBER = re.compile(
    rb'(?: table:style-name="[^"]*")? office:value-type="float" office:value="(0|[1-9][0-9]{0,14})"'
    rb'(?: calcext:value-type="float")?'
)
_HIDDEN = re.compile(rb' table:visibility="(?:collapse|filter)"')
_REPEATED = re.compile(rb' table:number-(?:rows|columns)-repeated="([0-9]+)"')
_TELLING_GIVEN = re.compile(rb""":formula=|-spanned=|"float"|"error"|'""")
_ATTRIBUTE = re.compile(rb' ([\w:.-]+)="([^"]*)"')
_NUMBERS = (
    *(b"table:number-rows-spanned", b"table:number-columns-spanned"),
    *(b"table:number-matrix-rows-spanned", b"table:number-matrix-columns-spanned"),
    b"table:number-columns-repeated",
)
_TELLING_TEXT = re.compile(rb"TRUE|FALSE|#|Err:|.*&", re.DOTALL)


class _Unusual(Exception):
    """The document is written as no program does that we know."""


def walk(archive: zipfile.ZipFile, sheet_number: int, table: Table) -> bool:
    """Tell a table of the document its rows and cells; False, with some told, of one that is written otherwise."""
    rows = _Rows(table, sheet_number)
    try:
        for piece in _pieces(archive):
            rows.take(piece)
            if rows.are_done:
                break
    except (_Unusual, expat.ExpatError):
        return False
    return True


def _pieces(archive: zipfile.ZipFile) -> Iterator[bytes]:
    """The document, parted where rows begin."""
    rest = b""
    for block in blocks(archive, PART):
        *pieces, rest = (rest + block).split(_ROW)
        yield from pieces
        if len(rest) > LONGEST_ROW:
            raise _Unusual
    yield rest


class _Rows:
    """One walk through the rows of a table, the first piece being what stands before all of them."""

    def __init__(self, table: Table, tables_to_come: int) -> None:
        self._table = table
        self._tables_to_come = tables_to_come
        self._begin = b""
        self.are_done = False

    def take(self, piece: bytes) -> None:
        if b"<!" in piece:
            raise _Unusual
        after = piece
        if not self._begin:
            self._begin = _begin_of(piece)
        elif piece[:1] in (b" ", b"/", b">"):
            after = self._take_row(piece)
        for found in _STRUCTURE.finditer(after) if b"table:table" in after else ():
            self._take_structure(*found.groups())

    def _take_structure(self, closing: bytes, is_column: bytes, given: bytes) -> None:
        is_read = self._tables_to_come == -1
        if is_column:
            if is_read:
                self._table.columns(_repeated(given), are_hidden=bool(_HIDDEN.search(given)))
        elif closing:
            self.are_done = self.are_done or is_read
        else:
            self._tables_to_come -= 1

    def _take_row(self, piece: bytes) -> bytes:
        """Tell a row and its cells; answers what stands behind it."""
        given = _GIVEN.match(piece)
        if given is None:
            raise _Unusual
        if given[1].endswith(b"/"):
            cells, after = b"", piece[given.end() :]
        else:
            cells, _, after = piece[given.end() :].partition(b"</table:table-row>")
        if self._tables_to_come == -1:
            self._table.row(_repeated(given[1]), is_hidden=bool(_HIDDEN.search(given[1])))
            self._take_cells(cells)
        return after

    def _take_cells(self, cells: bytes) -> None:
        cells = _QUIET.sub(_NOTHING, cells)
        if b":formula=" in cells and self._table.rows == 1:
            cells = _FORMULA.sub(_CALCULATED, cells)
        found = _CELL.findall(cells)
        if cells.count(b"<table:") != len([given for run, given, _, _ in found if not run]):
            raise _Unusual
        for run, given, text, otherwise in found:
            shown = text[_OPENING:-_CLOSING]
            if run:
                self._take_run(run)
            elif (
                self._table.rows == 1
                and (number := _NUMBER.fullmatch(given))
                and _is_padded(shown, number[1])
            ):
                self._table.zeros(len(shown))
            elif (count := self._count(given)) and not otherwise and not _TELLING_TEXT.match(shown):
                self._table.pass_over(count)
            elif otherwise or b"&" in text or b"'" in given:
                self._tell_by_elements(given, text + otherwise)
            else:
                self._table.cell(_cell(given, shown.decode(), has_text=bool(text)))

    def _take_run(self, run: bytes) -> None:
        if run[:1] == _NOTHING:
            self._table.pass_over(len(run))
        else:
            self._table.formulas(len(run))

    def _count(self, given: bytes) -> int:
        """For how many a cell stands of which only its text may tell anything; 0 of any other."""
        return 0 if _TELLING_GIVEN.search(given) else _repeated(given)

    def _tell_by_elements(self, given: bytes, content: bytes) -> None:
        whole = b"<table:table-cell%s>" % given
        if not given.endswith(b"/"):
            whole += content + b"</table:table-cell>"
        Scan(self._table, -1).parser().Parse(self._begin + whole)


def _begin_of(piece: bytes) -> bytes:
    """The document's own element, by which its parts are understood."""
    found = _BEGIN.match(piece)
    if found is None or not all(name in found[1] for name in _NAMES):
        raise _Unusual
    return found[1]


def _is_padded(shown: bytes, digits: bytes) -> bool:
    """Whether a number is shown with zeros before it and nothing else."""
    return len(digits) < len(shown) <= LONGEST_TOLD and shown == digits.zfill(len(shown))


def _cell(given: bytes, text: str, *, has_text: bool) -> Cell:
    """What a cell says with these attributes and one line of text."""
    said = dict(_ATTRIBUTE.findall(given))
    high, wide, rows, columns, count = (int(said.get(name, b"1")) for name in _NUMBERS)
    kind, value = (said.get(name, b"").decode() for name in (b"office:value-type", b"office:value"))
    is_formula = b"table:formula" in said
    return Cell(kind, value, text, has_text, is_formula, count, (high, wide), (rows, columns))


def _repeated(given: bytes) -> int:
    found = _REPEATED.search(given)
    return int(found[1]) if found else 1
