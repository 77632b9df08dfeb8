"""What the records of an .xlsb sheet say besides the values, as [MS-XLSB] names them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from .marks import Marks, Merge
from .number_formats import Formats
from .packing import blocks

_ROW, _ERROR, _FORMULA_ERROR, _COLUMNS, _MERGE, _SHEET = 0, 3, 11, 60, 176, 156
_FORMULAS = (8, 9)
"""Those with a text or a number for a result; a truth is refused anyway."""
_NUMBERS = (2, 5, 9)
"""Cells with a number, in four bytes, in eight or as a formula's result."""
_CELLS = frozenset({*_FORMULAS, *_NUMBERS})
_TELLING = _CELLS | {_ROW, _ERROR, _FORMULA_ERROR, _COLUMNS, _MERGE}
"""All other records are passed over at once: most cells are texts."""
_STYLES = "xl/styles.bin"
_FORMAT, _STYLE, _STYLES_OF_CELLS, _END_OF_THESE = 44, 47, 617, 618
_VALUES = range(2, 12)
"""Records of cells that hold a number, a text, an error, a truth or a formula; 1 is an empty one."""
LONGEST_RECORD = 16 * 1024 * 1024
"""A cell's text has 32,767 letters at most."""
MANY, LEAST_OF_MANY = 1024 * 1024, 6
"""An empty cell takes ten bytes; each record takes its time."""
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
"""The errors of formulas by the byte that .xls and .xlsb keep for them."""


def records(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each record in what comes in blocks; kind and size are numbers of seven bits a byte."""
    rest = b""
    for block in blocks:
        content, at, count = rest + block, 0, 0
        while (found := _record(content, at)) is not None:
            kind, begins, at = found
            count += 1
            yield kind, content[begins:at]
        rest = content[at:]
        if len(rest) > LONGEST_RECORD or MANY < at < count * LEAST_OF_MANY:
            raise ValueError("a record has no end, or most have nothing in them")


def _record(content: bytes, at: int) -> tuple[int, int, int] | None:
    """The kind of the record that begins there, and where its content begins and ends; None where it is not whole."""
    size = shift = 0
    try:
        kind, at = content[at], at + 1
        if kind & 0x80:
            kind, at = (kind & 0x7F) | (content[at] & 0x7F) << 7, at + 1
        while True:
            size, more, at = size | (content[at] & 0x7F) << shift, content[at] & 0x80, at + 1
            shift += 7
            if not more or shift > 21:
                break
    except IndexError:
        return None
    return (kind, at, at + size) if at + size <= len(content) else None


def marks(archive: zipfile.ZipFile, part: str, most_columns: int) -> Marks:
    """The marks of the sheet in `part`."""
    found = Marks()
    shown = _shown(archive)
    row = 0
    for kind, content in records(blocks(archive, part)):
        if kind not in _TELLING:
            continue
        if kind == _ROW:
            row = int.from_bytes(content[:4], "little") + 1
            if content[11] & 0x10:  # fDyZero: no height at all
                found.hidden_rows.add(row)
        elif kind in (_ERROR, _FORMULA_ERROR):
            column = int.from_bytes(content[:4], "little") + 1
            found.texts[row, column] = ERRORS.get(content[8], "#VALUE!")
        elif kind in _CELLS and (column := int.from_bytes(content[:4], "little") + 1) <= most_columns:
            if kind in _FORMULAS:
                found.formulas.hold((row, column))
            if kind in _NUMBERS and (style := int.from_bytes(content[4:7], "little")) in shown:
                found.show((row, column), shown[style])
        elif kind == _COLUMNS:
            first, last = struct.unpack_from("<2I", content)
            if content[16] & 1:
                found.hide_columns(first + 1, last + 1, most_columns)
        elif kind == _MERGE:
            top, bottom, left, right = struct.unpack_from("<4I", content)
            found.merge(Merge(top + 1, left + 1, bottom + 1, right + 1), most_columns)
    return found


@cache
def _shown(archive: zipfile.ZipFile) -> Mapping[int, str]:
    """How whole numbers are shown, by the cell's style; a style that only shows their digits is not among them."""
    formats, is_of_cells = Formats(), False
    for kind, content in records(blocks(archive, _STYLES)) if _STYLES in archive.namelist() else ():
        if kind == _FORMAT:
            length = int.from_bytes(content[2:6], "little")
            code = content[6 : 6 + 2 * length].decode("utf-16-le", "replace")
            formats.define(int.from_bytes(content[:2], "little"), code)
        elif kind in (_STYLES_OF_CELLS, _END_OF_THESE):
            is_of_cells = kind == _STYLES_OF_CELLS
        elif kind == _STYLE and is_of_cells:
            formats.style(int.from_bytes(content[2:4], "little"))
    return formats.shown()


def holds_anything(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether a cell of the sheet in `part` has a value."""
    return any(kind in _VALUES for kind, _ in records(blocks(archive, part)))


def sheet_id(archive: zipfile.ZipFile, sheet_number: int) -> str:
    """What the workbook calls its sheet; the id stands behind eight bytes, after its length in characters."""
    sheet = _sheets(archive)[sheet_number]
    length = int.from_bytes(sheet[8:12], "little")
    return sheet[12 : 12 + 2 * length].decode("utf-16-le")


@cache
def _sheets(archive: zipfile.ZipFile) -> list[bytes]:
    return [content for kind, content in records(blocks(archive, "xl/workbook.bin")) if kind == _SHEET]
