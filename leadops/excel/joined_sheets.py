"""The header rows of sheets that hold more of a lead than its own row: applicants, addresses, banks, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from leadops.excel.columns import IGNORED, LEAD_ID
from leadops.excel.reading.heading_keys import key
from leadops.excel.sheet_header import SheetHeader, one_line
from leadops.excel.sheets import APPLICANT_NO, APPLICANTS, JOINED, LOAN_ACCOUNTS, REFERENCE
from leadops.validation import Finding, Severity

NAMES = tuple(each.name for each in JOINED)
_SHEETS = {each.name: each for each in JOINED}
MOST_OF_A_KIND = 50
_NUMBER = f"This must be a whole number from 1 to {MOST_OF_A_KIND}: which of them the row is about."


def is_joined(sheet: str, cells: Sequence[str]) -> bool:
    """Whether a sheet with this name and header holds more of the leads of the first sheet."""
    keys = {key(cell) for cell in cells}
    joins = {*LEAD_ID.keys, *REFERENCE.keys}
    return sheet in _SHEETS and not keys.isdisjoint(joins)


def own_keys(sheet: str) -> list[str]:
    """The paths of the columns that tell rows of one lead apart."""
    joins = {LEAD_ID.path, REFERENCE.path}
    return [each.path for each in _SHEETS[sheet].columns if each.is_key and each.path not in joins]


class About(NamedTuple):
    """Which applicant a row is about, counted from 1, and which address or bank account of theirs."""

    applicant: int
    own: int


class JoinedHeader(SheetHeader):
    """The header row of one of these sheets."""

    def __init__(self, sheet: str, cells: Sequence[str]) -> None:
        known = {name: column for column in _SHEETS[sheet].columns for name in column.keys}
        cells = one_line(cells)
        left_out = [key(cell) in IGNORED and bool(cell) for cell in cells]
        super().__init__(cells, [known.get(key(cell)) for cell in cells], left_out, known)
        self.sheet = sheet

    def about(self, cells: Sequence[str]) -> tuple[About, list[Finding]]:
        """Which record the row is about; 1 where it does not say."""
        found: list[Finding] = []
        numbers = [self._number(path, cells, found) for path in (APPLICANT_NO.path, "position")]
        return About(*numbers), found

    def _number(self, path: str, cells: Sequence[str], found: list[Finding]) -> int:
        text = self.text_at(path, cells) or "1"
        if text.isdecimal() and len(text) < 3 and 0 < int(text) <= MOST_OF_A_KIND:
            return int(text)
        found.append(Finding(path, "not_a_place", _NUMBER, Severity.ERROR))
        return 1

    def own_key(self, cells: Sequence[str]) -> tuple[str, ...]:
        """What tells the row from the others of its lead on this sheet."""
        return tuple(self.text_at(path, cells) or "1" for path in own_keys(self.sheet))

    def _damage(self, cells: Sequence[str]) -> list[Finding]:
        """What a spreadsheet has done to the row; beside a leadops id nobody reads the reference."""
        found = super()._damage(cells)
        if not self.text_at(LEAD_ID.path, cells):
            return found
        return [each for each in found if each.field != REFERENCE.path]

    @property
    def holds_applicants(self) -> bool:
        return self.sheet == APPLICANTS.name

    @property
    def holds_accounts(self) -> bool:
        return self.sheet == LOAN_ACCOUNTS.name
