"""Deleting a lead: it goes out of sight, and nothing of it is sent any more; what vendors were told of it stays."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from leadops.errors import Gone, NotInThisState
from leadops.models import Lead
from leadops.services import duplicates, leads, status_steps


@transaction.atomic
def delete(lead_id: UUID) -> None:
    """Take a lead out of every list, and drop it where the lender has not ended it already.

    So whatever looks whether a lead is still to be sent finds it dropped. Its reference stays taken.
    Raises NotInThisState where it has a loan account, Gone where it was deleted meanwhile.
    """
    lead = Lead.objects.select_for_update(no_key=True).filter(pk=lead_id).first()
    if lead is None:
        raise Gone
    if lead.loan_accounts.exists():
        raise NotInThisState("This lead has a loan account, so it can't be deleted.")
    if not lead.is_stopped:
        status_steps.take([lead], Lead.Status.DROPPED, note="Deleted.")
    lead.deleted_at = timezone.now()
    leads.revise(lead)  # first, because it changes leads in sight alone
    lead.save(update_fields=["deleted_at", "updated_at"])
    duplicates.forget(lead)
