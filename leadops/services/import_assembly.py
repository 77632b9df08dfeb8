"""One lead whose parts stand on several sheets, put together: its own row, its applicants, addresses and banks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, IdentityDocumentDraft
from leadops.excel.header import Header
from leadops.excel.joined_sheets import JoinedHeader
from leadops.excel.sheet_header import Parts
from leadops.excel.sheets import ADDRESSES
from leadops.services.import_groups import Part, Placed
from leadops.services.lead_rows import ADDRESS_FIELDS, APPLICANT_FIELDS, BANK_FIELDS, IDENTITY_FIELDS
from leadops.validation import Finding, Severity

_REPEATS = "Another row of this sheet has the same lead and numbers: keep one of them."
_CONTRADICTS = (
    "Sheet {sheet} says something else of this, in row {number}: make them equal, or empty one of them."
)
_NOT_HERE = "This can't be told by a workbook: put back what it was, or empty it."
_NO_ACCOUNTS = "A loan account is opened on the lead's page or by the API: delete this row."


class Known(NamedTuple):
    """How many addresses and bank accounts an applicant has who is here, and whether it is the primary one."""

    addresses: int
    banks: int
    is_primary: bool


_NOBODY = Known(0, 0, is_primary=False)


class RowOf(NamedTuple):
    """A row of the sheet that `header` is of."""

    header: JoinedHeader
    number: int
    cells: list[str]


@dataclass(slots=True)
class _Person:
    draft: ApplicantDraft = field(default_factory=ApplicantDraft)
    row: int | None = None
    addresses: dict[int, tuple[AddressDraft, int]] = field(default_factory=dict)
    banks: dict[int, tuple[BankDraft, int]] = field(default_factory=dict)


class Assembly(Placed):
    """What the rows say of one lead; `lead` has its applicants at the places that their numbers name."""

    def __init__(
        self, header: Header, cells: Sequence[str], rows: Sequence[RowOf], known: Sequence[Known]
    ) -> None:
        """`cells` are those of the lead's own row, `known` the applicants who are here already."""
        super().__init__(1 + len(rows))
        self._rows, self._known = rows, known
        self._people: dict[int, _Person] = {}
        self.lead, damage = header.draft(cells)
        self.findings[0] += damage
        for at, row in enumerate(rows, start=1):
            self._take(at, row)
        self._fold(self.lead.applicants[0], self._primary())
        self._put_together()

    # What the rows say ---------------------------------------------------------------------------------------

    def _take(self, at: int, row: RowOf) -> None:
        parts, damage = row.header.values(row.cells)
        about, astray = row.header.about(row.cells)
        self.findings[at] += [*damage, *astray]
        if row.header.holds_accounts:
            if parts:
                self._refuse(at, "", "not_by_workbook", _NO_ACCOUNTS)
            return
        values = self._without_ours(at, parts, is_new=about.applicant > len(self._known))
        person = self._people.setdefault(about.applicant, _Person())
        if row.header.holds_applicants:
            if person.row is None:
                paper = IdentityDocumentDraft(**parts["identity_document"])
                person.row, person.draft = at, ApplicantDraft(**values, identity_document=paper)
                return
        elif row.header.sheet == ADDRESSES.name:
            if person.addresses.setdefault(about.own, (AddressDraft(**values), at))[1] == at:
                return
        elif person.banks.setdefault(about.own, (BankDraft(**values), at))[1] == at:
            return
        self._refuse(at, "", "repeats_a_row", _REPEATS)

    def _without_ours(self, at: int, parts: Parts, *, is_new: bool) -> dict[str, Any]:
        """The values of a row without those that only leadops may say, which are refused."""
        values = parts[""]
        if values.pop("is_verified", False):
            self._refuse(at, "is_verified", "not_by_workbook", _NOT_HERE)
        # Of those who are here: who is primary, and that one signs no more.
        for name in () if is_new else ("is_primary", "is_authorized_signatory"):
            if name in values and (name == "is_primary" or not values[name]):
                self._refuse(at, name, "not_by_workbook", _NOT_HERE)
                del values[name]
        return values

    def _refuse(self, at: int, path: str, code: str, message: str) -> None:
        self.findings[at].append(Finding(path, code, message, Severity.ERROR))

    # The lead's own row --------------------------------------------------------------------------------------

    def _primary(self) -> int:
        """The number of the primary applicant, of whom the lead's own row speaks."""
        here = (number for number, each in enumerate(self._known, start=1) if each.is_primary)
        told = (number for number, each in sorted(self._people.items()) if each.draft.is_primary)
        return next(here, None) or next(told, None) or min(self._people, default=1)

    def _fold(self, flat: ApplicantDraft, number: int) -> None:
        """Put what the lead's own row says of the primary applicant to what the other sheets say of it."""
        person = self._people.setdefault(number, _Person())
        person.draft.is_primary = True
        names = [name for name in APPLICANT_FIELDS if name not in ("is_primary", "tags")]
        self._agree(person.draft, flat, names, "", person.row)
        papers = person.draft.identity_document, flat.identity_document
        self._agree(*papers, IDENTITY_FIELDS, "identity_document.", person.row)
        known = self._known[number - 1] if number <= len(self._known) else _NOBODY
        for address in flat.addresses:
            if known.addresses:
                address.tags = []  # what the first one is, is known
            home, at = person.addresses.setdefault(1, (address, 0))
            self._agree(
                home, address, [name for name in ADDRESS_FIELDS if name != "tags"], "addresses[0].", at
            )
        for account in flat.banks:
            bank, at = person.banks.setdefault(1, (account, 0))
            self._agree(bank, account, [name for name in BANK_FIELDS if name != "tags"], "banks[0].", at)

    def _agree(self, here: Any, flat: Any, names: Iterable[str], path: str, row: int | None) -> None:
        empty = type(flat)()
        for name in names:
            said = getattr(flat, name)
            if here is flat or said in (getattr(empty, name), getattr(here, name)):
                continue
            if getattr(here, name) == getattr(empty, name):
                setattr(here, name, said)
            elif row:
                other = self._rows[row - 1]
                message = _CONTRADICTS.format(sheet=other.header.sheet, number=other.number)
                self._refuse(0, f"applicants[0].{path}{name}", "contradicts_sheet", message)

    # All of it -----------------------------------------------------------------------------------------------

    def _put_together(self) -> None:
        self.lead.applicants = []
        for number in _in_order(self._people, len(self._known)):
            person = self._people.get(number, _Person())
            there = f"applicants[{len(self.lead.applicants)}]."
            known = self._known[number - 1] if number <= len(self._known) else _NOBODY
            self._place_row(there, person.row, "applicants[0].")
            person.draft.addresses = self._in_place(
                person.addresses, known.addresses, AddressDraft, there + "addresses"
            )
            person.draft.banks = self._in_place(person.banks, known.banks, BankDraft, there + "banks")
            self.lead.applicants.append(person.draft)

    def _in_place(
        self, found: Mapping[int, tuple[Any, int]], known: int, kind: type, there: str
    ) -> list[Any]:
        made: list[Any] = []
        for number in _in_order(found, known):
            draft, row = found.get(number, (kind(), None))
            self._place_row(f"{there}[{len(made)}].", row, f"applicants[0].{there.rpartition('.')[2]}[0].")
            made.append(draft)
        return made

    def _place_row(self, there: str, row: int | None, flat: str) -> None:
        """Findings below `there` are shown in that row, in the lead's own where it has none."""
        self._parts.append(Part(there, row, "") if row else Part(there, 0, flat))


def _in_order(found: Iterable[int], known: int) -> list[int]:
    """The numbers of those who are here, then of the others."""
    return [*range(1, known + 1), *sorted(number for number in found if number > known)]
