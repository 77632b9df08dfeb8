"""The sample workbook, and one of the same kind that is quicker to bring in."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

from tests.environment import ROOT

LEADS = ROOT / "docs" / "samples" / "leads.xlsx"
"""200 rows, 25 of them bad in different ways."""
GOOD, BAD = 175, 25
SHORT_GOOD = 60


def short(path: Path) -> Path:
    """The sample with all of its bad rows and the first 60 of its good ones."""
    book = load_workbook(LEADS)
    for bad in range(198, 62, -8):  # after each bad row stand seven good ones
        book.active.delete_rows(bad + 1, 7)
    book.save(path)
    return path
