"""Reading a workbook or text file: rows of text, parsed in a process that may die without harm."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import orjson
from django.conf import settings

from leadops.errors import UnreadableFile
from leadops.excel import headings, joined_sheets, preflight
from leadops.excel.columns import BY_KEY
from leadops.excel.kinds import Kind
from leadops.excel.notes import Note

PROGRAM = Path(__file__).with_name("reading_process.py")
_ROWS_AHEAD = 1024 * 1024
"""Bytes of rows that the parsing process may be ahead, so that it goes on while some are written to the database."""
_TOO_MUCH = (
    "This workbook needs more memory or time to read than one file may take. Mostly a stray cell far from the"
    " table is the reason: delete the rows below and the columns beside it, and save it again."
)


class Row(NamedTuple):
    """One row of a sheet; `cells` are its texts from column A on, without trailing empty ones.

    `notes` are what the file says of the row besides its values, such as that it is hidden.
    """

    sheet: str
    number: int
    cells: list[str]
    notes: tuple[Note, ...] = ()


class LeftOut(NamedTuple):
    """A sheet that is not read, with its first rows and how many it has; of a hidden one nobody knows them."""

    name: str
    rows: int = 0
    top: tuple[Row, ...] = ()


def rows(path: str | Path, left_out: list[LeftOut] | None = None) -> Iterator[Row]:
    """The rows of the first sheet that hold anything, its header among them as one row, in their order.

    Those of the sheets that hold more of its leads follow, sheet by sheet. `left_out` is told of all other sheets
    before the first row is given, of hidden ones after the last. Raises UnreadableFile with one sentence for the
    person who sent the file; rows may have come before it.
    """
    with open(path, "rb") as file:
        kind = preflight.inspect(file)
    with _process(kind, path) as lines:
        for _, of_sheet in groupby(_rows(lines, [] if left_out is None else left_out), key=itemgetter(0)):
            yield from headings.as_one(of_sheet)


def _rows(lines: Iterator[bytes], left_out: list[LeftOut]) -> Iterator[Row]:
    sheet = ""
    for line in lines:
        message = orjson.loads(line)
        if isinstance(message, list):
            for number, cells, notes in message:
                yield Row(sheet, number, cells, tuple(Note(*note) for note in notes) if notes else ())
        elif "sheet" in message:
            sheet = message["sheet"]
        elif "left_out" in message:
            name = message["left_out"]
            top = (Row(name, number, cells) for number, cells in message["top"])
            left_out.append(LeftOut(name, message["rows"], tuple(top)))
        elif "refused" in message:
            raise UnreadableFile(message["refused"])
        else:
            left_out += map(LeftOut, message["hidden"])
            return
    raise UnreadableFile(_TOO_MUCH)


@contextmanager
def _process(kind: Kind, path: str | Path) -> Iterator[Iterator[bytes]]:
    """The lines that the parsing process prints; it is gone when the block is left."""
    # Isolated (-I): neither the environment nor the working folder can put code into it.
    known = BY_KEY if kind is Kind.CSV else joined_sheets.NAMES
    facts = [kind.value, str(path), str(settings.IMPORT_MAX_ROWS), *known]
    command = [sys.executable, "-I", str(PROGRAM), *facts]
    process = subprocess.Popen(  # noqa: S603  our own program; the path is ours too
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    )
    assert process.stdout is not None
    with suppress(AttributeError, OSError):  # where a system has no such pipes, the usual one does
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _ROWS_AHEAD)
    try:
        yield process.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
