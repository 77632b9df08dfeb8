"""Leads as they would be stored, for those who ask what would become of them; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadops.drafts import ApplicantDraft, LeadDraft
from leadops.models import Address, Applicant, Bank, Lead
from leadops.services.lead_rows import (
    ADDRESS_FIELDS,
    APPLICANT_FIELDS,
    BANK_FIELDS,
    IDENTITY_FIELDS,
    LEAD_FIELDS,
    loaded,
)


def imagined(draft: LeadDraft, **facts: Any) -> Lead:
    """The lead that `draft` would be, with its parties; `facts` are what a draft does not say of it."""
    lead = Lead(**facts, **_values(draft, LEAD_FIELDS))
    loaded(lead, "applicants", [_applicant(lead, at, each) for at, each in enumerate(draft.applicants)])
    loaded(lead, "consents", [])
    loaded(lead, "loan_accounts", [])
    return lead


def _applicant(lead: Lead, at: int, draft: ApplicantDraft) -> Applicant:
    values = _values(draft, APPLICANT_FIELDS) | _values(draft.identity_document, IDENTITY_FIELDS, "identity_")
    applicant = Applicant(lead=lead, position=at, **values)
    addresses = [_values(each, ADDRESS_FIELDS) for each in draft.addresses]
    banks = [_values(each, BANK_FIELDS) for each in draft.banks]
    loaded(
        applicant,
        "addresses",
        [Address(applicant=applicant, position=n, **each) for n, each in enumerate(addresses)],
    )
    loaded(
        applicant, "banks", [Bank(applicant=applicant, position=n, **each) for n, each in enumerate(banks)]
    )
    return applicant


def _values(draft: Any, names: Sequence[str], prefix: str = "") -> dict[str, Any]:
    return {prefix + name: getattr(draft, name) for name in names}
