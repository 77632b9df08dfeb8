"""What the records of an .xlsb sheet say besides the values, as [MS-XLSB] names them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator

from .marks import Marks, Merge
from .packing import blocks

_ROW, _ERROR, _FORMULA_ERROR, _COLUMNS, _MERGE, _SHEET = 0, 3, 11, 60, 176, 156
_FORMULAS = (8, 9)
"""Those with a text or a number for a result; a truth is refused anyway."""
_VALUES = range(2, 12)
"""Records of cells that hold a number, a text, an error, a truth or a formula; 1 is an empty one."""
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


def records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each record; kind and size are numbers of seven bits a byte."""
    at = 0
    while at < len(content):
        kind, at = content[at], at + 1
        if kind & 0x80:
            kind, at = (kind & 0x7F) | (content[at] & 0x7F) << 7, at + 1
        size = shift = 0
        while True:
            size, more, at = size | (content[at] & 0x7F) << shift, content[at] & 0x80, at + 1
            shift += 7
            if not more or shift > 21:
                break
        yield kind, content[at : at + size]
        at += size


def marks(archive: zipfile.ZipFile, part: str, most_columns: int) -> Marks:
    """The marks of the sheet in `part`."""
    found = Marks()
    row = 0
    for kind, content in records(b"".join(blocks(archive, part))):
        if kind == _ROW:
            row = int.from_bytes(content[:4], "little") + 1
            if content[11] & 0x10:  # fDyZero: no height at all
                found.hidden_rows.add(row)
        elif kind in (_ERROR, _FORMULA_ERROR):
            column = int.from_bytes(content[:4], "little") + 1
            found.texts[row, column] = ERRORS.get(content[8], "#VALUE!")
        elif kind in _FORMULAS and (column := int.from_bytes(content[:4], "little") + 1) <= most_columns:
            found.hold_formula((row, column))
        elif kind == _COLUMNS:
            first, last = struct.unpack_from("<2I", content)
            if content[16] & 1:
                found.hide_columns(first + 1, last + 1, most_columns)
        elif kind == _MERGE:
            top, bottom, left, right = struct.unpack_from("<4I", content)
            found.merge(Merge(top + 1, left + 1, bottom + 1, right + 1))
    return found


def holds_anything(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether a cell of the sheet in `part` has a value."""
    return any(kind in _VALUES for kind, _ in records(b"".join(blocks(archive, part))))


def sheet_id(archive: zipfile.ZipFile, sheet_number: int) -> str:
    """What the workbook calls its sheet; the id stands behind eight bytes, after its length in characters."""
    sheets = [content for kind, content in records(archive.read("xl/workbook.bin")) if kind == _SHEET]
    sheet = sheets[sheet_number]
    length = int.from_bytes(sheet[8:12], "little")
    return sheet[12 : 12 + 2 * length].decode("utf-16-le")
