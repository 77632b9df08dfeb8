"""The sheets of an export and their columns: under the headers that the importer knows.

Leads is flat, one row a lead with its primary applicant and that one's first address and bank account, so it can be
imported alone. The others hold all of each kind, joined by `leadops id`, `Partner reference` and the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from leadops.excel.columns import COLUMNS, LEAD_ID, OF_OURS, Column

_PERSON, _HOME, _BANK = "applicants[0].", "applicants[0].addresses[0].", "applicants[0].banks[0]."


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet's name and what its columns hold."""

    name: str
    columns: tuple[Column, ...]

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]


def _under(*paths: str) -> tuple[Column, ...]:
    """The importer's columns whose field lies right under one of `paths`."""
    return tuple(column for column in COLUMNS if column.path.removesuffix(column.attribute) in paths)


OF_LEAD = _under("")
OF_APPLICANT = _under(_PERSON, f"{_PERSON}identity_document.")
OF_ADDRESS = _under(_HOME)
OF_BANK = _under(_BANK)
_BY_PATH = {column.path: column for column in COLUMNS}
_JOIN = (LEAD_ID, _BY_PATH["partner_ref_id"])
APPLICANT_NO = Column("Applicant no", "position")
_TAGS = Column("Tags", "tags")

LEADS = Layout("Leads", (LEAD_ID, *COLUMNS, *OF_OURS))
APPLICANTS = Layout(
    "Applicants",
    (
        *_JOIN,
        APPLICANT_NO,
        Column("Primary", "is_primary"),
        Column("Signatory", "is_authorized_signatory"),
        _BY_PATH["primary_mobile"],
        *OF_APPLICANT,
        _TAGS,
    ),
)
ADDRESSES = Layout(
    "Addresses",
    (
        *_JOIN,
        APPLICANT_NO,
        Column("Address no", "position"),
        *OF_ADDRESS,
        Column("FIAS id", "fias_id"),
        _TAGS,
    ),
)
BANKS = Layout(
    "Banks",
    (*_JOIN, APPLICANT_NO, Column("Bank no", "position"), *OF_BANK, Column("Verified", "is_verified"), _TAGS),
)
LOAN_ACCOUNTS = Layout(
    "LoanAccounts",
    (
        *_JOIN,
        Column("Loan account", "ref_id"),
        Column("Account program", "program"),
        Column("Product type", "product_type"),
        Column("Account status", "status"),
        Column("Drop reason", "drop_reason"),
        Column("Opened on", "created_at"),
    ),
)
LAYOUTS = (LEADS, APPLICANTS, ADDRESSES, BANKS, LOAN_ACCOUNTS)

_GATHERED = (*OF_LEAD, *OF_APPLICANT, *OF_ADDRESS, *OF_BANK)
flat: Callable[[Sequence[Any]], tuple[Any, ...]] = itemgetter(*map(_GATHERED.index, COLUMNS))
"""Values of a lead, an applicant, an address and a bank account, one behind the other, in the order of the sheet."""
