"""Several rows that are one lead: the first brings the lead, those below it more applicants, addresses and banks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as fields_of
from typing import Any, NamedTuple

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, LeadDraft
from leadops.validation import Finding, Severity

_LEAD_FIELDS = [
    field.name
    for field in fields_of(LeadDraft)
    if field.name not in {"applicants", "consents", "extra", "primary_mobile", "tags"}
]
_PERSON = "applicants[0]."
_CONTRADICTS = (
    "This says something else than the first row of the same lead; make them equal or leave it empty."
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
    """The rows of one lead put together; `lead` is what they make."""

    def __init__(self, drafts: Sequence[LeadDraft]) -> None:
        super().__init__(len(drafts))
        self.lead = drafts[0]
        for at, draft in enumerate(drafts[1:], start=1):
            self._compare(at, draft)
            self._add(at, draft.applicants[0])

    def _compare(self, at: int, draft: LeadDraft) -> None:
        """What a row below says of the lead itself must be what the first row says; it may fill what that left out."""
        for name in _LEAD_FIELDS:
            given, known = getattr(draft, name), getattr(self.lead, name)
            if given in ("", None) or given == known:
                continue
            if known in ("", None):
                setattr(self.lead, name, given)
                self._parts.append(Part(name, at, name))
            else:
                finding = Finding(name, "contradicts_first_row", _CONTRADICTS, Severity.ERROR)
                self.findings[at].append(finding)

    def _add(self, at: int, person: ApplicantDraft) -> None:
        same = next((i for i, each in enumerate(self.lead.applicants) if _is_same(each, person)), None)
        if same is None:
            person.is_primary = False
            self.lead.applicants.append(person)
            self._parts.append(Part(f"applicants[{len(self.lead.applicants) - 1}].", at, _PERSON))
            return
        known = self.lead.applicants[same]
        self._more(at, f"applicants[{same}].addresses", known.addresses, person.addresses)
        self._more(at, f"applicants[{same}].banks", known.banks, person.banks)

    def _more(self, at: int, there: str, known: list[Any], given: Sequence[AddressDraft | BankDraft]) -> None:
        for each in given:
            if each not in known:
                known.append(each)
                kind = there.rpartition(".")[2]
                self._parts.append(Part(f"{there}[{len(known) - 1}].", at, f"{_PERSON}{kind}[0]."))


def _is_same(one: ApplicantDraft, other: ApplicantDraft) -> bool:
    """Whether a row is about somebody who is named already, or names nobody and so goes on about the first."""
    if one.pan_no and other.pan_no:
        return _plain(one.pan_no) == _plain(other.pan_no)
    name = _plain(_name(other))
    return _plain(_name(one)) == name if name else one.is_primary


def _name(person: ApplicantDraft) -> str:
    return person.name or f"{person.first_name} {person.middle_name} {person.last_name}"


def _plain(text: str) -> str:
    return " ".join(str(text).casefold().split())
