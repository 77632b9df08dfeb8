"""The program that parses one workbook, in a process of its own; `reader` starts it and reads its output.

A file of five kilobytes can make the parser ask for hundreds of gigabytes and abort, so it runs under limits
and alone. It is started by its path, in isolation, and imports nothing of ours: what breaks here stays here.

Output is lines of JSON: `{"sheet": name}`, then lists of `[row number, [text of column A, B, ...]]`, then
`{"end": true}` or `{"refused": sentence}`. No last line means that the process died.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree import ElementTree

MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 120
MOST_COLUMNS = 200
CHUNK = 500
BLOCK = 4 * 1024 * 1024
LONGEST_CELL = 64 * 1024
_CELL = re.compile(rb"<(?:\w+:)?c ")
_ADDRESS = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]{1,40})</")
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

Errors = dict[tuple[int, int], str]
"""Text of a formula's error by row and column, both counted from 1."""


class Refused(Exception):
    """The workbook can't be taken, and the message says why."""


def limit() -> None:
    """Bound what a hostile file can take; a core dump would hold personal data."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def cell_text(value: Any) -> str:
    """The text of one cell, in which any damage that Excel did can still be seen.

    Text stays as it is, so leading zeros stay. A number is written with the fifteen digits that Excel keeps:
    a mobile stored as a number is a clean integer, and a longer one, whose end Excel has rounded away, comes
    out as `1.23456789012346e+15`, which every check names as damage. A date is written in ISO.
    """
    if value.__class__ is str:
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return format(value, ".15g")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def emit(line: Any) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def texts(sheet: Any, errors: Errors) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with the number that Excel shows; trailing empty cells are left off."""
    first = [""] * (sheet.start[1] if sheet.start else 0)  # the parser starts at the first used column
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in errors.items():
        by_row.setdefault(row, {})[column] = text
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells = first + [value if value.__class__ is str else cell_text(value) for value in values]
        for column, text in by_row.get(number, {}).items():
            cells += [""] * (column - len(cells))
            cells[column - 1] = text
        while cells and not cells[-1]:
            cells.pop()
        if any(map(str.strip, cells)):
            yield number, cells


def formula_errors(path: str, sheet_number: int) -> Errors:
    """Cells of a sheet that hold a formula's error, or a formula that was never calculated.

    The parser gives both as empty cells, and an empty cell would be taken as a blank one without a word.
    """
    found: Errors = {}
    with zipfile.ZipFile(path) as archive, archive.open(part_of(archive, sheet_number)) as part:
        rest = b""
        while block := part.read(BLOCK):
            block = rest + block
            if b't="e"' in block or b"<f" in block or b":f" in block:
                *cells, rest = _CELL.split(block)
                for cell in cells:
                    found.update(_error_in(cell))
            else:  # most workbooks hold no formula at all
                rest = block[-LONGEST_CELL:]
        found.update(_error_in(rest))
    return found


def _error_in(cell: bytes) -> Errors:
    head, _, body = cell.partition(b">")
    is_error = b't="e"' in head
    if not is_error and (b"f" not in body or not re.search(rb"<(?:\w+:)?f\b", body)):
        return {}
    value, address = _VALUE.search(body), _ADDRESS.search(head)
    if address is None or (not is_error and (value or b't="str"' in head)):  # text may be empty on purpose
        return {}
    text = value[1].decode(errors="replace") if value else "#VALUE!"
    return {(int(address[2]), column_number(address[1].decode())): text}


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def part_of(archive: zipfile.ZipFile, sheet_number: int) -> str:
    """Where in the archive a sheet lies."""
    sheets = [node for node in _nodes(archive, "xl/workbook.xml") if _is(node, "sheet")]
    wanted = sheets[sheet_number].get(f"{_RELATIONS}id")
    for node in _nodes(archive, "xl/_rels/workbook.xml.rels"):
        if _is(node, "Relationship") and node.get("Id") == wanted:
            target = str(node.get("Target"))
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError(wanted)


def _nodes(archive: zipfile.ZipFile, part: str) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(archive.read(part)).iter()  # noqa: S314  that is what this process is for


def _is(node: Any, name: str) -> bool:
    return bool(node.tag.rpartition("}")[2] == name)


def sheets_to_read(workbook: Any) -> Iterator[tuple[int, Any]]:
    """Visible worksheets that hold anything, with their place in the workbook."""
    for number, about in enumerate(workbook.sheets_metadata):
        if str(about.visible).endswith("Visible") and str(about.typ).endswith("WorkSheet"):
            sheet = workbook.get_sheet_by_index(number)
            if sheet.height and sheet.width:
                if sheet.width > MOST_COLUMNS:
                    raise Refused(
                        f"A sheet is {sheet.width} columns wide and at most {MOST_COLUMNS} can be read:"
                        " delete the columns beside the table, also those that look empty, and save it again."
                    )
                yield number, sheet


def read(path: str, most_rows: int) -> None:
    """Print the first sheet that holds anything; refuse a workbook with leads on several."""
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(path)
    sheets = sheets_to_read(workbook)
    number, sheet = next(sheets, (0, None))
    if sheet is None:
        raise Refused("This workbook has no visible sheet with anything in it.")
    emit({"sheet": sheet.name})
    header: list[str] = []
    chunk: list[tuple[int, list[str]]] = []
    for count, row in enumerate(texts(sheet, formula_errors(path, number))):  # the header is not counted
        header = header or row[1]
        chunk.append(row)
        if count > most_rows:
            raise Refused(f"This workbook has more than {most_rows:,} rows: split it into several.")
        if len(chunk) == CHUNK:
            emit(chunk)
            chunk = []
    emit(chunk)
    for _, other in sheets:
        if next(texts(other, {}), (0, None))[1] == header:
            raise Refused(
                f"Leads stand on two sheets, {sheet.name!r} and {other.name!r}: put them all on one."
            )


def main() -> None:
    path, most_rows = sys.argv[1], int(sys.argv[2])
    limit()
    try:
        read(path, most_rows)
    except Refused as refusal:
        emit({"refused": str(refusal)})
    except MemoryError:
        raise SystemExit(1) from None
    except Exception:
        emit({"refused": "This workbook is damaged: open it in Excel, save it again as .xlsx and send that."})
    else:
        emit({"end": True})


if __name__ == "__main__":
    main()
