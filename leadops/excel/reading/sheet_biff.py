"""What the records of an .xls workbook say besides the values, as [MS-XLS] names them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .compound_file import CompoundFile
from .marks import LINKED, Marks, Merge, Refused
from .sheet_bin import ERRORS

STREAMS = ("Workbook", "Book")
"""Where the workbook lies since Excel 97, and before."""
FILE_PASS = 0x002F
_SHEET, _BEGIN, _END, _BOOK = 0x0085, 0x0809, 0x000A, 0x01AE
_LONGEST_PATH = 255
"""Of a book that is referred to; a longer one says that it is this book or an add-in."""
_THIS_SHEET, _UNUSED = 0, 32
_ROW, _COLUMNS, _MERGES, _ERROR, _FORMULA = 0x0208, 0x007D, 0x00E5, 0x0205, 0x0006
_A_TRUTH, _AN_ERROR = 1, 2


def records(content: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each record."""
    while at + 4 <= len(content):
        kind, size = struct.unpack_from("<2H", content, at)
        yield kind, content[at + 4 : at + 4 + size]
        at += 4 + size


def marks(path: str, sheet_number: int, most_columns: int) -> Marks:
    """The marks of one sheet of the workbook at `path`."""
    with open(path, "rb") as file:
        compound = CompoundFile(file)
        stream = compound.stream(*STREAMS)
        content = compound.read(stream) if stream else b""
    starts = []
    for kind, about in records(content):
        if kind == _SHEET:
            starts.append(int.from_bytes(about[:4], "little"))
        elif kind == _BOOK and _is_another(about):
            raise Refused(LINKED)
    found = Marks()
    depth = 0
    for kind, about in records(content, starts[sheet_number]):
        depth += (kind == _BEGIN) - (kind == _END)  # a chart may lie within the sheet
        if depth <= 0:
            break
        _take(found, kind, about, most_columns)
    return found


def _is_another(about: bytes) -> bool:
    """Whether a book that formulas refer to is another one, and in use."""
    length = int.from_bytes(about[2:4], "little")
    return 0 < length <= _LONGEST_PATH and about[5] not in (_THIS_SHEET, _UNUSED)


def _take(found: Marks, kind: int, about: bytes, most_columns: int) -> None:
    if kind == _ROW and about[12] & 0x20:
        found.hidden_rows.add(int.from_bytes(about[:2], "little") + 1)
    elif kind == _COLUMNS and about[8] & 1:
        first, last = struct.unpack_from("<2H", about)
        found.hide_columns(first + 1, last + 1, most_columns)
    elif kind == _MERGES:
        whole = len(about) - (len(about) - 2) % 8
        for top, bottom, left, right in struct.iter_unpack("<4H", about[2:whole]):
            found.merge(Merge(top + 1, left + 1, bottom + 1, right + 1), most_columns)
    elif kind == _ERROR and about[7]:
        found.texts[_place(about)] = ERRORS.get(about[6], "#VALUE!")
    elif kind == _FORMULA and _result(about) == _AN_ERROR:
        found.texts[_place(about)] = ERRORS.get(about[8], "#VALUE!")
    elif kind == _FORMULA and _result(about) != _A_TRUTH and (place := _place(about))[1] <= most_columns:
        found.formulas.hold(place)


def _result(about: bytes) -> int:
    """Of which kind a formula's result is; a number has none."""
    return about[6] if about[12:14] == b"\xff\xff" else -1


def _place(about: bytes) -> tuple[int, int]:
    row, column = struct.unpack_from("<2H", about)
    return row + 1, column + 1
