"""A report as a workbook: a sheet that says what it is, and a sheet for each table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadops.excel.writer import Cell as Written
from leadops.excel.writer import Style, Styled, Workbook
from leadops.reports.asked import Asked
from leadops.reports.tables import Cell, Report, Result, Table, Unit

HOUR = 3600
LONGEST_NAME = 31
WIDTH = 18


def workbook(report: Report, asked: Asked, result: Result) -> IO[bytes]:
    """The caller closes it. Times are in hours, shares in percent, so that they can be reckoned with."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  handed to the caller
    with Workbook(file) as book:
        book.sheet(_("Report"), [24, 60]).add_all(_about(report, asked, result))
        for table in result.tables:
            widths = [32, *[WIDTH] * (len(table.columns) - 1)]
            book.sheet(str(table.title)[:LONGEST_NAME], widths).add_all(_rows(table))
    file.seek(0)
    return file


def _about(report: Report, asked: Asked, result: Result) -> Iterator[list[Written]]:
    yield [Styled(str(report.title), Style.HEADER), ""]
    yield ["", str(report.about)]
    if report.of_a_period:
        yield [_("Period"), spoken_period(asked)]
    for label, chosen in (
        (_("Program"), asked.program),
        (_("Branch"), asked.branch),
        (_("Partner"), asked.partner),
    ):
        if chosen is not None:
            yield [label, str(chosen)]
    yield [_("Made at"), date_format(timezone.localtime(), "DATETIME_FORMAT")]
    for note in result.notes:
        yield ["", str(note)]


def spoken_period(asked: Asked) -> str:
    return f"{date_format(asked.first, 'DATE_FORMAT')} – {date_format(asked.last, 'DATE_FORMAT')}"


def _rows(table: Table) -> Iterator[list[Written]]:
    units = [cell.unit for cell in table.rows[0]] if table.rows else []
    yield [
        Styled(_heading(str(name), unit), Style.HEADER)
        for name, unit in zip(table.columns, units, strict=False)
    ]
    for row in (*table.rows, *([table.total] if table.total else [])):
        yield _written(row)


def _heading(name: str, unit: Unit) -> str:
    return f"{name} ({_('hours')})" if unit is Unit.SECONDS else name


def _written(row: Sequence[Cell]) -> list[Written]:
    return [_value(cell) for cell in row]


def _value(cell: Cell) -> Written:
    if cell.value is None:
        return ""
    if cell.unit is Unit.SECONDS:
        return Decimal(f"{cell.value / HOUR:.2f}")
    if cell.unit is Unit.SHARE:
        return Decimal(f"{cell.value:.1f}")
    return str(cell.value) if cell.unit is Unit.TEXT else int(cell.value)
