"""The refused rows of an import as a workbook, to mend and upload again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import IO

from leadops.excel.columns import REASON_HEADER, ROW_HEADER
from leadops.excel.header import position
from leadops.excel.writer import Cell, Style, Styled, write
from leadops.models import ImportBatch, ImportRow
from leadops.services import import_corrections

ROWS_A_READ = 500


def error_workbook(batch: ImportBatch) -> IO[bytes]:
    """A workbook of the refused rows as they were, bad cells coloured, each with its reason; the caller closes it.

    Mended and uploaded again it works as it is: the two columns that are added are known and ignored.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  handed to the caller
    write(file, _refused(batch), sheet=import_corrections.sheet_name(batch))
    file.seek(0)
    return file


def _refused(batch: ImportBatch) -> Iterator[list[Cell]]:
    kept = [at for at, name in enumerate(batch.columns) if name not in (ROW_HEADER, REASON_HEADER)]
    yield [
        Styled(name, Style.HEADER)
        for name in [*(batch.columns[at] for at in kept), REASON_HEADER, ROW_HEADER]
    ]
    refused = batch.import_rows.filter(outcome=ImportRow.Outcome.FAILED).order_by("number")
    for row in refused.iterator(chunk_size=ROWS_A_READ):
        cells = json.loads(row.cells)
        errors = [problem for problem in row.problems if problem["severity"] == "error"]
        wrong = {position(problem["letter"]) for problem in errors}
        line: list[Cell] = [cells[at] if at < len(cells) else "" for at in kept]
        for place, at in enumerate(kept):
            if at in wrong:
                line[place] = Styled(str(line[place]), Style.WRONG)
        reason = "\n".join(f"{each['column']}: {each['message']}".removeprefix(": ") for each in errors)
        yield [*line, Styled(reason, Style.NOTE), row.number]
