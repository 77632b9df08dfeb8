"""A new lead and all that belongs to it as the rows that they will be."""

from __future__ import annotations

from dataclasses import fields as fields_of
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Model, QuerySet

from leadops.drafts import (
    AddressDraft,
    ApplicantDraft,
    BankDraft,
    ConsentDraft,
    IdentityDocumentDraft,
    LeadDraft,
)
from leadops.models import Address, Applicant, Bank, Consent, Lead
from leadops.services.insertion import NewRow, Table

LEAD_FIELDS = [f.name for f in fields_of(LeadDraft) if f.name not in {"applicants", "consents"}]
APPLICANT_FIELDS = [
    f.name for f in fields_of(ApplicantDraft) if f.name not in {"addresses", "banks", "identity_document"}
]
ADDRESS_FIELDS = [f.name for f in fields_of(AddressDraft)]
BANK_FIELDS = [f.name for f in fields_of(BankDraft)]
CONSENT_FIELDS = [f.name for f in fields_of(ConsentDraft)]
IDENTITY_FIELDS = [f.name for f in fields_of(IdentityDocumentDraft)]


_ORIGIN = ("partner_id", "program_id", "branch_id", "intake", "created_by_id", "status", "sync_status")
LEADS = Table(Lead, (*_ORIGIN, *LEAD_FIELDS))
_APPLICANTS = Table(
    Applicant, ("lead_id", "position", *APPLICANT_FIELDS, *(f"identity_{name}" for name in IDENTITY_FIELDS))
)
_ADDRESSES = Table(Address, ("applicant_id", "position", *ADDRESS_FIELDS))
_BANKS = Table(Bank, ("applicant_id", "position", *BANK_FIELDS))
_CONSENTS = Table(Consent, ("lead_id", *CONSENT_FIELDS))
PARTS = (_APPLICANTS, _ADDRESSES, _BANKS, _CONSENTS)
of_lead = attrgetter(*LEAD_FIELDS)
_of_applicant = attrgetter(*APPLICANT_FIELDS, *(f"identity_document.{name}" for name in IDENTITY_FIELDS))
_of_address = attrgetter(*ADDRESS_FIELDS)
_of_bank = attrgetter(*BANK_FIELDS)
_of_consent = attrgetter(*CONSENT_FIELDS)


class Parties:
    """The rows that belong to a new lead, table by table."""

    def __init__(self, lead_id: UUID, draft: LeadDraft) -> None:
        self.applicants: list[NewRow] = []
        self.addresses: list[NewRow] = []
        self.banks: list[NewRow] = []
        for position, each in enumerate(draft.applicants):
            self._add_applicant(lead_id, position, each)
        self.consents = [_CONSENTS.row((lead_id, *_of_consent(consent))) for consent in draft.consents]

    def _add_applicant(self, lead_id: UUID, position: int, draft: ApplicantDraft) -> None:
        row = _APPLICANTS.row((lead_id, position, *_of_applicant(draft)))
        self.applicants.append(row)
        key = _APPLICANTS.pk(row)
        for place, address in enumerate(draft.addresses):
            self.addresses.append(_ADDRESSES.row((key, place, *_of_address(address))))
        for place, bank in enumerate(draft.banks):
            self.banks.append(_BANKS.row((key, place, *_of_bank(bank))))

    def belong_to(self, lead: Lead) -> None:
        """Let `lead`, the only one here, know its new parties, so that showing it asks the database nothing."""
        applicants = [_APPLICANTS.instance(row) for row in self.applicants]
        addresses = [_ADDRESSES.instance(row) for row in self.addresses]
        banks = [_BANKS.instance(row) for row in self.banks]
        loaded(lead, "applicants", applicants)
        loaded(lead, "consents", [_CONSENTS.instance(row) for row in self.consents])
        for applicant in applicants:
            loaded(applicant, "addresses", [each for each in addresses if each.applicant_id == applicant.pk])
            loaded(applicant, "banks", [each for each in banks if each.applicant_id == applicant.pk])

    def rows(self) -> tuple[list[NewRow], ...]:
        """All of them, in the order of `PARTS`: parents first."""
        return self.applicants, self.addresses, self.banks, self.consents


class Ready(NamedTuple):
    """A draft as the rows it will be, their texts sealed."""

    row: NewRow
    parties: Parties


def loaded(row: Model, name: str, related: list[Any]) -> None:
    """Put rows where `prefetch_related` would put them."""
    found: QuerySet[Any] = QuerySet(getattr(type(row), name).rel.related_model)
    found._result_cache = related
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found
