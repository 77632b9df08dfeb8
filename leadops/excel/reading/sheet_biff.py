"""What the records of an .xls workbook say besides the values, as [MS-XLS] names them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from .compound_file import CompoundFile
from .marks import LINKED, Marks, Merge, Refused
from .number_formats import Formats
from .sheet_bin import ERRORS

STREAMS = ("Workbook", "Book")
"""Where the workbook lies since Excel 97, and before."""
FILE_PASS = 0x002F
_SHEET, _BEGIN, _END, _BOOK = 0x0085, 0x0809, 0x000A, 0x01AE
_LONGEST_PATH = 255
"""Of a book that is referred to; a longer one says that it is this book or an add-in."""
_THIS_SHEET, _UNUSED = 0, 32
_ROW, _COLUMNS, _MERGES, _ERROR, _FORMULA = 0x0208, 0x007D, 0x00E5, 0x0205, 0x0006
_A_NUMBER, _A_TRUTH, _AN_ERROR = -1, 1, 2
_FORMAT, _STYLE = 0x041E, 0x00E0
_NUMBER, _SHORT_NUMBER, _SHORT_NUMBERS = 0x0203, 0x027E, 0x00BD
"""Excel keeps whole and short numbers in four bytes, and those that stand side by side in one record."""
_EACH, _ENDS = 6, 2
"""Of these, how many bytes each of the numbers takes, its style first, and the last column's."""


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
    formats = Formats()
    for kind, about in records(content):
        if kind == _SHEET:
            starts.append(int.from_bytes(about[:4], "little"))
        elif kind == _BOOK and _is_another(about):
            raise Refused(LINKED)
        elif kind == _FORMAT:
            formats.define(int.from_bytes(about[:2], "little"), _format_code(about))
        elif kind == _STYLE:
            formats.style(int.from_bytes(about[2:4], "little"))
    shown = formats.shown()
    found = Marks()
    depth = 0
    for kind, about in records(content, starts[sheet_number]):
        depth += (kind == _BEGIN) - (kind == _END)  # a chart may lie within the sheet
        if depth <= 0:
            break
        _take(found, kind, about, most_columns)
        if shown:
            _take_shown(found, kind, about, shown, most_columns)
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


def _take_shown(found: Marks, kind: int, about: bytes, shown: Mapping[int, str], most_columns: int) -> None:
    """Keep how a number is shown, by its style."""
    if kind in (_NUMBER, _SHORT_NUMBER) or (kind == _FORMULA and _result(about) == _A_NUMBER):
        count = 1
    elif kind == _SHORT_NUMBERS:
        count = (len(about) - 4 - _ENDS) // _EACH
    else:
        return
    row, column = _place(about)
    for at in range(min(count, most_columns + 1 - column)):
        style = int.from_bytes(about[4 + at * _EACH : 6 + at * _EACH], "little")
        if style in shown:
            found.show((row, column + at), shown[style])


def _format_code(about: bytes) -> str:
    """The text behind a format's number: two bytes a letter, or one where a letter's other byte is empty."""
    length, is_wide = struct.unpack_from("<HB", about, 2)
    text = about[5:]
    return (
        text[: 2 * length].decode("utf-16-le", "replace") if is_wide & 1 else text[:length].decode("latin-1")
    )


def _result(about: bytes) -> int:
    """Of which kind a formula's result is."""
    return about[6] if about[12:14] == b"\xff\xff" else _A_NUMBER


def _place(about: bytes) -> tuple[int, int]:
    row, column = struct.unpack_from("<2H", about)
    return row + 1, column + 1
