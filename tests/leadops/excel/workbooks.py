"""Workbooks for the tests, written by us and by openpyxl, which writes as Excel does."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from leadops.excel.writer import Cell, write

HEADER = ["Partner reference", "Mobile", "Name", "PAN", "Loan amount"]


def ours(path: Path, rows: Sequence[Sequence[Cell]]) -> Path:
    with path.open("wb") as file:
        write(file, rows)
    return path


def by_openpyxl(path: Path, *sheets: tuple[str, Sequence[Sequence[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def with_part(path: Path, name: str, content: bytes) -> Path:
    """`path` with one more part in its archive."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def zip_of(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def good_rows(count: int, start: int = 1) -> list[list[Cell]]:
    """Rows under HEADER that nothing is wrong with, each of another borrower."""
    return [
        [f"REF-{number}", str(9_800_000_000 + number), "Asha Verma", f"ABCPV{number:04d}L", 50_000 + number]
        for number in range(start, start + count)
    ]


def read_back(file: io.IOBase | Any) -> list[list[Any]]:
    """The values of the first sheet, as openpyxl reads them."""
    sheet = openpyxl.load_workbook(file).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]
