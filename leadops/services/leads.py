"""Leads: taking them in, submitting them, keeping their summary."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields as fields_of
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from leadops import signals
from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, LeadDraft
from leadops.errors import DuplicateReference, Invalid
from leadops.models import Address, Applicant, Bank, Consent, Lead, Officer, Partner, Program
from leadops.services.insertion import insert
from leadops.validation import Finding, Severity, check_lead

LEAD_FIELDS = [f.name for f in fields_of(LeadDraft) if f.name not in {"applicants", "consents"}]
APPLICANT_FIELDS = [
    f.name for f in fields_of(ApplicantDraft) if f.name not in {"addresses", "banks", "identity_document"}
]
ADDRESS_FIELDS = [f.name for f in fields_of(AddressDraft)]
BANK_FIELDS = [f.name for f in fields_of(BankDraft)]


def receive(
    draft: LeadDraft, *, partner: Partner, program: Program, intake: str, created_by: Officer | None = None
) -> tuple[Lead, list[Finding]]:
    """Check, store and submit one lead; returns it with the warnings.

    Raises Invalid with every error of the draft, DuplicateReference when the partner's reference is taken.
    """
    findings = check_lead(draft, country=program.country)
    if errors := [f for f in findings if f.severity is Severity.ERROR]:
        raise Invalid(errors)
    try:
        with transaction.atomic():
            lead = create([draft], partner=partner, program=program, intake=intake, created_by=created_by)[0]
            submit([lead])
    except IntegrityError:
        taken = Lead.objects.filter(partner=partner, partner_ref_id=draft.partner_ref_id).exclude(
            partner_ref_id=""
        )
        if (existing := taken.values_list("id", flat=True).first()) is None:
            raise
        raise DuplicateReference(str(existing)) from None
    return lead, findings


def create(
    drafts: Sequence[LeadDraft],
    *,
    partner: Partner,
    program: Program,
    intake: str,
    created_by: Officer | None = None,
) -> list[Lead]:
    """Store checked drafts as draft leads, in their order, in one go and in the caller's transaction."""
    made = {"partner": partner, "program": program, "intake": intake, "created_by": created_by}
    leads, parties = [], _Parties()
    for draft in drafts:
        lead = Lead(**made, **_taken(draft, LEAD_FIELDS))
        parties.add(lead, draft)
        leads.append(lead)
    insert(Lead, leads)
    parties.insert()
    return leads


def _taken(draft: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in names}


class _Parties:
    """The rows that belong to new leads, gathered table by table."""

    def __init__(self) -> None:
        self.applicants: list[Applicant] = []
        self.addresses: list[Address] = []
        self.banks: list[Bank] = []
        self.consents: list[Consent] = []

    def add(self, lead: Lead, draft: LeadDraft) -> None:
        for position, each in enumerate(draft.applicants):
            self._add_applicant(lead, position, each)
        for consent in draft.consents:
            self.consents.append(
                Consent(lead=lead, **{f.name: getattr(consent, f.name) for f in fields_of(consent)})
            )

    def _add_applicant(self, lead: Lead, position: int, draft: ApplicantDraft) -> None:
        paper = draft.identity_document
        identity = {f"identity_{f.name}": getattr(paper, f.name) for f in fields_of(paper)}
        applicant = Applicant(lead=lead, position=position, **identity, **_taken(draft, APPLICANT_FIELDS))
        self.applicants.append(applicant)
        for place, address in enumerate(draft.addresses):
            self.addresses.append(
                Address(applicant=applicant, position=place, **_taken(address, ADDRESS_FIELDS))
            )
        for place, bank in enumerate(draft.banks):
            self.banks.append(Bank(applicant=applicant, position=place, **_taken(bank, BANK_FIELDS)))

    def insert(self) -> None:
        insert(Applicant, self.applicants)
        insert(Address, self.addresses)
        insert(Bank, self.banks)
        insert(Consent, self.consents)


def submit(leads: Sequence[Lead], connections: Sequence[UUID] | None = None) -> None:
    """Announce `leads` to whoever delivers them; drafts become submitted.

    `connections`: only to these, on an officer's word; None means wherever the routes send them automatically.
    """
    with transaction.atomic():
        drafts = [lead.pk for lead in leads if lead.status == Lead.Status.DRAFT]
        Lead.objects.filter(pk__in=drafts, status=Lead.Status.DRAFT).update(status=Lead.Status.SUBMITTED)
        for lead in leads:
            if lead.status == Lead.Status.DRAFT:
                lead.status = Lead.Status.SUBMITTED
        signals.leads_ready.send(Lead, leads=leads, connections=connections)


def revise(lead: Lead) -> None:
    """Count a change of `lead` or of what belongs to it; what is delivered next is the new version."""
    Lead.objects.filter(pk=lead.pk).update(version=F("version") + 1)
    lead.refresh_from_db(fields=["version"])


def record_sync(lead_ids: Collection[UUID], sync_status: str) -> None:
    """Keep the summary of these leads' deliveries; the caller holds the leads' row locks."""
    Lead.objects.filter(pk__in=lead_ids).update(sync_status=sync_status)
