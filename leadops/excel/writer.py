"""Writing workbooks as a stream: any number of rows in little memory, and text that stays text.

Cells are inline strings, so a value that begins with `=`, `+`, `-` or `@` is never a formula, and their
format is Excel's Text, so that what a person types over them is kept as typed too.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import IO, NamedTuple

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Style(IntEnum):
    """How a cell looks; the numbers are places in `cellXfs` of the style sheet."""

    TEXT = 0
    HEADER = 1
    WRONG = 2
    NOTE = 3
    DATE = 4
    NUMBER = 5


class Styled(NamedTuple):
    """A text that does not look like the others."""

    text: str
    style: Style


Cell = str | int | float | Decimal | date | Styled

_ROOT = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # numFmtId 49 is Text, 14 the reader's own short date, 0 General.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="4"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFDDE6F0"/></patternFill></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFFFC7CE"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6">'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="3" borderId="0" xfId="0" applyNumberFormat="1" applyFill="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_LONGEST = 32_767  # characters in a cell of Excel
_EXCEL_DAY_0 = date(1899, 12, 30)
# What XML 1.0 has no place for: control characters, lone surrogates, two non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile(r"[&<>\"\r]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_CODE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as the letter A


def write(
    stream: IO[bytes], rows: Iterable[Sequence[Cell]], *, sheet: str = "Leads", widths: Sequence[int] = ()
) -> None:
    """Write one sheet to `stream`, its first row frozen; `widths` are those of the columns, in characters."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in {**_PARTS, "xl/workbook.xml": _workbook(sheet)}.items():
            archive.writestr(zipfile.ZipInfo(name), _ROOT + content, zipfile.ZIP_DEFLATED)
        # Its date is a fixed one: the same rows give the same bytes.
        part_info = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        part_info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(part_info, "w", force_zip64=False) as part:
            part.write(_head(widths).encode())
            lines: list[str] = []
            for number, row in enumerate(rows, start=1):
                lines.append(f'<row r="{number}">{"".join(map(_cell, row))}</row>')
                if len(lines) == 500:
                    part.write("".join(lines).encode())
                    lines.clear()
            part.write(("".join(lines) + "</sheetData></worksheet>").encode())


def _workbook(sheet: str) -> str:
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{_text(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _head(widths: Sequence[int]) -> str:
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
        for at, width in enumerate(widths, start=1)
    )
    return (
        f'{_ROOT}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )


def _cell(value: Cell) -> str:
    if value == "":
        return "<c/>"
    if isinstance(value, str):
        return _string(value, Style.TEXT)
    if isinstance(value, Styled):
        return _string(value.text, value.style)
    if isinstance(value, date):
        return f'<c s="{Style.DATE:d}"><v>{(value - _EXCEL_DAY_0).days}</v></c>'
    return f'<c s="{Style.NUMBER:d}"><v>{value}</v></c>'


def _string(text: str, style: Style) -> str:
    return f'<c s="{style:d}" t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>'


def _text(text: str) -> str:
    text = text[:_LONGEST]
    if not text.isprintable():
        text = _UNPRINTABLE.sub("", text)
    if "_x" in text:
        text = _CODE_LIKE.sub("_x005F_", text)
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)
