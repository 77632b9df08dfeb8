"""Applicants of leads that are here: added, changed and deleted one at a time.

Each change is checked with the whole lead, counted as a new version of it and announced. All of them raise Invalid
with every error, NotInThisState where the lead is not changed any more, and Gone for what was deleted meanwhile.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from leadops.drafts import MOST_APPLICANTS, ApplicantDraft
from leadops.errors import Invalid, NotInThisState
from leadops.models import Address, Applicant, Bank
from leadops.services import bank_verification
from leadops.services.duplicates.records import save, values_of
from leadops.services.whole_leads import (
    Changed,
    Given,
    WholeLead,
    close_up,
    fill,
    place_behind,
    refuse_documents,
    refuse_more,
    warnings_or_invalid,
)
from leadops.validation import findings_at, problem


@transaction.atomic
def add(lead_id: UUID, draft: ApplicantDraft) -> Changed:
    """Put another applicant, with its addresses and bank accounts, behind those of the lead."""
    whole = WholeLead(lead_id)
    everyone, path = whole.draft.applicants, f"applicants[{len(whole.people)}]."
    refuse_more(len(everyone), MOST_APPLICANTS, "applicants")
    everyone.append(draft)
    warnings = warnings_or_invalid(whole.findings(path))
    values = values_of(draft) | values_of(draft.identity_document, "identity_")
    applicant = Applicant(lead=whole.lead, position=place_behind(whole.people), **values)
    applicant.save(force_insert=True)
    for at, address in enumerate(draft.addresses):
        Address(applicant=applicant, position=at, **values_of(address)).save(force_insert=True)
    for at, bank in enumerate(draft.banks):
        Bank(applicant=applicant, position=at, **values_of(bank)).save(force_insert=True)
    return Changed(applicant.pk, path, warnings, whole.revised(look_for_duplicates=True))


@transaction.atomic
def change(applicant: Applicant, given: Given) -> Changed:
    """Change what is given of one applicant; one that becomes the primary one takes the former's place."""
    whole = WholeLead(applicant.lead_id)
    at = whole.place_of(applicant.pk)
    path, row, draft = f"applicants[{at}].", whole.people[at], whole.draft.applicants[at]
    fill(draft, {name: value for name, value in given.items() if name != "identity_document"})
    fill(draft.identity_document, given.get("identity_document", {}))
    if row.is_primary and not draft.is_primary:
        raise Invalid(findings_at("is_primary", [problem("primary_applicant_needed")]))
    former = [at for at, each in enumerate(whole.people) if each.is_primary and each.pk != row.pk]
    if draft.is_primary:
        for each in former:
            whole.draft.applicants[each].is_primary = False
    warnings = warnings_or_invalid(whole.findings(path))
    if draft.is_primary:
        for each in former:
            save(whole.people[each], whole.draft.applicants[each])
    was_called = row.name
    changed = save(row, draft, values_of(draft.identity_document, "identity_"))
    if row.name != was_called:
        for bank in row.banks.filter(is_verified=True):
            bank_verification.judge_again(bank)
    return whole.told(row.pk, path, warnings, changed)


def mark_primary(applicant: Applicant) -> Changed:
    """Make this one the primary applicant of its lead; the former one is it no more."""
    return change(applicant, {"is_primary": True})


@transaction.atomic
def delete(applicant: Applicant) -> None:
    """Take an applicant out of its lead, with its addresses and bank accounts."""
    whole = WholeLead(applicant.lead_id)
    row = whole.people[whole.place_of(applicant.pk)]
    if len(whole.people) == 1:
        raise NotInThisState(
            "This is the only applicant of its lead; add another one first, or delete the lead."
        )
    if row.is_primary:
        raise NotInThisState("This is the primary applicant; mark another one as primary first.")
    refuse_documents([row.pk, *(bank.pk for bank in row.banks.all())])
    row.delete()
    close_up([each for each in whole.people if each is not row])
    whole.revised(look_for_duplicates=True)
