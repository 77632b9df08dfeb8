"""Makes the files of this folder again, by LibreOffice from sources that openpyxl writes: python make.py

LibreOffice computes the formulas and writes all in its own words: spans of covered cells, repeated empty rows,
collapsed rows, old Excel's records.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[4]))

import openpyxl  # noqa: E402

from tests.leadops.excel.corpus.people import person, table  # noqa: E402


def dirty() -> openpyxl.Workbook:
    """Titles, hidden rows and columns, merges, errors, formulas, dates, truths and a total."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Leads"
    sheet.append(["Leads of March"])
    sheet.append([])
    for row in table(
        person(1, B=9_800_000_001, D=date(1990, 3, 12), H=50000),
        person(2, C="=NA()"),
        person(3),
        person(4, J="Filled"),
        person(5, J=None),
        person(6, C=True),
        person(7, C='="Asha"&" "&"Iyer"', D="03/25/1990"),
        person(8, F=1234567890123456),
    ):
        sheet.append(row)
    sheet.append(["Grand total", None, None, None, None, None, None, "=SUM(H4:H11)"])
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["G"].hidden = True
    sheet.merge_cells("J7:J8")
    sheet.merge_cells("A1:J1")
    return book


def shown() -> openpyxl.Workbook:
    """Numbers that their formats show with more than their digits, short ones side by side, and a formula's."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in table(
        person(1, A=1, F=1234567),
        person(2, A="=1+1", B=9_800_000_002, C="Asha"),
        person(3, A=30, B=31, H=50000),
    ):
        sheet.append(row)
    for row in (2, 3, 4):
        sheet.cell(row, 1).number_format = '"LN-"0000'
        sheet.cell(row, 6).number_format = "00000000000"
        sheet.cell(row, 8).number_format = "#,##0.00"
    sheet["B4"].number_format = '"₹"0000'
    return book


def convert(source: Path, target: Path, kind: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        profile_option = f"-env:UserInstallation=file://{profile}"
        command = [
            "soffice",
            profile_option,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            target.parent,
            source,
        ]
        subprocess.run(command, check=True, capture_output=True)
    (target.parent / f"{source.stem}.{kind.partition(':')[0]}").rename(target)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.xlsx"
        shown().save(source)
        convert(source, HERE / "shown.xls", "xls")
        dirty().save(source)
        for kind in ("xlsx", "xls", "ods", "csv"):
            convert(source, HERE / f"dirty.{kind}", kind)


if __name__ == "__main__":
    main()
