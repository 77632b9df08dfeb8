"""The sheets of an export and their columns: under the headers that the importer knows.

Leads is flat, one row a lead with its primary applicant and that one's first address and bank account, so it can be
imported alone. The others hold all of each kind, joined by `leadops id`, `Partner reference` and the numbers, and
their columns' paths are the attributes of the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from leadops.excel.columns import COLUMNS, LEAD_ID, OF_OURS, VERSION, Column, by_commas
from leadops.validation import Problem, problem

_PERSON, _HOME, _BANK = "applicants[0].", "applicants[0].addresses[0].", "applicants[0].banks[0]."
_WORDS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class ExportSheet:
    """A sheet's name and what its columns hold."""

    name: str
    columns: tuple[Column, ...]

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]

    @property
    def own(self) -> tuple[Column, ...]:
        """What the sheet says of a record, without what tells which one it is."""
        return tuple(column for column in self.columns if not column.is_key)


def as_truth(text: str) -> bool:
    """What a yes or no says; anything else is a no, and `yes_or_no` refuses it."""
    return _WORDS.get(text.strip().casefold(), False)


def yes_or_no(text: str) -> tuple[Problem, ...]:
    """Refuse what is neither."""
    return () if not text or text.strip().casefold() in _WORDS else (problem("not_yes_or_no"),)


def _under(*paths: str) -> tuple[Column, ...]:
    """The importer's columns whose field lies right under one of `paths`."""
    return tuple(column for column in COLUMNS if column.path.removesuffix(column.attribute) in paths)


def own(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Columns with their paths as seen from what a row of the sheet is about."""
    return tuple(
        replace(column, path=_short(column.path), shows=tuple(map(_short, column.shows)))
        for column in columns
    )


def _short(path: str) -> str:
    for prefix in (_HOME, _BANK, _PERSON):
        path = path.removeprefix(prefix)
    return path


def _flag(header: str, attribute: str) -> Column:
    return Column(header, attribute, clean=as_truth, check=yes_or_no)


OF_LEAD = _under("")
OF_APPLICANT = _under(_PERSON, f"{_PERSON}identity_document.")
OF_ADDRESS = _under(_HOME)
OF_BANK = _under(_BANK)
_BY_PATH = {column.path: column for column in COLUMNS}
REFERENCE = replace(_BY_PATH["partner_ref_id"], is_key=True)
APPLICANT_NO = Column("Applicant no", "applicant_no", is_key=True)
_JOIN = (LEAD_ID, REFERENCE)
_TAGS = Column("Tags", "tags", clean=by_commas)

LEADS = ExportSheet("Leads", (LEAD_ID, VERSION, *COLUMNS, *OF_OURS))
APPLICANTS = ExportSheet(
    "Applicants",
    (
        *_JOIN,
        APPLICANT_NO,
        _flag("Primary", "is_primary"),
        _flag("Signatory", "is_authorized_signatory"),
        _BY_PATH["primary_mobile"],
        *own(OF_APPLICANT),
        _TAGS,
    ),
)
ADDRESSES = ExportSheet(
    "Addresses",
    (
        *_JOIN,
        APPLICANT_NO,
        Column("Address no", "position", is_key=True),
        *own(OF_ADDRESS),
        Column("FIAS id", "fias_id"),
        _TAGS,
    ),
)
BANKS = ExportSheet(
    "Banks",
    (
        *_JOIN,
        APPLICANT_NO,
        Column("Bank no", "position", is_key=True),
        *own(OF_BANK),
        _flag("Verified", "is_verified"),
        _TAGS,
    ),
)
LOAN_ACCOUNTS = ExportSheet(
    "LoanAccounts",
    (
        *_JOIN,
        Column("Loan account", "ref_id", is_key=True),
        Column("Account program", "program", is_key=True),
        Column("Product type", "product_type"),
        Column("Account status", "status"),
        Column("Drop reason", "drop_reason"),
        Column("Opened on", "created_at"),
    ),
)
JOINED = (APPLICANTS, ADDRESSES, BANKS, LOAN_ACCOUNTS)
SHEETS = (LEADS, *JOINED)

_GATHERED = (*OF_LEAD, *OF_APPLICANT, *OF_ADDRESS, *OF_BANK)
flat: Callable[[Sequence[Any]], tuple[Any, ...]] = itemgetter(*map(_GATHERED.index, COLUMNS))
"""Values of a lead, an applicant, an address and a bank account, one behind the other, in the order of the sheet."""
