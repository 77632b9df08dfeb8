"""Several rows that are one lead: the first brings the lead, those below it more applicants, addresses and banks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, IdentityDocumentDraft, LeadDraft
from leadops.services.lead_rows import APPLICANT_FIELDS, IDENTITY_FIELDS, LEAD_FIELDS
from leadops.validation import Finding, Severity, check_lead

_PERSON, _PAPER, _MOBILE = "applicants[0].", "identity_document.", "primary_mobile"
_OF_LEAD = [name for name in LEAD_FIELDS if name not in ("extra", _MOBILE, "tags")]
_OF_PERSON = [name for name in APPLICANT_FIELDS if name not in ("is_primary", "tags")]
_EMPTY = {kind: kind() for kind in (LeadDraft, ApplicantDraft, IdentityDocumentDraft)}
_CONTRADICTS = (
    "This says something else than a row above of the same lead; make them equal or leave it empty."
)


class Part(NamedTuple):
    """Where what a row brought stands in the lead: fields below `there` are the row's own fields below `here`."""

    there: str
    row: int
    here: str


class Placed:
    """Findings about a lead that several rows make, each with the row that it is about."""

    def __init__(self, rows: int) -> None:
        self.findings: list[list[Finding]] = [[] for _ in range(rows)]
        self._parts = [Part("", 0, "")]

    def place(self, found: Sequence[Finding]) -> None:
        """Sort what the check found in the whole lead to the rows it is about."""
        for finding in found:
            part = max(
                (each for each in self._parts if finding.field.startswith(each.there)),
                key=lambda each: len(each.there),
            )
            field = part.here + finding.field[len(part.there) :]
            self.findings[part.row].append(Finding(field, finding.code, finding.message, finding.severity))


class Group(Placed):
    """The rows of one lead put together; `lead` is what they make.

    What a row below says of the lead, or of an applicant who is named already, may fill what was left out, and must
    be the same otherwise. Compared is what the checks make of it, so that spellings are no contradiction.
    """

    def __init__(self, drafts: Sequence[LeadDraft], country: str) -> None:
        super().__init__(len(drafts))
        checked = [deepcopy(draft) for draft in drafts]
        for each in checked:
            check_lead(each, country=country)
        self.lead, self._checked = drafts[0], checked[0]
        for at, (draft, plain) in enumerate(zip(drafts[1:], checked[1:], strict=True), start=1):
            self._agree(at, (self.lead, self._checked), (draft, plain), _OF_LEAD, "", "")
            self.lead.tags += [each for each in draft.tags if each not in self.lead.tags]
            self._add(at, draft.applicants[0], plain.applicants[0])

    def _agree(
        self, at: int, known: tuple[Any, Any], given: tuple[Any, Any], names: Iterable[str], *paths: str
    ) -> None:
        """Fill one part of the lead by the same part of a row; both as they were given, and checked.

        `paths`: of the part in the lead, and in the row.
        """
        there, here = paths
        empty = _EMPTY[type(given[0])]
        for name in names:
            nothing = ("", None, getattr(empty, name))
            if getattr(given[0], name) in nothing:
                continue
            if getattr(known[0], name) in nothing:
                for mine, theirs in zip(known, given, strict=True):
                    setattr(mine, name, getattr(theirs, name))
                self._parts.append(Part(there + name, at, here + name))
            elif not _is_equal(getattr(known[1], name), getattr(given[1], name)):
                finding = Finding(here + name, "contradicts_first_row", _CONTRADICTS, Severity.ERROR)
                self.findings[at].append(finding)

    def _add(self, at: int, person: ApplicantDraft, plain: ApplicantDraft) -> None:
        named = enumerate(self._checked.applicants)
        same = next((i for i, each in named if _is_same(each, plain, is_named=bool(_name(person)))), None)
        if same is None:
            person.is_primary = plain.is_primary = False
            self.lead.applicants.append(person)
            self._checked.applicants.append(plain)
            self._parts.append(Part(f"applicants[{len(self.lead.applicants) - 1}].", at, _PERSON))
            return
        there = f"applicants[{same}]."
        known, known_plain = self.lead.applicants[same], self._checked.applicants[same]
        self._agree(at, (known, known_plain), (person, plain), _OF_PERSON, there, _PERSON)
        papers = [each.identity_document for each in (known, known_plain, person, plain)]
        self._agree(
            at,
            (papers[0], papers[1]),
            (papers[2], papers[3]),
            IDENTITY_FIELDS,
            there + _PAPER,
            _PERSON + _PAPER,
        )
        if known.is_primary and not self.lead.primary_mobile:
            self.lead.primary_mobile = known.primary_mobile
            self._parts.append(Part(_MOBILE, at, _MOBILE))
        self._more(at, f"{there}addresses", known.addresses, person.addresses)
        self._more(at, f"{there}banks", known.banks, person.banks)

    def _more(self, at: int, there: str, known: list[Any], given: Sequence[AddressDraft | BankDraft]) -> None:
        for each in given:
            if each not in known:
                known.append(each)
                kind = there.rpartition(".")[2]
                self._parts.append(Part(f"{there}[{len(known) - 1}].", at, f"{_PERSON}{kind}[0]."))


def _is_same(one: ApplicantDraft, other: ApplicantDraft, *, is_named: bool) -> bool:
    """Whether a row is about somebody who is named already, or names nobody and so goes on about the first."""
    if one.pan_no and other.pan_no:
        return _is_equal(one.pan_no, other.pan_no)
    return _is_equal(_name(one), _name(other)) if is_named else one.is_primary


def _name(person: ApplicantDraft) -> str:
    return person.name or f"{person.first_name} {person.middle_name} {person.last_name}".strip()


def _is_equal(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split() or one.casefold().split() == other.casefold().split()
    return one == other
