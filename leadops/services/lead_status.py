"""The lender's word on a lead: deciding, dropping with a reason, and reopening; counted and announced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from leadops.errors import LeadopsError
from leadops.models import DropReason, Lead, Officer, StatusStep
from leadops.services import leads as lead_service
from leadops.services import status_steps


class NotStopped(LeadopsError):
    """Only a lead that was dropped or declined can be reopened."""


def reason_of(key: str) -> DropReason | None:
    """The reason with this id, as a form has it, that leads are dropped for nowadays."""
    return next((each for each in DropReason.objects.filter(active=True) if str(each.pk) == key), None)


def drop(lead_ids: Collection[UUID], reason: DropReason, by: Officer, note: str = "") -> int:
    """Drop leads for `reason`; what was not sent of them yet is not sent any more. Returns how many.

    Raises NotInThisState where one can't be dropped.
    """
    return change(lead_ids, Lead.Status.DROPPED, by=by, reason=reason, note=note)


@transaction.atomic
def reopen(lead_ids: Collection[UUID], by: Officer, note: str = "") -> int:
    """Bring dropped and declined leads back to the status they had; why they were stopped stays in their steps.

    Nothing is sent by it: what was cancelled goes out when the lead is submitted again. Raises NotStopped.
    """
    leads = _locked(lead_ids)
    if any(not lead.is_stopped for lead in leads):
        raise NotStopped(_("Only a lead that was dropped or declined can be reopened."))
    before = _before([lead.pk for lead in leads])
    ways: dict[str, list[Lead]] = defaultdict(list)
    for lead in leads:
        ways[before.get(lead.pk, Lead.Status.SUBMITTED)].append(lead)
    moved = [each for to, rows in ways.items() for each in status_steps.take(rows, to, by=by, note=note)]
    lead_service.revise_all(moved)
    return len(moved)


def _before(lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """The status that each lead had before it was stopped, past any stop before that one."""
    steps = StatusStep.objects.filter(lead__in=lead_ids, to_status__in=Lead.STOPPED)
    told = steps.exclude(from_status__in=Lead.STOPPED).order_by("pk")
    return dict(told.values_list("lead_id", "from_status"))


@transaction.atomic
def change(
    lead_ids: Collection[UUID],
    status: str,
    *,
    by: Officer | None,
    reason: DropReason | None = None,
    note: str = "",
) -> int:
    """Have leads come into `status`, counted as a change of each and announced; returns how many did."""
    moved = status_steps.take(_locked(lead_ids), status, by=by, reason=reason, note=note)
    if moved:
        lead_service.revise_all(moved)
    return len(moved)


def _locked(lead_ids: Collection[UUID]) -> list[Lead]:
    found = Lead.objects.filter(pk__in=list(lead_ids)).order_by("pk")
    return list(found.select_for_update(no_key=True))
