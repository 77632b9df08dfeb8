"""A workbook's sheets: which hold anything, which are hidden, and each with what the file says besides its values."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from . import own_columns, sheet_biff, sheet_bin, sheet_ods, sheet_xml
from .cells import without_controls
from .marks import Marks, Refused
from .sheet import Sheet

MOST_COLUMNS = 200
"""Without our own two: the refused rows of a file that is as wide as may be come back with them."""
READ_COLUMNS = MOST_COLUMNS + own_columns.MOST


@cache
def archive_at(path: str) -> zipfile.ZipFile:
    """The file, opened once: what all its sheets share is looked up once for each archive."""
    return zipfile.ZipFile(path)


class Book:
    """A workbook as the parser opens it; its sheets are numbered in their order, the hidden ones too."""

    def __init__(self, kind: str, path: str) -> None:
        from python_calamine import CalamineWorkbook

        self._kind, self._path = kind, path
        self._parsed = CalamineWorkbook.from_path(path)

    def worksheets(self) -> Iterator[int]:
        """Which sheets are tables that anybody looks at."""
        for number, about in enumerate(self._parsed.sheets_metadata):
            if str(about.visible).endswith("Visible") and str(about.typ).endswith("WorkSheet"):
                yield number

    def name(self, number: int) -> str:
        return without_controls(self._parsed.sheets_metadata[number].name)

    def sheet(self, number: int) -> Sheet | None:
        """A sheet that holds anything; it is looked through before the parser takes it whole."""
        return self._with(number, self._marks(number))

    def sheet_beside(self, number: int) -> Sheet | None:
        """The same of one that is only looked at; of an .ods, which is one part, without a walk for each of them."""
        return self._with(number, Marks() if self._kind == "ods" else self._marks(number))

    def _with(self, number: int, marks: Marks) -> Sheet | None:
        sheet = self._parsed.get_sheet_by_index(number)
        if not (sheet.height and sheet.width):
            return None
        _refuse_too_wide(sheet)
        return Sheet(sheet, marks)

    def _marks(self, number: int) -> Marks:
        """What the file says of a sheet besides its values; the parser does not give it."""
        if self._kind == "xls":
            return sheet_biff.marks(self._path, number, READ_COLUMNS)
        archive = archive_at(self._path)
        if self._kind == "ods":
            return sheet_ods.marks(archive, number, READ_COLUMNS)
        marks = sheet_bin.marks if self._kind == "xlsb" else sheet_xml.marks
        return marks(archive, self._part_of(number), READ_COLUMNS)

    def _part_of(self, number: int) -> str:
        """Where in the archive of an .xlsx or .xlsb a sheet lies."""
        archive = archive_at(self._path)
        sheet_id = sheet_bin.sheet_id if self._kind == "xlsb" else sheet_xml.sheet_id
        return sheet_xml.target_of(archive, sheet_id(archive, number))

    def hidden_sheets(self) -> list[str]:
        """Names of hidden worksheets that hold anything: nobody looks at them, so they are not read."""
        return [
            self.name(number)
            for number, about in enumerate(self._parsed.sheets_metadata)
            if str(about.typ).endswith("WorkSheet")
            and not str(about.visible).endswith("Visible")
            and self._holds_anything(number)
        ]

    def _holds_anything(self, number: int) -> bool:
        """Whether a sheet has a cell with a value; it is not parsed for that, unless the workbook was parsed whole."""
        if self._kind in ("xls", "ods"):
            sheet = self._parsed.get_sheet_by_index(number)
            return bool(sheet.height and sheet.width)
        is_filled = sheet_bin.holds_anything if self._kind == "xlsb" else sheet_xml.holds_anything
        return is_filled(archive_at(self._path), self._part_of(number))


def _refuse_too_wide(sheet: Any) -> None:
    """Refuse a sheet with too many columns that are not our own."""
    if sheet.width <= MOST_COLUMNS:
        return
    width = sheet.width - own_columns.count(sheet.iter_rows())
    if width > MOST_COLUMNS:
        raise Refused(
            f"Sheet {sheet.name} is {width} columns wide and at most {MOST_COLUMNS} can be read:"
            " delete the columns beside the table, also those that look empty, and save it again."
        )
