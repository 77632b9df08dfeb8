"""Legal holds: what a court or a dispute needs is not erased."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from leadops.errors import Gone, LeadopsError
from leadops.models import Lead, LegalHold, Officer
from leadops.services.erasure import ErasedBefore


class HeldAlready(LeadopsError):
    """A legal hold stands already."""


class NotHeld(LeadopsError):
    """There was no legal hold any more."""


@transaction.atomic
def place(lead_id: UUID, reason: str, officer: Officer) -> LegalHold:
    """Keep the data of a lead until the hold is lifted. Raises Gone, HeldAlready, ErasedBefore."""
    lead = Lead.with_deleted.select_for_update().filter(pk=lead_id).first()
    if lead is None:
        raise Gone
    if lead.erased_at is not None:
        raise ErasedBefore
    if lead.legal_holds.filter(lifted_at=None).exists():
        raise HeldAlready
    return LegalHold.objects.create(lead=lead, reason=reason, placed_by=officer)


def lift(lead_id: UUID, reason: str, officer: Officer) -> None:
    """End the hold on a lead. Raises NotHeld."""
    standing = LegalHold.objects.filter(lead_id=lead_id, lifted_at=None)
    lifted = {"lifted_at": Now(), "lifted_by": officer, "lifting_reason": reason, "updated_at": Now()}
    if not standing.update(**lifted):
        raise NotHeld
