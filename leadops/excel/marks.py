"""The mark of an import on the workbook of its refused rows, by which that is known when it comes back.

It stands in the name of the sheet, and in the heading over the rows' numbers: a file of text has no sheets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from leadops.excel.columns import ROW_HEADER

_LENGTH = 12
_MARKED = re.compile(
    rf"(?:Refused rows|{ROW_HEADER} of import) ([0-9a-f]{{{_LENGTH}}})(?![0-9a-f])", re.IGNORECASE
)


def sheet_name(import_id: UUID) -> str:
    """What the sheet of an import's refused rows is called."""
    return f"Refused rows {str(import_id)[-_LENGTH:]}"


def row_heading(import_id: UUID) -> str:
    """What stands over the numbers that an import's refused rows have in it."""
    return f"{ROW_HEADER} of import {str(import_id)[-_LENGTH:]}"


def mark_in(texts: Iterable[str]) -> str:
    """The first mark in these headings and names of sheets, with which the import's id ends; empty without one."""
    return next((found[1].lower() for text in texts if (found := _MARKED.search(text))), "")


def unmarked(headings: Iterable[str]) -> list[str]:
    """The headings as they are kept: of every import alike."""
    return [ROW_HEADER if _MARKED.search(each) else each for each in headings]
