"""Sheets that are not read although leads may stand on them: told by their header, or by what their rows hold."""

from __future__ import annotations

from collections.abc import Iterable

from leadops.excel import headings
from leadops.excel.columns import BY_KEY
from leadops.excel.header import missing_columns
from leadops.excel.header_row import may_be_lead, table_of
from leadops.excel.reader import LeftOut
from leadops.excel.reading.heading_keys import key
from leadops.models import ImportMode

ON_ONE_SHEET = (
    "Send that sheet as a workbook of its own, or put its rows below those of the sheet that is read; delete sheets"
    " that hold no leads."
)


def leads_on(sheet: LeftOut) -> int:
    """How many rows of a sheet may be leads; 0 where it holds something else, or was not looked at."""
    top = list(headings.as_one(sheet.top))
    if not top:
        return 0
    table = table_of(top)
    rows = [*table.above, *table.below]
    known = [column for name in table.names if (column := BY_KEY.get(key(name)))]
    is_named = bool(table.names) and not missing_columns(known, ImportMode.CREATE)
    alike = sum(may_be_lead(row.cells) for row in rows)
    if not rows or (not is_named and 2 * alike < len(rows)):
        return 0
    return sheet.rows - len(sheet.top) + len(rows)


def doubt_of(sheets: Iterable[LeftOut], read: str) -> str:
    """Which of these sheets may hold leads, a sentence each; `read` is the one that is read, empty without a row."""
    found = list(sheets)
    said = [_in_words(sheet.name, count, read) for sheet in found if (count := leads_on(sheet))]
    unseen = [sheet for sheet in found if sheet.rows and not sheet.top]
    if unseen:
        rows = sum(sheet.rows for sheet in unseen)
        said.append(
            f"There are too many sheets to look at: {len(unseen):,} more with {rows:,} rows are not read."
        )
    return " ".join(said)


def _in_words(name: str, count: int, read: str) -> str:
    where = f"only those of sheet {read} are" if read else "leads stand on the first sheet"
    rows = "1 row that looks like a lead" if count == 1 else f"{count:,} rows that look like leads"
    return f"Sheet {name} has {rows}, and is not read, as {where}."
