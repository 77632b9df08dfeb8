"""The parsing process: one file in, lines of JSON out."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from . import delimited, own_columns, packing, sheet_biff, sheet_bin, sheet_ods, sheet_xml
from .cells import cell_text, notes_of, take_out_controls, without_controls
from .day_order import DayOrder
from .marks import Marks, Note, Refused, RowMarks

LEAST_MEMORY = 160 * 1024 * 1024
MEMORY_A_BYTE = 16
MOST_MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 120
MOST_COLUMNS = 200
"""Without our own two: the refused rows of a file that is as wide as may be come back with them."""
READ_COLUMNS = MOST_COLUMNS + own_columns.MOST
MOST_TEXT = 512 * 1024 * 1024
"""Characters in all cells: a few bytes of a packed file may be repeated in every cell."""
DAMAGED = (
    "This workbook is damaged, or far too wide and long: open it in Excel, delete what stands beside and below the"
    " table, save it again as .xlsx and send that."
)
CHUNK = 500
CHUNK_TEXT = 1024 * 1024

Row = tuple[int, list[str], list[Note]]


def limit(size: int) -> None:
    """Bound what a hostile file can take, by what a file of this size needs; unpacked, in bytes."""
    memory = min(MOST_MEMORY, LEAST_MEMORY + MEMORY_A_BYTE * size)
    resource.setrlimit(resource.RLIMIT_AS, (memory, MOST_MEMORY))


def emit(line: Any) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


class Sheet:
    """The rows of one sheet of a workbook, with all that is to be said of them."""

    def __init__(self, sheet: Any, marks: Marks) -> None:
        self.name = without_controls(sheet.name)
        self._sheet = sheet
        self._marks = RowMarks(marks)
        self._order = DayOrder(sheet.iter_rows())
        # The parser starts at the first used column.
        self._first = [""] * (sheet.start[1] if sheet.start else 0)

    def __iter__(self) -> Iterator[Row]:
        plain = self._marks.none and self._order.none
        for number, values in enumerate(self._sheet.iter_rows(), start=1):
            cells = [value if value.__class__ is str else cell_text(value) for value in values]
            if self._first:
                cells = self._first + cells
            notes = [] if plain else self._noted(number, cells, values)
            while cells and not cells[-1]:
                cells.pop()
            yield number, cells, notes

    def _noted(self, number: int, cells: list[str], values: list[Any]) -> list[Note]:
        shift = len(self._first)
        ordered = [(at + shift, code) for at, code in self._order.notes(values)]
        return self._marks.apply(number, cells) + ordered


def marks_of(kind: str, path: str, number: int) -> Marks:
    """What the file says of a sheet besides its values; the parser does not give it."""
    if kind == "xls":
        return sheet_biff.marks(path, number, READ_COLUMNS)
    with zipfile.ZipFile(path) as archive:
        if kind == "ods":
            return sheet_ods.marks(archive, number, READ_COLUMNS)
        marks = sheet_bin.marks if kind == "xlsb" else sheet_xml.marks
        return marks(archive, part_of(archive, kind, number), READ_COLUMNS)


def part_of(archive: zipfile.ZipFile, kind: str, number: int) -> str:
    """Where in the archive of an .xlsx or .xlsb a sheet lies."""
    if kind == "xlsb":
        return sheet_xml.target_of(archive, sheet_bin.sheet_id(archive, number))
    return sheet_xml.part_of(archive, "xl/workbook.xml", number)


def hidden_sheets(workbook: Any, kind: str, path: str) -> list[str]:
    """Names of hidden worksheets that hold anything: nobody looks at them, so they are not read."""
    return [
        without_controls(about.name)
        for number, about in enumerate(workbook.sheets_metadata)
        if str(about.typ).endswith("WorkSheet")
        and not str(about.visible).endswith("Visible")
        and holds_anything(workbook, kind, path, number)
    ]


def holds_anything(workbook: Any, kind: str, path: str, number: int) -> bool:
    """Whether a sheet has a cell with a value; it is not parsed for that, unless the workbook was parsed whole."""
    if kind in ("xls", "ods"):
        sheet = workbook.get_sheet_by_index(number)
        return bool(sheet.height and sheet.width)
    with zipfile.ZipFile(path) as archive:
        is_filled = sheet_bin.holds_anything if kind == "xlsb" else sheet_xml.holds_anything
        return is_filled(archive, part_of(archive, kind, number))


def sheets_to_read(workbook: Any, kind: str, path: str) -> Iterator[Sheet]:
    """Visible worksheets that hold anything; each is looked through before the parser takes it whole."""
    for number, about in enumerate(workbook.sheets_metadata):
        if str(about.visible).endswith("Visible") and str(about.typ).endswith("WorkSheet"):
            marks = marks_of(kind, path, number)
            sheet = workbook.get_sheet_by_index(number)
            if sheet.height and sheet.width:
                refuse_too_wide(sheet)
                yield Sheet(sheet, marks)


def refuse_too_wide(sheet: Any) -> None:
    """Refuse a sheet with too many columns that are not our own."""
    if sheet.width <= MOST_COLUMNS:
        return
    width = sheet.width - own_columns.count(sheet.iter_rows())
    if width > MOST_COLUMNS:
        raise Refused(
            f"A sheet is {width} columns wide and at most {MOST_COLUMNS} can be read:"
            " delete the columns beside the table, also those that look empty, and save it again."
        )


def read_workbook(kind: str, path: str, most_rows: int, beside: Sequence[str]) -> list[str]:
    """Print the first sheet that holds anything, and those called as `beside`; answers the names of the others.

    Refuses a workbook with leads on several sheets.
    """
    from python_calamine import CalamineWorkbook

    left_out: list[str] = []
    workbook = CalamineWorkbook.from_path(path)
    sheets = sheets_to_read(workbook, kind, path)
    sheet = next(sheets, None)
    if sheet is None:
        raise Refused("This workbook has no visible sheet with anything in it.")
    emit({"sheet": sheet.name})
    header = write(sheet, most_rows)
    for other in sheets:
        first = first_filled(other)
        if first == header:
            raise Refused(
                f"Leads stand on two sheets, {sheet.name!r} and {other.name!r}: put them all on one."
            )
        if other.name in beside:
            emit({"sheet": other.name})
            write(other, most_rows)
        elif first:
            left_out.append(other.name)
    return left_out + hidden_sheets(workbook, kind, path)


def read_text(path: str, most_rows: int, headings: Sequence[str]) -> list[str]:
    """Print the records of a text file, which is one sheet."""
    emit({"sheet": ""})
    order = DayOrder(record.cells for record in delimited.records(path, headings))
    write(
        (
            (record.number, record.cells, record.notes + order.notes(record.cells))
            for record in delimited.records(path, headings)
        ),
        most_rows,
    )
    return []


def first_filled(rows: Iterator[Row] | Sheet) -> list[str]:
    return next((cells for _, cells, _, _ in filled(rows)), [])


def filled(rows: Iterator[Row] | Sheet) -> Iterator[tuple[int, list[str], list[Note], str]]:
    """The rows that hold anything to be seen, each with all its cells in one."""
    for number, cells, notes in rows:
        whole = "".join(cells)
        if not whole.isprintable() and (found := take_out_controls(cells)):
            notes, whole = notes + found, "".join(cells)
            while cells and not cells[-1]:
                cells.pop()
        if whole and not whole.isspace():
            yield number, cells, notes, whole


def write(rows: Iterator[Row] | Sheet, most_rows: int) -> list[str]:
    """Print rows that hold anything, and answer the first of them."""
    header: list[str] = []
    chunk: list[Any] = []
    count = size = total = 0
    for number, cells, notes, whole in filled(rows):
        notes += notes_of(cells, whole)
        chunk.append((number, cells, notes))
        header = header or cells
        count, size = count + 1, size + len(whole)
        if count > most_rows + 1:  # the header is not counted
            raise Refused(f"This workbook has more than {most_rows:,} rows: split it into several.")
        if len(chunk) == CHUNK or size > CHUNK_TEXT:
            total += size
            if total > MOST_TEXT:
                raise Refused("The cells of this workbook hold more text than can be read: split it.")
            emit(chunk)
            chunk, size = [], 0
    emit(chunk)
    return header


def run(kind: str, path: str, most_rows: int, known: Sequence[str]) -> list[str]:
    """Read a file of this kind under limits; answers the names of the sheets that were left out.

    `known` are the headings that a text file may have, and the sheets that are read beside the first of a workbook.
    """
    if kind == "csv":
        limit(os.path.getsize(path))
        return read_text(path, most_rows, known)
    size = os.path.getsize(path)
    if kind != "xls":
        with zipfile.ZipFile(path) as archive:
            size += packing.check(archive, later="xl/worksheets/")
    limit(size)
    return read_workbook(kind, path, most_rows, known)


def main() -> None:
    kind, path, most_rows, *known = sys.argv[1:]
    gc.disable()  # nothing here makes circles, and looking for them costs a tenth of the time
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold personal data
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        left_out = run(kind, path, int(most_rows), known)
    except Refused as refusal:
        emit({"refused": str(refusal)})
    except MemoryError:
        raise SystemExit(1) from None
    except Exception:
        emit({"refused": DAMAGED})
    else:
        emit({"end": True, "left_out": left_out})
