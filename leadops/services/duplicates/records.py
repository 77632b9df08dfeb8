"""Stored leads as drafts, and back: what was filled in is written where it was empty."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.db.models import Model

from leadops.drafts import (
    AddressDraft,
    ApplicantDraft,
    BankDraft,
    ConsentDraft,
    IdentityDocumentDraft,
    LeadDraft,
)
from leadops.fields import indexes_of
from leadops.models import Address, Applicant, Bank, Consent, Lead

_PARTS = {"applicants", "consents", "addresses", "banks", "identity_document"}
_NAMES = {
    draft: [field.name for field in fields_of(draft) if field.name not in _PARTS]
    for draft in (LeadDraft, ApplicantDraft, AddressDraft, BankDraft, ConsentDraft, IdentityDocumentDraft)
}


@dataclass(slots=True)
class Stored:
    """A lead and the draft that it would come of."""

    lead: Lead
    draft: LeadDraft


def stored(lead_ids: Collection[UUID], *, lock: bool = True) -> dict[UUID, Stored]:
    """These leads, locked; without those that somebody else has in hand in this moment, which nobody waits for.

    Without `lock` all of them, as who only asks reads them.
    """
    free = Lead.objects.filter(pk__in=lead_ids)
    if lock:
        free = free.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return {lead.pk: Stored(lead, _draft_of(lead)) for lead in free.with_parties()}


def write(into: Stored) -> None:
    """Store what the draft says beyond its lead."""
    lead, draft = into.lead, into.draft
    _save(lead, draft)
    for consent in draft.consents[len(lead.consents.all()) :]:
        Consent(lead=lead, **_values(consent)).save(force_insert=True)
    for applicant, told in _together(lead.applicants.all(), draft.applicants):
        if applicant is None:
            values = _values(told) | _values(told.identity_document, "identity_")
            applicant = Applicant(lead=lead, position=draft.applicants.index(told), **values)
            applicant.save(force_insert=True)
        else:
            _save(applicant, told, _values(told.identity_document, "identity_"))
        _write_parts(applicant, Address, applicant.addresses, told.addresses)
        _write_parts(applicant, Bank, applicant.banks, told.banks)


def _write_parts(
    applicant: Applicant, model: type[Address | Bank], related: Any, told: Sequence[Any]
) -> None:
    for place, (row, draft) in enumerate(_together(related.all(), told)):
        if row is None:
            model(applicant=applicant, position=place, **_values(draft)).save(force_insert=True)
        else:
            _save(row, draft)


def _together(rows: Iterable[Any], drafts: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Each draft with the row that it came of, None for a new one."""
    return list(zip_longest(rows, drafts))


def _save(row: Model, draft: Any, more: dict[str, Any] | None = None) -> None:
    told = _values(draft) | (more or {})
    changed = [name for name, value in told.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, told[name])
    if changed:
        row.save(update_fields=[*changed, *indexes_of(type(row), changed), "updated_at"])


def _values(draft: Any, prefix: str = "") -> dict[str, Any]:
    return {prefix + name: getattr(draft, name) for name in _NAMES[type(draft)]}


def _draft_of(lead: Lead) -> LeadDraft:
    return LeadDraft(
        **_read(LeadDraft, lead),
        applicants=[_applicant(each) for each in lead.applicants.all()],
        consents=[ConsentDraft(**_read(ConsentDraft, each)) for each in lead.consents.all()],
    )


def _applicant(applicant: Applicant) -> ApplicantDraft:
    return ApplicantDraft(
        **_read(ApplicantDraft, applicant),
        identity_document=IdentityDocumentDraft(**_read(IdentityDocumentDraft, applicant, "identity_")),
        addresses=[AddressDraft(**_read(AddressDraft, each)) for each in applicant.addresses.all()],
        banks=[BankDraft(**_read(BankDraft, each)) for each in applicant.banks.all()],
    )


def _read(draft: type[Any], row: Model, prefix: str = "") -> dict[str, Any]:
    return {name: getattr(row, prefix + name) for name in _NAMES[draft]}
