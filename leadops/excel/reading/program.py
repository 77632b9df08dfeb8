"""The parsing process: one file in, lines of JSON out."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any, NamedTuple

from . import delimited, own_columns, packing, sheet_biff, sheet_bin, sheet_ods, sheet_xml
from .cells import notes_of, take_out_controls, without_controls
from .day_order import DayOrder
from .marks import Marks, Note, Refused
from .sheet import Row, Sheet

LEAST_MEMORY = 160 * 1024 * 1024
LEAST_MEMORY_OF_ODS = 80 * 1024 * 1024
"""One of its rows may stand for a million."""
MEMORY_A_BYTE = 16
MEMORY_A_BYTE_OF_XLS = 20
"""Its cells take a third of the bytes, and the file is held whole."""
MOST_MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 120
MOST_COLUMNS = 200
"""Without our own two: the refused rows of a file that is as wide as may be come back with them."""
READ_COLUMNS = MOST_COLUMNS + own_columns.MOST
LEAST_TEXT = 16 * 1024 * 1024
TEXT_A_BYTE = 16
MOST_TEXT = 512 * 1024 * 1024
"""Characters in all cells of a sheet: a few bytes may be repeated in every cell, by reference or by merging."""
DAMAGED = (
    "This workbook is damaged, or far too wide and long: open it in Excel, delete what stands beside and below the"
    " table, save it again as .xlsx and send that."
)
MOST_TOLD = 60
"""So many rows of a sheet that is not read are told, by which it can be known what it holds."""
LONGEST_TOLD = 200
MOST_SHEETS_TOLD = 20
"""Of those beyond them only how many rows they have: thousands of sheets may be packed small."""
CHUNK = 500
CHUNK_TEXT = 1024 * 1024


def limit(kind: str, size: int) -> None:
    """Bound what a hostile file can take, by what a file of this size needs; unpacked, in bytes.

    A full sheet needs three bytes of memory for each of its own, one of which a tenth is filled ten: the parser keeps a
    place for each cell up to the last row and column that hold anything.
    """
    least = LEAST_MEMORY_OF_ODS if kind == "ods" else LEAST_MEMORY
    a_byte = MEMORY_A_BYTE_OF_XLS if kind == "xls" else MEMORY_A_BYTE
    memory = min(MOST_MEMORY, least + a_byte * size)
    resource.setrlimit(resource.RLIMIT_AS, (memory, MOST_MEMORY))


class Most(NamedTuple):
    """How many rows a sheet may have, and how many characters they may hold."""

    rows: int
    text: int


def most_text(size: int) -> int:
    """How many characters the cells of a file of this size may hold; unpacked, in bytes."""
    return min(MOST_TEXT, LEAST_TEXT + TEXT_A_BYTE * size)


def emit(line: Any) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def marks_of(kind: str, path: str, number: int) -> Marks:
    """What the file says of a sheet besides its values; the parser does not give it."""
    if kind == "xls":
        return sheet_biff.marks(path, number, READ_COLUMNS)
    archive = archive_at(path)
    if kind == "ods":
        return sheet_ods.marks(archive, number, READ_COLUMNS)
    marks = sheet_bin.marks if kind == "xlsb" else sheet_xml.marks
    return marks(archive, part_of(archive, kind, number), READ_COLUMNS)


@cache
def archive_at(path: str) -> zipfile.ZipFile:
    """The file, opened once: what all its sheets share is looked up once for each archive."""
    return zipfile.ZipFile(path)


def part_of(archive: zipfile.ZipFile, kind: str, number: int) -> str:
    """Where in the archive of an .xlsx or .xlsb a sheet lies."""
    if kind == "xlsb":
        return sheet_xml.target_of(archive, sheet_bin.sheet_id(archive, number))
    return sheet_xml.part_of(archive, number)


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
    archive = archive_at(path)
    is_filled = sheet_bin.holds_anything if kind == "xlsb" else sheet_xml.holds_anything
    return is_filled(archive, part_of(archive, kind, number))


def worksheets(workbook: Any) -> Iterator[int]:
    """Which sheets are tables that anybody looks at."""
    for number, about in enumerate(workbook.sheets_metadata):
        if str(about.visible).endswith("Visible") and str(about.typ).endswith("WorkSheet"):
            yield number


def sheets_to_read(workbook: Any, kind: str, path: str, numbers: Iterable[int]) -> Iterator[Sheet]:
    """Those that hold anything; each is looked through before the parser takes it whole."""
    for number in numbers:
        yield from sheet_at(workbook, number, marks_of(kind, path, number))


def sheets_beside(workbook: Any, kind: str, path: str, numbers: Iterable[int]) -> Iterator[Sheet]:
    """The same of those that are only looked at; of an .ods, which is one part, without a walk for each of them."""
    for number in numbers:
        yield from sheet_at(workbook, number, Marks() if kind == "ods" else marks_of(kind, path, number))


def sheet_at(workbook: Any, number: int, marks: Marks) -> Iterator[Sheet]:
    """The sheet, if it holds anything."""
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


def read_workbook(kind: str, path: str, most: Most, beside: Sequence[str]) -> list[str]:
    """Print the first sheet that holds anything, and those called as `beside`; answers the names of hidden ones.

    What else there is, is told before: it may hold leads. Refuses a workbook with surely leads on several sheets.
    """
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(path)
    numbers = worksheets(workbook)
    sheet = next(sheets_to_read(workbook, kind, path, numbers), None)
    if sheet is None:
        raise Refused("This workbook has no visible sheet with anything in it.")
    others: list[int] = []
    joined: list[int] = []
    for number in numbers:
        name = without_controls(workbook.sheets_metadata[number].name)
        (joined if name in beside else others).append(number)
    for at, other in enumerate(sheets_beside(workbook, kind, path, others)):
        refuse_twin(sheet, other)
        emit_left_out(other, MOST_TOLD if at < MOST_SHEETS_TOLD else 0)
    emit({"sheet": sheet.name})
    write(sheet, most)
    for other in sheets_to_read(workbook, kind, path, joined):
        refuse_twin(sheet, other)
        emit({"sheet": other.name})
        write(other, most)
    return hidden_sheets(workbook, kind, path)


def refuse_twin(sheet: Sheet, other: Sheet) -> None:
    """Refuse a second sheet with the header of the first one and rows under it."""
    rows = islice(filled(other.looked_through()), 2)
    header, *below = [cells for _, cells, _, _ in rows] or [[]]
    if below and header == first_filled(sheet):
        raise Refused(f"Leads stand on two sheets, {sheet.name!r} and {other.name!r}: put them all on one.")


def emit_left_out(sheet: Sheet, most_told: int) -> None:
    """Print the first rows of a sheet that is not read, and how many it has."""
    rows = filled(sheet.looked_through())
    top = [
        (number, [cell[:LONGEST_TOLD] for cell in cells]) for number, cells, _, _ in islice(rows, most_told)
    ]
    if count := len(top) + sum(1 for _ in rows):
        emit({"left_out": sheet.name, "rows": count, "top": top})


def read_text(path: str, most: Most, headings: Sequence[str]) -> list[str]:
    """Print the records of a text file, which is one sheet."""
    emit({"sheet": ""})
    order = DayOrder(record.cells for record in delimited.records(path, headings))
    write(
        (
            (record.number, record.cells, [*record.notes, *order.notes(record.cells)])
            for record in delimited.records(path, headings)
        ),
        most,
    )
    return []


def first_filled(sheet: Sheet) -> list[str]:
    return next((cells for _, cells, _, _ in filled(sheet.looked_through())), [])


def filled(rows: Iterable[Row]) -> Iterator[tuple[int, list[str], list[Note], str]]:
    """The rows that hold anything to be seen, each with all its cells in one."""
    for number, cells, notes in rows:
        whole = "".join(cells)
        if not whole.isprintable() and (found := take_out_controls(cells)):
            notes, whole = notes + found, "".join(cells)
            while cells and not cells[-1]:
                cells.pop()
        if whole and not whole.isspace():
            yield number, cells, notes, whole


def write(rows: Iterable[Row], most: Most) -> None:
    """Print rows that hold anything."""
    chunk: list[Any] = []
    count = size = total = 0
    for number, cells, notes, whole in filled(rows):
        notes += notes_of(cells, whole, notes)
        chunk.append((number, cells, notes))
        count, size = count + 1, size + len(whole)
        if count > most.rows + 1:  # the header is not counted
            raise Refused(f"This workbook has more than {most.rows:,} rows: split it into several.")
        if len(chunk) == CHUNK or size > CHUNK_TEXT:
            total += size
            if total > most.text:
                raise Refused("The cells of this workbook hold more text than can be read: split it.")
            emit(chunk)
            chunk, size = [], 0
    emit(chunk)


def run(kind: str, path: str, most_rows: int, known: Sequence[str]) -> list[str]:
    """Read a file of this kind under limits; answers the names of hidden sheets.

    `known` are the headings that a text file may have, and the sheets that are read beside the first of a workbook.
    """
    size = os.path.getsize(path)
    if kind not in ("csv", "xls"):
        size += packing.check(archive_at(path), later="xl/worksheets/")
    if kind == "ods":
        sheet_ods.refuse_links(archive_at(path))
    limit(kind, size)
    read = read_text if kind == "csv" else partial(read_workbook, kind)
    return read(path, Most(most_rows, most_text(size)), known)


def main() -> None:
    kind, path, most_rows, *known = sys.argv[1:]
    gc.disable()  # nothing here makes circles, and looking for them costs a tenth of the time
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold personal data
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        hidden = run(kind, path, int(most_rows), known)
    except Refused as refusal:
        emit({"refused": str(refusal)})
    except MemoryError:
        raise SystemExit(1) from None
    except Exception:
        emit({"refused": DAMAGED})
    else:
        emit({"end": True, "hidden": hidden})
