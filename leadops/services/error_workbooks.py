"""The refused rows of an import as a workbook, to mend and upload again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from django.db.models import QuerySet

from leadops.excel.columns import REASON_HEADER, ROW_HEADER
from leadops.excel.joined_sheets import NAMES
from leadops.excel.marks import row_heading, sheet_name
from leadops.excel.sheet_header import position
from leadops.excel.writer import Cell, Style, Styled, Workbook
from leadops.languages.said import said
from leadops.models import ImportBatch, ImportRow

ROWS_A_READ = 500


def error_workbook(batch: ImportBatch) -> IO[bytes]:
    """A workbook of the refused rows as they were, bad cells coloured, each with its reason; the caller closes it.

    Mended and uploaded again it works as it is: the two columns that are added are known and ignored.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  handed to the caller
    refused = batch.import_rows.filter(outcome=ImportRow.Outcome.FAILED).order_by("number")
    with Workbook(file) as book:
        leads = book.sheet(sheet_name(batch.pk))
        of_leads = refused.exclude(sheet__in=list(batch.sheets))
        leads.add_all(_refused(batch.columns, of_leads, row_heading(batch.pk)))
        for name in (each for each in NAMES if each in batch.sheets):
            book.sheet(name).add_all(_refused(batch.sheets[name], refused.filter(sheet=name), ROW_HEADER))
    file.seek(0)
    return file


def _refused(columns: Sequence[str], refused: QuerySet[ImportRow], row_header: str) -> Iterator[list[Cell]]:
    kept = [at for at, name in enumerate(columns) if name not in (ROW_HEADER, REASON_HEADER)]
    yield [Styled(name, Style.HEADER) for name in [*(columns[at] for at in kept), REASON_HEADER, row_header]]
    for row in refused.iterator(chunk_size=ROWS_A_READ):
        cells = json.loads(row.cells or "[]")
        errors = [problem for problem in row.problems if problem["severity"] == "error"]
        wrong = {position(problem["letter"]) for problem in errors}
        line: list[Cell] = [cells[at] if at < len(cells) else "" for at in kept]
        for place, at in enumerate(kept):
            if at in wrong:
                line[place] = Styled(str(line[place]), Style.WRONG)
        reason = "\n".join(f"{each['column']}: {said(each['message'])}".removeprefix(": ") for each in errors)
        yield [*line, Styled(reason, Style.NOTE), row.number]
