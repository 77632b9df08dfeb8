"""The parsing process: one file in, lines of JSON out."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from . import delimited, packing, sheet_ods, told
from .cells import notes_of, take_out_controls
from .day_order import DayOrder
from .marks import Note, Refused
from .sheet import Row, Sheet
from .workbook import Book, archive_at

LEAST_MEMORY = 160 * 1024 * 1024
LEAST_MEMORY_OF_ODS = 80 * 1024 * 1024
"""One of its rows may stand for a million."""
MEMORY_A_BYTE = 16
MEMORY_A_BYTE_OF_XLS = 20
"""Its cells take a third of the bytes, and the file is held whole."""
MOST_MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 120
LEAST_TEXT = 16 * 1024 * 1024
TEXT_A_BYTE = 16
MOST_TEXT = 512 * 1024 * 1024
"""Characters in all cells of a sheet: a few bytes may be repeated in every cell, by reference or by merging."""
DAMAGED = (
    "This workbook is damaged, or far too wide and long: open it in Excel, delete what stands beside and below the"
    " table, save it again as .xlsx and send that."
)
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

    def in_words(self) -> str:
        """What is said of more rows."""
        return f"This workbook has more than {self.rows:,} rows: split it into several."


def most_text(size: int) -> int:
    """How many characters the cells of a file of this size may hold; unpacked, in bytes."""
    return min(MOST_TEXT, LEAST_TEXT + TEXT_A_BYTE * size)


def emit(line: Any) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def read_workbook(kind: str, path: str, most: Most, beside: Sequence[str]) -> list[str]:
    """Print the first sheet that holds anything, and those called as `beside`; answers the names of hidden ones.

    What else there is, is told before: it may hold leads. Refuses a workbook with surely leads on several sheets.
    """
    book = Book(kind, path)
    numbers = book.worksheets()
    sheet = next(filter(None, map(book.sheet, numbers)), None)
    if sheet is None:
        raise Refused("This workbook has no visible sheet with anything in it.")
    others: list[int] = []
    joined: list[int] = []
    for number in numbers:
        (joined if book.name(number) in beside else others).append(number)
    for at, other in enumerate(filter(None, map(book.sheet_beside, others))):
        refuse_twin(sheet, other)
        emit_left_out(other, told.MOST_ROWS if at < told.MOST_SHEETS else 0)
    refuse_long(sheet, most)
    emit({"sheet": sheet.name})
    write(sheet, most)
    for other in filter(None, map(book.sheet, joined)):
        refuse_twin(sheet, other)
        emit({"sheet": other.name})
        write(other, most)
    return book.hidden_sheets()


def refuse_long(sheet: Sheet, most: Most) -> None:
    """Refuse a sheet with too many rows before the first of them is told, and stored."""
    if sheet.height > most.rows + 1:
        of_too_many = islice(filled(sheet.looked_through()), most.rows + 1, None)
        if next(of_too_many, None) is not None:
            raise Refused(most.in_words())


def refuse_twin(sheet: Sheet, other: Sheet) -> None:
    """Refuse a second sheet with the header of the first one and rows under it."""
    rows = islice(filled(other.looked_through()), 2)
    header, *below = [cells for _, cells, _, _ in rows] or [[]]
    if below and header == first_filled(sheet):
        raise Refused(f"Leads stand on two sheets, {sheet.name!r} and {other.name!r}: put them all on one.")


def emit_left_out(sheet: Sheet, most_rows: int) -> None:
    """Print the first rows of a sheet that is not read, and how many it has."""
    rows = filled(sheet.looked_through())
    top = [
        (number, [cell[: told.LONGEST_CELL] for cell in cells])
        for number, cells, _, _ in islice(rows, most_rows)
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
            raise Refused(most.in_words())
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
