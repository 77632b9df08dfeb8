"""Consents that borrowers take back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from leadops import signals
from leadops.errors import Gone, LeadopsError
from leadops.models import Consent, Holder, Lead, Officer
from leadops.services import holders, leads


class NothingToWithdraw(LeadopsError):
    """Choose a consent that still stands."""


@transaction.atomic
def withdraw(lead_id: UUID, consent_ids: Sequence[UUID], reason: str, officer: Officer) -> list[Consent]:
    """Write that the borrower took these consents back, stop what was not sent yet, and list who has the data.

    All of it or nothing. Raises Gone where the lead was deleted, NothingToWithdraw where none of these stands.
    """
    lead = Lead.objects.select_for_update(no_key=True).filter(pk=lead_id).first()
    if lead is None:
        raise Gone
    standing = lead.consents.filter(pk__in=consent_ids, withdrawn_at=None)
    if not (chosen := list(standing)):
        raise NothingToWithdraw
    standing.update(withdrawn_at=Now(), withdrawn_by=officer, withdrawal_reason=reason, updated_at=Now())
    leads.revise(lead)
    announce_withdrawal(lead)
    return chosen


def announce_withdrawal(lead: Lead) -> None:
    """Stop what was not sent yet and no other consent lets through, and list who has the data."""
    signals.consents_withdrawn.send(Lead, leads=[lead])
    holders.list_for([lead], Holder.Cause.WITHDRAWAL)
