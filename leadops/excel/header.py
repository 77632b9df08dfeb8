"""What the header row of a workbook makes of the rows under it: leads, and findings with the cell's address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, IdentityDocumentDraft, LeadDraft
from leadops.errors import UnreadableFile
from leadops.excel.columns import BY_KEY, IGNORED, KNOWN, LEAD_ID, Column
from leadops.excel.content import looks_like_data
from leadops.excel.reading.heading_keys import key
from leadops.excel.sheet_header import Parts, SheetHeader, one_line
from leadops.models import ImportMode
from leadops.validation import Finding

_MOBILE = "primary_mobile"
_REFERENCE = "partner_ref_id"
_PAN = "applicants[0].pan_no"
_NAMES = ("applicants[0].name", "applicants[0].first_name")
BY_HEADER = {column.header: column for column in KNOWN}
LEFT_OUT = ""
"""Stands in a mapping for a column that is not taken; None is one that looked empty and is asked about if it isn't."""
OurColumns = Sequence[str | None]
"""Which of our columns each column of a sheet becomes, by our header."""


def is_a_name(column: Column | None) -> bool:
    """Whether a column holds the name that a lead can't do without."""
    return column is not None and column.path in _NAMES


def missing_columns(columns: Iterable[Column], mode: str = ImportMode.CREATE) -> list[str]:
    """What a workbook of leads can't do without and `columns` do not hold, by our headers."""
    paths = {column.path for column in columns}
    if mode == ImportMode.UPDATE:
        known = not paths.isdisjoint({_REFERENCE, LEAD_ID.path}) or {_MOBILE, _PAN} <= paths
        return [] if known else ["Partner reference"]
    needed = {"Mobile": _MOBILE not in paths, "Name": paths.isdisjoint(_NAMES)}
    return [name for name, is_missing in needed.items() if is_missing]


class Header(SheetHeader):
    """The header row of leads, understood.

    `mapping` names our column for each of its cells, None where only their names tell. Raises UnreadableFile with
    one sentence when it can't be the header of leads.
    """

    def __init__(
        self, cells: Sequence[str], mapping: OurColumns | None = None, mode: str = ImportMode.CREATE
    ) -> None:
        cells = one_line(cells)
        left_out = [key(cell) in IGNORED and bool(cell) for cell in cells]
        columns: list[Column | None] = [BY_KEY.get(key(cell)) for cell in cells]
        if mapping is not None:
            columns = [BY_HEADER.get(name or LEFT_OUT) for name in mapping]
            left_out = [name == LEFT_OUT for name in mapping]
        super().__init__(cells, columns, left_out, BY_KEY)
        self._refuse_missing(mode)
        self._is_passport = any(key(cell).startswith("passport") for cell in self.cells)

    @staticmethod
    def is_one(cells: Sequence[str]) -> bool:
        """Whether these cells look like a header and not like a title above it, as `Contact: 9800000001` does."""
        has_mobile = any((column := BY_KEY.get(key(cell))) and column.path == _MOBILE for cell in cells)
        return has_mobile and not any(map(looks_like_data, cells))

    def _refuse_missing(self, mode: str) -> None:
        if missing := missing_columns((column for column in self.columns if column is not None), mode):
            raise UnreadableFile(
                f"No column is headed {' and none '.join(missing)}: the first row must name the columns,"
                " as in the template."
            )

    def draft(self, cells: Sequence[str]) -> tuple[LeadDraft, list[Finding]]:
        """The lead of one row, and what a spreadsheet has done to it; `validation` has not seen it yet."""
        parts, findings = self.values(cells)
        return self._lead(parts), findings

    def _lead(self, parts: Parts) -> LeadDraft:
        lead, person = parts[""], parts["applicants[0]"]
        applicant = ApplicantDraft(is_primary=True, primary_mobile=lead.get(_MOBILE, ""), **person)
        if home := parts.get("applicants[0].addresses[0]"):
            applicant.addresses.append(AddressDraft(tags=["current"], **home))
        if bank := parts.get("applicants[0].banks[0]"):
            applicant.banks.append(BankDraft(**bank))
        if paper := parts.get("applicants[0].identity_document"):
            if self._is_passport:
                paper.setdefault("type", "passport")
            applicant.identity_document = IdentityDocumentDraft(**paper)
        return LeadDraft(**lead, applicants=[applicant])
