"""Writing workbooks as a stream: any number of rows in little memory, and text that stays text.

Cells are inline strings, so a value that begins with `=`, `+`, `-` or `@` is never a formula, and their
format is Excel's Text, so that what a person types over them is kept as typed too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from itertools import islice, zip_longest
from types import TracebackType
from typing import IO, NamedTuple, cast

from leadops.excel import archive
from leadops.excel.package import FOOT, NAMESPACE, ROOT, parts_beside

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
"""A sheet has no more, its header included."""


class Style(IntEnum):
    """How a cell looks; the numbers are places in `cellXfs` of the style sheet."""

    TEXT = 0
    HEADER = 1
    WRONG = 2
    NOTE = 3
    DATE = 4
    NUMBER = 5
    AMOUNT = 6


class Styled(NamedTuple):
    """A text that does not look like the others."""

    text: str
    style: Style


Cell = str | int | float | Decimal | date | Styled


class SheetFull(Exception):
    """More rows than a sheet has; the argument is the sheet's name."""


_ROWS_AT_ONCE = 500
_LONGEST = 32_767  # characters in a cell of Excel
_EXCEL_DAY_0 = date(1899, 12, 30).toordinal()
_FIRST_SURE_DAY = date(1900, 3, 1).toordinal()  # Excel counts a 29 February 1900 before it
# What XML 1.0 has no place for: control characters, lone surrogates, two non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CODE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as the letter A
_BETWEEN = "\0"
_START, _END, _EMPTY = '<c t="inlineStr"><is><t>', "</t></is></c>", "<c/>"
_KEEPING_SPACES = '<c t="inlineStr"><is><t xml:space="preserve">'


class Sheet:
    """One sheet of a Workbook; its first row is frozen."""

    def __init__(
        self, name: str, part: archive.Part, widths: Sequence[int], formats: Mapping[int, Style]
    ) -> None:
        self.name, self._part = name, part
        self._rows = 0
        self._rules: list[str] = []
        part.write(_head(widths, formats).encode())

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write some hundred rows; raises SheetFull."""
        if not rows:
            return
        self._rows += len(rows)
        if self._rows > MOST_ROWS:
            raise SheetFull(self.name)
        # Column by column: of a column's texts all escaping is done at once.
        columns = [_column(values) for values in zip_longest(*rows, fillvalue="")]
        lines = map("".join, zip(*columns, strict=True)) if columns else [""] * len(rows)
        self._part.write(f"<row>{'</row><row>'.join(lines)}</row>".encode())

    def add_all(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write any number of rows."""
        rest = iter(rows)
        while chunk := list(islice(rest, _ROWS_AT_ONCE)):
            self.add(chunk)

    def offer(self, column: str, choices: str) -> None:
        """Let the cells of `column` (its letters) drop down `choices`: a range, as `Choices!$A$2:$A$9`.

        Another spelling may be typed too: the importer knows more words than the list.
        """
        self._rules.append(
            f'<dataValidation type="list" allowBlank="1" sqref="{column}2:{column}{MOST_ROWS}">'
            f"<formula1>{_text(choices)}</formula1></dataValidation>"
        )

    def finish(self) -> None:
        rules = "".join(self._rules)
        if rules:
            rules = f'<dataValidations count="{len(self._rules)}">{rules}</dataValidations>'
        self._part.write(f"</sheetData>{rules}{FOOT}".encode())


class Workbook:
    """A workbook whose sheets grow side by side; leaving its block puts it together in `stream`.

    Raises archive.TooLarge there.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._sheets: list[Sheet] = []
        self._parts: list[archive.Part] = []

    def sheet(
        self, name: str, widths: Sequence[int] = (), formats: Mapping[int, Style] | None = None
    ) -> Sheet:
        """A new sheet; `widths` are those of its columns, in characters, `formats` those of cells left empty."""
        part = archive.Part(f"xl/worksheets/sheet{len(self._sheets) + 1}.xml")
        self._parts.append(part)
        self._sheets.append(Sheet(name, part, widths, formats or {}))
        return self._sheets[-1]

    def __enter__(self) -> Workbook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            for part in self._parts:
                part.close()

    def _finish(self) -> None:
        for sheet in self._sheets:
            sheet.finish()
        for name, content in parts_beside([_text(sheet.name) for sheet in self._sheets]).items():
            part = archive.Part(name)
            part.write(f"{ROOT}{content}".encode())
            self._parts.append(part)
        # The table of contents comes first, as Excel writes it: some readers tell the kind of file by it.
        archive.write(self._stream, [*self._parts[len(self._sheets) :], *self._parts[: len(self._sheets)]])


def write(
    stream: IO[bytes], rows: Iterable[Sequence[Cell]], *, sheet: str = "Leads", widths: Sequence[int] = ()
) -> None:
    """Write a workbook of one sheet to `stream`."""
    with Workbook(stream) as book:
        book.sheet(sheet, widths).add_all(rows)


def _head(widths: Sequence[int], formats: Mapping[int, Style]) -> str:
    columns = "".join(
        f'<col min="{at + 1}" max="{at + 1}" width="{width}" style="{formats.get(at, Style.TEXT):d}" customWidth="1"/>'
        for at, width in enumerate(widths)
    )
    return (
        f'{ROOT}<worksheet xmlns="{NAMESPACE}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )


def _column(values: Sequence[Cell]) -> list[str]:
    """The cells of a column's values."""
    texts = cast(Sequence[str], values)  # whether they are all texts is what is tried
    try:
        text = "".join(texts)
    except TypeError:
        return _typed(values)
    if not text:
        return [_EMPTY] * len(values)
    too_long = len(text) > _LONGEST and max(map(len, texts)) > _LONGEST
    if not text.isprintable() or "  " in text or too_long:
        return [_cell(value) for value in values]
    joined = _escaped(_BETWEEN.join(texts))
    start = _KEEPING_SPACES if " " in text and _has_edges(joined) else _START
    cells = f"{start}{joined.replace(_BETWEEN, f'{_END}{_BETWEEN}{start}')}{_END}"
    return cells.replace(start + _END, _EMPTY).split(_BETWEEN)


def _typed(values: Sequence[Cell]) -> list[str]:
    """The cells of a column with something else than text in it: mostly of one kind, with empty ones between."""
    kind = next(value.__class__ for value in values if value.__class__ is not str)
    if kind is date:
        return [_day(value) if value.__class__ is date else _cell(value) for value in values]
    if kind is Decimal:
        return [
            f'<c s="6"><v>{value}</v></c>' if value.__class__ is Decimal else _cell(value) for value in values
        ]
    if kind is int:
        return [
            f'<c s="5"><v>{value}</v></c>' if value.__class__ is int else _cell(value) for value in values
        ]
    return [_cell(value) for value in values]


def _has_edges(texts: str) -> bool:
    """Whether one of them begins or ends with a space, which a reader would leave off."""
    return " \0" in texts or "\0 " in texts or texts[0] == " " or texts[-1] == " "


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return _string(value, Style.TEXT)
    if isinstance(value, Styled):
        return _string(value.text, value.style)
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, Decimal):
        return f'<c s="{Style.AMOUNT:d}"><v>{value:f}</v></c>'
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"A cell can't hold a {type(value).__name__}.")
    if not math.isfinite(value):
        return _EMPTY
    return f'<c s="{Style.NUMBER:d}"><v>{value}</v></c>'


@lru_cache(maxsize=20_000)  # days of birth and of issue: some ten thousand make up a million
def _day(value: date) -> str:
    day = value.toordinal()
    if day < _FIRST_SURE_DAY:
        return _string(value.isoformat(), Style.TEXT)
    return f'<c s="{Style.DATE:d}"><v>{day - _EXCEL_DAY_0}</v></c>'


def _string(text: str, style: Style) -> str:
    if not text and style is Style.TEXT:
        return _EMPTY
    return f'<c s="{style:d}" t="inlineStr"><is><t xml:space="preserve">{_text(text)}{_END}'


def _text(text: str) -> str:
    text = text[:_LONGEST]
    return _escaped(text if text.isprintable() else _UNPRINTABLE.sub("", text))


def _escaped(text: str) -> str:
    if "_x" in text:
        text = _CODE_LIKE.sub("_x005F_", text)
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("\r", "&#13;")
    )
