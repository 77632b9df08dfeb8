"""A header row and what it makes of the cells under it: values by field, and findings with the cell's address."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from django.utils.functional import cached_property

from leadops import masking
from leadops.errors import UnreadableFile
from leadops.excel.columns import BY_KEY, Check, Column
from leadops.excel.reading.heading_keys import key
from leadops.models import RowProblem
from leadops.validation import Finding, findings_at, problem, refuse_cell, refuse_header

CARD_REMOVED = "(card number removed)"
AADHAAR_REMOVED = "(Aadhaar number removed)"
_REMOVED = {
    CARD_REMOVED: problem("card_data", what="card number"),
    AADHAAR_REMOVED: problem("aadhaar_number"),
}
_TOKENS = {each.code: token for token, each in _REMOVED.items()}
_SHORTEST_HIDDEN = 12  # digits of an Aadhaar number
_MANY_DIGITS = re.compile(r"(?:\d\D{0,3}){12}")
_MOBILE = "primary_mobile"
_LONG_NUMBERS = {_MOBILE, "account_no"}
_LONGEST_MOBILE = 15
"""Digits with the country's; a longer number is none."""
MASKED_IN_EXPORTS = frozenset(
    {
        *("primary_mobile", "primary_email", "date_of_birth", "pan_no", "gstin", "tax_id", "insurance_no"),
        *("series", "number", "account_no", "partner_ref_id"),
    }
)
HIDDEN_IN_EXPORTS = frozenset({"address_line", "house_no", "street", "apartment_no"})
"""Texts that are masked as a whole; a part of one that is masked is the text's own."""
Parts = dict[str, dict[str, Any]]
"""Values by the part of the record that they belong to, and by attribute."""


def _says_nothing(attribute: str, cell: str) -> bool:
    return cell.strip() == masking.HIDDEN if attribute in HIDDEN_IN_EXPORTS else masking.is_masked(cell)


def letters(at: int) -> str:
    """A column's letters as Excel shows them; 0 is A."""
    text, rest = "", at + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        text = chr(65 + letter) + text
    return text


def position(column: str) -> int:
    """The place of the column with these letters; A is 0, and no letters, or those of several columns, are -1."""
    place = 0
    for letter in column if column.isalpha() else "":
        place = place * 26 + ord(letter) - 64
    return place - 1


def one_line(cells: Iterable[str]) -> list[str]:
    """Header cells as they are kept: without line breaks and spaces in a row."""
    return [" ".join(cell.split()) for cell in cells]


def refuse_card_columns(cells: Sequence[str]) -> None:
    """Refuse a workbook that has a column for card data, whatever the column would become."""
    for at, cell in enumerate(cells):
        if key(cell) not in BY_KEY and refuse_header(cell):
            raise UnreadableFile(
                f"Column {letters(at)} asks for card data, which must never be sent or kept:"
                " delete the column and upload the file again."
            )


class SheetHeader:
    """A header row whose `columns` are known, None where one is not; `left_out` are those that nobody needs.

    `known` are all columns that the sheet may have, by `key`. Raises UnreadableFile with one sentence when two
    columns hold the same.
    """

    def __init__(
        self,
        cells: Sequence[str],
        columns: Sequence[Column | None],
        left_out: Sequence[bool],
        known: Mapping[str, Column],
    ) -> None:
        self.cells, self.columns, self.left_out = list(cells), list(columns), list(left_out)
        self._known = known
        refuse_card_columns(self.cells)
        self._refuse_repeats()
        self._plan = [
            (at, column.path.rpartition(".")[0], column.attribute, column.clean)
            for at, column in enumerate(self.columns)
            if column is not None and not column.is_key
        ]
        self._checks: list[tuple[int, str, Check]] = [
            (at, column.path, column.check)
            for at, column in enumerate(self.columns)
            if column is not None and column.check is not None
        ]
        self._masked = [each[:3] for each in self._plan if each[2] in MASKED_IN_EXPORTS | HIDDEN_IN_EXPORTS]

    def _refuse_repeats(self) -> None:
        places = defaultdict(list)
        for at, column in enumerate(self.columns):
            if column is not None:
                places[column.header].append(letters(at))
        for name, found in places.items():
            if len(found) > 1:
                where = " and ".join(found)
                raise UnreadableFile(f"Columns {where} both hold the {name}: keep one and delete the other.")

    def has(self, path: str) -> bool:
        """Whether a column fills this field."""
        return any(column is not None and column.path == path for column in self.columns)

    def strays(self, cells: Sequence[str]) -> list[int]:
        """Positions of filled cells whose column is not known: they must not be dropped without a word."""
        return [at for at in self._unknown if at < len(cells) and cells[at].strip()] + [
            at for at in range(len(self.cells), len(cells)) if cells[at].strip()
        ]

    @cached_property
    def _unknown(self) -> list[int]:
        return [at for at, column in enumerate(self.columns) if column is None and not self.left_out[at]]

    def refuse_strays(self, positions: Iterable[int]) -> None:
        """Say which columns are not known, and what their header may have been meant to be."""
        described = []
        for at in sorted(positions):
            name = self.cells[at] if at < len(self.cells) else ""
            close = get_close_matches(key(name), self._known, n=1) if name else []
            hint = f", perhaps {self._known[close[0]].header}" if close else ""
            described.append(f"{letters(at)} ({name or 'no header'}{hint})")
        if described:
            raise UnreadableFile(
                f"These columns are filled but not known: {', '.join(described)}. Rename them as in the template,"
                " or delete them."
            )

    def without_hidden_numbers(self, cells: list[str]) -> list[str]:
        """The cells as they may be kept: one that holds a card or Aadhaar number only says so."""
        for at, cell in enumerate(cells):
            if len(cell) < _SHORTEST_HIDDEN or (
                at in self._long_numbers and len(cell) <= _LONGEST_MOBILE and cell.isdecimal()
            ):
                continue
            if _MANY_DIGITS.search(cell) and (found := self._hidden_in(at, cell)):
                cells[at] = _TOKENS.get(found[0].code, CARD_REMOVED)
        return cells

    def _hidden_in(self, at: int, cell: str) -> list[Finding]:
        column = self.columns[at] if at < len(self.columns) else None
        attribute = column.attribute if column else ""
        if attribute == _MOBILE:
            return refuse_cell("", "", cell) if sum(map(str.isdecimal, cell)) > _LONGEST_MOBILE else []
        return refuse_cell("", attribute, cell)

    @cached_property
    def _long_numbers(self) -> set[int]:
        """Where long numbers belong: one account number in ten would pass for a card's."""
        return {at for at, column in enumerate(self.columns) if column and column.attribute in _LONG_NUMBERS}

    def values(self, cells: Sequence[str]) -> tuple[Parts, list[Finding]]:
        """What the cells of a row say, and what a spreadsheet has done to it."""
        parts: Parts = defaultdict(dict)
        width = len(cells)
        for at, part, attribute, clean in self._plan:
            if at < width and (text := cells[at]):
                parts[part][attribute] = clean(text) if clean else text
        findings = self._damage(cells) if self._checks else []
        if not _REMOVED.keys().isdisjoint(cells):
            findings += self._removed(cells, parts)
        findings += self._left_masked(cells, parts)
        return parts, findings

    def text_at(self, path: str, cells: Sequence[str]) -> str:
        """The text of the cell in this field's column, as it stands there; empty without one."""
        at = self._own_places.get(path, len(cells))
        return cells[at].strip() if at < len(cells) else ""

    @cached_property
    def _own_places(self) -> dict[str, int]:
        return {each.path: at for at, each in enumerate(self.columns) if each is not None}

    def _damage(self, cells: Sequence[str]) -> list[Finding]:
        return [
            finding
            for at, path, check in self._checks
            if at < len(cells)
            for finding in findings_at(path, check(cells[at]))
        ]

    def _removed(self, cells: Sequence[str], parts: Parts) -> list[Finding]:
        findings: list[Finding] = []
        for at, part, attribute, _ in self._plan:
            if at < len(cells) and cells[at] in _REMOVED:
                del parts[part][attribute]
                path = f"{part}.{attribute}" if part else attribute
                findings += findings_at(path, (_REMOVED[cells[at]],))
        return findings

    def _left_masked(self, cells: Sequence[str], parts: Parts) -> list[Finding]:
        """Leave out what one of our own exports has masked: it must never be written over the real value."""
        findings: list[Finding] = []
        for at, part, attribute in self._masked:
            if at < len(cells) and _says_nothing(attribute, cells[at]):
                parts[part].pop(attribute, None)
                path = f"{part}.{attribute}" if part else attribute
                findings += findings_at(path, (problem("masked_value"),))
        return findings

    def problems(self, findings: Iterable[Finding], number: int) -> list[RowProblem]:
        """Findings as they are kept with row `number`, each once, with its column and the cell's address."""
        placed: dict[tuple[int | None, str], RowProblem] = {}
        for finding in findings:
            at = self._places.get(finding.field)
            letter = "" if at is None else letters(at)
            placed[at, finding.code] = {
                "column": "" if at is None else self.cells[at],
                "letter": letter,
                "cell": f"{letter}{number}" if letter else "",
                "code": finding.code,
                "message": finding.message,
                "severity": finding.severity.value,
            }
        return list(placed.values())

    @cached_property
    def _places(self) -> dict[str, int]:
        """In which column a finding about a field is shown."""
        places: dict[str, int] = {}
        for at, column in enumerate(self.columns):
            for path in column.shows if column else ():
                places[path] = at
        return places | self._own_places
