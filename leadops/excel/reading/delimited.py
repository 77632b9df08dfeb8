"""Text files of a table: their letters, their delimiter, and their records.

Nothing in such a file says how it was written, so it is told by what the file holds; where that leaves a
doubt the file is refused, because a wrong guess would put other letters and other columns into every lead.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import filterfalse, takewhile
from typing import IO, NamedTuple

from .heading_keys import key
from .marks import WHOLE_ROW, Note, Refused

BLOCK = 1024 * 1024
SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
RARE_DELIMITERS = "^~:#"
"""They stand in times, links and addresses as well, so the names of columns have to tell."""
HEADER_WITHIN = 12
LONGEST_HEADING = 100
UNREADABLE = "The letters of this text file can't be told: save it again as “CSV UTF-8” and send that."
LONGEST_CELL = 32_767
"""Characters that a cell of Excel may hold: a longer one is no cell."""
LONGEST_LINE = 512 * 1024
MOST_LINES = 1000
"""In one record: cells may hold line breaks."""
_NO_ROWS = (
    "The rows of this file have no end: an opening quotation mark is never closed, or it is no table. Save the table"
    " as .xlsx and send that."
)
_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ORDER = re.compile(r"sep=(.)\r?\n?")
_GUESSED = "cp1252"
_FOREIGN = re.compile(rb"[\xc0-\xff]{4}|(?<![a-zA-Z\xc0-\xff])[\xa8\xb8\xc0-\xff]{2,}(?![a-zA-Z\xc0-\xff])")
"""No Western language has four accented letters in a row, or words of nothing else; one-byte Cyrillic has."""
_LONG_NUMBER = re.compile(r"[0-9]{6}")
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_ONLY_A_NUMBER = re.compile(r"=([1-9][0-9]{0,14})")
_FORMULA = re.compile(r"=[ ]?[A-Z0-9$(+.'\"{-].*", re.DOTALL | re.IGNORECASE)


class Record(NamedTuple):
    """One row of the file as it stands there, counted as Excel counts it."""

    number: int
    cells: list[str]
    notes: list[Note]


def encoding(path: str) -> str:
    """How the letters of the file are written; raises Refused where that can't be told."""
    with open(path, "rb") as file:
        start = file.read(SAMPLE)
        for mark, name in _MARKED:
            if start.startswith(mark):
                return name
        if name := _without_mark(start):
            return name
        file.seek(0)
        if _is_utf8(iter(lambda: file.read(BLOCK), b"")):
            return "utf-8"
        file.seek(0)
        if _FOREIGN.search(file.read()):
            raise Refused(UNREADABLE)
    return _GUESSED


def _without_mark(start: bytes) -> str:
    """UTF-16 without its mark: every other byte of plain letters is empty."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 < len(start):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_utf8(blocks: Iterator[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Lines:
    """The lines of a file; those of the record that is being read are kept, to look at its end again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.kept: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if "\0" in line:
                raise Refused("This file is no text: save the table as .xlsx and send that.")
            self.kept.append(line)
            if len(line) >= LONGEST_LINE or len(self.kept) > MOST_LINES:
                raise Refused(_NO_ROWS)
            yield line


def records(path: str, headings: Collection[str] = ()) -> Iterator[Record]:
    """Every record that holds anything, with what is to be known about its cells.

    `headings` are those that are known, as `key` makes them.
    """
    try:
        letters = encoding(path)
        with open(path, encoding=letters, newline="") as file:
            for record in _records(file, headings):
                if letters == _GUESSED:
                    record.notes.extend(_guessed(record.cells))
                yield record
    except UnicodeDecodeError:
        raise Refused(UNREADABLE) from None


def _records(file: IO[str], headings: Collection[str]) -> Iterator[Record]:
    first = file.readline(SAMPLE)
    order = _ORDER.fullmatch(first)
    begins = first if order else ""
    file.seek(0)
    sample = file.read(SAMPLE).removeprefix(begins)
    file.seek(0)
    file.read(len(begins))
    delimiter = order[1] if order else _delimiter(sample, headings)
    width = _usual_width(sample, delimiter)
    lines = _Lines(iter(lambda: file.readline(LONGEST_LINE), ""))
    number = 0
    try:
        for number, cells in enumerate(_parted(lines, delimiter), start=1):
            if len(lines.kept) > 1:
                _refuse_open_end(lines.kept, delimiter, number)
            lines.kept.clear()
            if any(map(str.strip, cells)):
                yield Record(number, cells, _notes(cells, delimiter, width))
    except csv.Error:
        raise Refused(_open_quote(f" near row {number + 1}")) from None


def _parted(lines: Iterable[str], delimiter: str, *, strict: bool = False) -> Iterator[list[str]]:
    """The cells of each record; a quotation mark opens a cell also where a space stands before it."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=strict)


def _open_quote(where: str) -> str:
    return f"A quotation mark{where} opens and is never closed: take it out or close it, and send the file again."


def _refuse_open_end(kept: list[str], delimiter: str, number: int) -> None:
    """A quotation mark that is never closed would take all rows after it into one cell."""
    try:
        list(_parted(kept, delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise Refused(_open_quote(f" in row {number}")) from None


def _notes(cells: list[str], delimiter: str, width: int) -> list[Note]:
    """Take apart what Excel's own texts wrap, and say what else went wrong; cells beyond the table are joined."""
    notes: list[Note] = []
    whole = "".join(cells)
    if len(cells) <= width and len(whole) <= LONGEST_CELL and "=" not in whole and "\n" not in whole:
        return notes
    for at, cell in enumerate(cells):
        if cell[:1] == "=":
            if kept := _KEPT_AS_TEXT.fullmatch(cell):
                cells[at] = kept[1]
            elif number := _ONLY_A_NUMBER.fullmatch(cell):
                cells[at] = number[1]
                notes.append((at, "formula"))
            elif _FORMULA.fullmatch(cell):
                notes.append((at, "formula_not_calculated"))
        elif "\n" in cell and cell.count(delimiter) >= width - 1 > 1:
            notes.append((at, "swallowed_rows"))
        if len(cell) > LONGEST_CELL:
            raise Refused(_NO_ROWS)
    if len(cells) > width and any(map(str.strip, cells[width:])):
        cells[width - 1 :] = [delimiter.join(cells[width - 1 :])]
        notes.append((WHOLE_ROW, "too_many_cells"))
    return notes


def _guessed(cells: list[str]) -> list[Note]:
    """Where letters stand that another guess would have made others of."""
    return [
        (at, "guessed_letters")
        for at, cell in enumerate(cells)
        if not cell.isascii() and any(map(str.isalpha, filterfalse(str.isascii, cell)))
    ]


def _delimiter(sample: str, headings: Collection[str]) -> str:
    """The character that parts most lines of the sample into equally many cells, and into most.

    A rare one is taken where no other parts a line into so many names of columns.
    """
    usual = max(DELIMITERS, key=lambda delimiter: _rate(_table(sample, delimiter)))
    return max(usual + RARE_DELIMITERS, key=lambda delimiter: _names(_table(sample, delimiter), headings))


def _names(table: list[list[str]], headings: Collection[str]) -> int:
    """How many columns the header names, which has two names that are known, and few that are not."""
    filled = (
        [name for cell in cells if (name := key(cell[:LONGEST_HEADING]))] for cells in table[:HEADER_WITHIN]
    )
    known = [(len({*names}.intersection(headings)), len(names)) for names in filled]
    return max((count for count, width in known if count > 1 and 2 * count > width), default=0)


def _rate(table: list[list[str]]) -> float:
    widths = Counter(map(len, table))
    width, count = max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
    return width * count / len(table) if width > 1 else 0


def _usual_width(sample: str, delimiter: str) -> int:
    """How many columns the table has: those of its header, which stands before the first whole row with a long number.

    A narrower row may be a title with somebody's mobile.
    """
    table = _table(sample, delimiter)
    widths = Counter(map(len, table))
    usual = max(widths, key=lambda width: (widths[width], width), default=1)
    head = takewhile(lambda cells: len(cells) < usual or not any(map(_LONG_NUMBER.search, cells)), table)
    return max((len(cells) for cells in head if 2 * len(cells) >= usual), default=usual)


def _table(sample: str, delimiter: str) -> list[list[str]]:
    """The lines of the sample, parted; the last one may be cut off, and empty ones say nothing."""
    lines = sample.splitlines(keepends=True)
    whole = lines[:-1] if len(sample) >= SAMPLE and len(lines) > 1 else lines
    try:
        return [cells for cells in _parted(whole, delimiter) if any(map(str.strip, cells))]
    except csv.Error:
        return []
