"""The lead page's way to the one check of a lead: forms become a draft, findings become errors at fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, ConsentDraft, LeadDraft
from leadops.models import Address, Applicant, Bank, Consent, Lead
from leadops.services.lead_rows import (
    ADDRESS_FIELDS,
    APPLICANT_FIELDS,
    BANK_FIELDS,
    CONSENT_FIELDS,
    IDENTITY_FIELDS,
    LEAD_FIELDS,
)
from leadops.validation import Finding, check_lead

PARTY = re.compile(r"applicants\[(\d+)\]\.(?:(addresses|banks)\[(\d+)\]\.)?(.+)")
CONSENT = re.compile(r"consents\[(\d+)\]\.(.+)")


class Draft:
    """A lead's draft made from instances that forms have filled; what the check mends is put back into them."""

    def __init__(self, lead: Lead) -> None:
        self.lead = LeadDraft()
        self._rows: list[tuple[Any, Any, Sequence[str], str]] = []
        self._take(self.lead, lead, LEAD_FIELDS)

    def add_applicant(
        self, applicant: Applicant, addresses: Iterable[Address], banks: Iterable[Bank]
    ) -> None:
        draft = ApplicantDraft()
        self._take(draft, applicant, APPLICANT_FIELDS)
        self._take(draft.identity_document, applicant, IDENTITY_FIELDS, "identity_")
        for address in addresses:
            draft.addresses.append(AddressDraft())
            self._take(draft.addresses[-1], address, ADDRESS_FIELDS)
        for bank in banks:
            draft.banks.append(BankDraft())
            self._take(draft.banks[-1], bank, BANK_FIELDS)
        self.lead.applicants.append(draft)

    def add_consent(self, consent: Consent) -> None:
        self.lead.consents.append(ConsentDraft())
        self._take(self.lead.consents[-1], consent, CONSENT_FIELDS)

    def check(self, country: str) -> list[Finding]:
        """Check the draft and put the mended values back into the instances."""
        findings = check_lead(self.lead, country=country)
        for draft, instance, names, prefix in self._rows:
            for name in names:
                setattr(instance, prefix + name, getattr(draft, name))
        return findings

    def _take(self, draft: Any, instance: Any, names: Sequence[str], prefix: str = "") -> None:
        self._rows.append((draft, instance, names, prefix))
        for name in names:
            setattr(draft, name, getattr(instance, prefix + name))


def place_errors(found: Iterable[tuple[forms.BaseForm, str, str]]) -> None:
    """Show each message at its form's field, or above the form when it has no such field.

    A field that its form could not read has said so already, and is not told a second reason.
    """
    found = list(found)
    unread = {id(form): set(form.errors) for form, _, _ in found}
    for form, name, message in found:
        field = name.replace("identity_document.", "identity_").partition("[")[0].partition(".")[0]
        if field not in unread[id(form)]:
            form.add_error(field if field in form.fields else None, message)
