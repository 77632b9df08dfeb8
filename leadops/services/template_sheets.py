"""The sheets of the template that explain it, told from sheets that somebody has put leads into."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from django.conf import settings
from django.utils import translation

from leadops.excel.columns import COLUMNS
from leadops.excel.reader import LeftOut, Row
from leadops.languages.said import said
from leadops.services.template_workbook import (
    CHOICES,
    CHOICES_SHEET,
    COLUMNS_SHEET,
    EXAMPLE_NOTE,
    EXAMPLE_SHEET,
    column_of,
    example,
)

_EXAMPLE_ROWS = 3
"""The note, the headers, the row."""


def is_of_template(sheet: LeftOut) -> bool:
    """Whether a sheet explains the template and holds nothing else, so that nobody misses it.

    Told by what stands in it, in whatever language; one that somebody has put leads into is none.
    """
    is_ours = _IN_TEMPLATE.get(sheet.name)
    return is_ours is not None and 0 < sheet.rows == len(sheet.top) and is_ours(sheet.top)


def _explains_columns(top: Sequence[Row]) -> bool:
    headers = {column.header for column in COLUMNS}
    return len(top) > 1 and all(row.cells[0] in headers for row in top[1:])


def _is_example(top: Sequence[Row]) -> bool:
    """A template of before may lack columns of today's."""
    texts = [row.cells for row in top]
    if len(texts) != _EXAMPLE_ROWS or texts[0][0] not in _in_any_language(EXAMPLE_NOTE):
        return False
    typed = {column.header: value for column, value in zip(COLUMNS, example(), strict=True)}
    return all(typed.get(header) == cell for header, cell in zip_longest(*texts[1:], fillvalue="") if cell)


def _lists_choices(top: Sequence[Row]) -> bool:
    words = {column_of(path).header: offered for path, offered in CHOICES.items()}
    headers = top[0].cells
    return all(
        cell in words.get(header, ())
        for row in top[1:]
        for header, cell in zip_longest(headers, row.cells, fillvalue="")
        if cell
    )


def _in_any_language(text: str) -> set[str]:
    found = set()
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            found.add(said(text))
    return found


_IN_TEMPLATE = {
    COLUMNS_SHEET: _explains_columns,
    EXAMPLE_SHEET: _is_example,
    CHOICES_SHEET: _lists_choices,
}
