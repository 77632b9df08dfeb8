"""A stored lead in hand: locked, as a draft of what it would become, and announced as a new version."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from leadops.drafts import LeadDraft
from leadops.errors import Gone, Invalid, NotInThisState
from leadops.models import Address, Applicant, Bank, Document, Lead
from leadops.services import duplicates, leads
from leadops.services.duplicates import Match
from leadops.services.duplicates.records import draft_of
from leadops.validation import Finding, check_lead, errors_in

Given = Mapping[str, Any]
"""What a change says: the draft's fields by their names, and no others; of an identity document the same again."""
KNOWN_BY = {"pan_no", "primary_mobile", "account_no", "ifsc"}
"""The fields that a borrower is known by; only their change may make another lead a duplicate."""


class Changed(NamedTuple):
    """What was added or changed; `path` is that of the part in its lead, `repeats` the leads it repeats from now on."""

    id: UUID
    path: str
    warnings: list[Finding]
    repeats: list[Match]


class WholeLead:
    """A lead that may still be changed, locked until the caller's transaction ends.

    Raises Gone where it was deleted meanwhile, NotInThisState where the lender has decided on it.
    """

    def __init__(self, lead_id: UUID) -> None:
        locked = Lead.objects.select_for_update(of=("self",), no_key=True).filter(pk=lead_id)
        if (lead := locked.with_parties().first()) is None:
            raise Gone
        refuse_decided(lead, "nothing of it is changed any more")
        self.lead = lead
        self.draft: LeadDraft = draft_of(lead)
        self.people: list[Applicant] = list(lead.applicants.all())

    def place_of(self, applicant_id: UUID) -> int:
        """Where this applicant stands among the lead's."""
        for at, applicant in enumerate(self.people):
            if applicant.pk == applicant_id:
                return at
        raise Gone

    def findings(self, path: str) -> list[Finding]:
        """What is found about the part at `path`, named from there, when the whole lead is checked.

        What was wrong elsewhere in the lead before keeps nobody from mending this part.
        """
        return within(path, check_lead(self.draft, country=self.lead.program.country))

    def told(self, part_id: UUID, path: str, warnings: list[Finding], changed: Collection[str]) -> Changed:
        """What became of a change of these fields; one that says nothing new is no new version."""
        repeats = self.revised(look_for_duplicates=not KNOWN_BY.isdisjoint(changed)) if changed else []
        return Changed(part_id, path, warnings, repeats)

    def revised(self, *, look_for_duplicates: bool) -> list[Match]:
        """Count and announce what was changed; returns which earlier leads it repeats that it did not repeat before.

        A lead that is out already is submitted again: connections that still lacked something may take it now.
        """
        leads.revise(self.lead)
        if self.lead.status != Lead.Status.DRAFT:
            leads.submit([self.lead])
        return duplicates.look_again(self.lead) if look_for_duplicates else []


def refuse_decided(lead: Lead, so: str) -> None:
    """Raise NotInThisState where what the lender decided on would not be what it decided on any more.

    `so` says what is not changed therefore.
    """
    if lead.status not in Lead.OPEN:
        word = lead.get_status_display().lower()
        raise NotInThisState(f"This lead is {word}, so {so}.")
    if lead.loan_accounts.exists():
        raise NotInThisState(f"This lead has a loan account, so {so}.")


def within(path: str, findings: list[Finding]) -> list[Finding]:
    """The findings about what stands at `path`, which ends with a dot, named from there."""
    return [
        Finding(each.field.removeprefix(path), each.code, each.message, each.severity)
        for each in findings
        if each.field.startswith(path)
    ]


def warnings_or_invalid(findings: list[Finding]) -> list[Finding]:
    """The findings, where all of them are warnings; raises Invalid else."""
    if errors := errors_in(findings):
        raise Invalid(errors)
    return findings


def fill(draft: Any, given: Given) -> None:
    """Put what is given into a draft."""
    for name, value in given.items():
        setattr(draft, name, value)


def place_behind(rows: Sequence[Applicant | Address | Bank]) -> int:
    """The position of what comes after `rows`."""
    return rows[-1].position + 1 if rows else 0


def close_up(rows: Sequence[Applicant | Address | Bank]) -> None:
    """Let the positions of those that are left follow one another."""
    for at, row in enumerate(rows):
        if row.position != at:
            row.position = at
            row.save(update_fields=["position"])


def refuse_more(there_are: int, most: int, words: str) -> None:
    """Raise NotInThisState where there are as many as there may be."""
    if there_are >= most:
        raise NotInThisState(f"There are {most} {words} already, and more are not kept.")


def refuse_documents(about: Collection[UUID]) -> None:
    """Raise NotInThisState where files are about what is to be deleted."""
    if Document.objects.filter(related_model_id__in=about).exists():
        raise NotInThisState("There are documents about it; delete those first.")
