"""What we write opens in LibreOffice, cell by cell as it was meant."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from leadops.excel import sheets
from leadops.services import template_workbook
from tests import patience
from tests.leadops.services import exported


def soffice() -> str:
    """Where LibreOffice is; a test run without one fails, because an unopened workbook is an untested one."""
    found = os.environ.get("SOFFICE") or shutil.which("soffice") or shutil.which("libreoffice")
    if not found:
        pytest.fail(
            "This test needs LibreOffice: install the package `libreoffice-calc-nogui`, or set $SOFFICE."
        )
    return found


def converted(folder: Path, *files: Path) -> list[Path]:
    """The files as LibreOffice saves them after opening, in one run with a profile of its own."""
    command = [soffice(), f"-env:UserInstallation=file://{folder / 'profile'}", "--headless", "--norestore"]
    command += [
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(folder / "saved"),
        *map(str, files),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=patience.SECONDS, cwd=folder)
    saved = [folder / "saved" / file.name for file in files]
    assert done.returncode == 0, done.stderr
    assert all(file.exists() for file in saved), done.stdout + done.stderr
    return saved


def cells(path: Path) -> dict[str, list[list[object]]]:
    """All sheets; days as days, whatever hour a reader puts to them."""
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: _filled([[_plain(cell) for cell in row] for row in sheet.iter_rows()]) for sheet in book
    }


def _plain(cell: object) -> object:
    assert cell.data_type != "f", f"{cell.coordinate} is a formula"
    value = cell.value
    if isinstance(value, str):
        return value.replace(
            "_x005F_", "_"
        )  # Excel's escape of an underscore, which openpyxl leaves as it is
    return value.date() if hasattr(value, "date") else value


def _filled(rows: list[list[object]]) -> list[list[object]]:
    """Without empty cells at the end of a row, which one reader keeps and the other does not."""
    for row in rows:
        while row and row[-1] is None:
            row.pop()
    return rows


def test_an_export_and_the_template_open_in_libreoffice(partner, program, officer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    exported.stored(partner, program, exported.odd_drafts())
    export = exported.copied(exported.finished(officer), tmp_path / "export.xlsx")
    template = tmp_path / "template.xlsx"
    with template.open("wb") as file:
        template_workbook.write(file)
    saved_export, saved_template = converted(tmp_path, export, template)
    assert cells(saved_template) == cells(template)
    found, written = cells(saved_export), cells(export)
    for sheet, rows in written.items():
        for row, saved in zip(rows, found[sheet], strict=True):
            assert saved == row
    assert list(found) == [layout.name for layout in sheets.SHEETS]
    rows = [dict(zip(sheets.LEADS.headers, row, strict=True)) for row in found["Leads"]]
    [by_header] = [row for row in rows if row["Partner reference"] == "=1+1"]
    assert by_header["Account number"] == "000123456789"
    assert by_header["Remarks"] == '=HYPERLINK("http://evil.example","x")'
    assert isinstance(by_header["Date of birth"], date)
    rules = openpyxl.load_workbook(saved_template)["Leads"].data_validations.dataValidation
    assert len(rules) == len(template_workbook.CHOICES)
