"""Which status may follow which, and the one way in which a lead comes into another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from leadops import statements
from leadops.errors import NotInThisState
from leadops.models import DropReason, Lead, Officer, StatusStep
from leadops.services.insertion import Table
from leadops.services.sla_clocks import Clocks

S = Lead.Status
TRANSITIONS: dict[str, tuple[str, ...]] = {
    S.DRAFT: (S.SUBMITTED, S.DROPPED),
    S.SUBMITTED: (S.IN_REVIEW, S.APPROVED, S.DECLINED, S.DROPPED),
    S.IN_REVIEW: (S.SUBMITTED, S.APPROVED, S.DECLINED, S.DROPPED),
    S.APPROVED: (S.SUBMITTED, S.IN_REVIEW, S.DECLINED, S.DROPPED),
    S.DECLINED: (S.SUBMITTED, S.IN_REVIEW, S.DROPPED),
    S.DROPPED: (S.DRAFT, S.SUBMITTED, S.IN_REVIEW, S.APPROVED),
}
"""What may follow each status. A draft is submitted, never just called so; a stopped lead is reopened."""
_STEPS = Table(StatusStep, ("lead_id", "from_status", "to_status", "at", "by_id", "reason_id", "note"))
# Its waiting ends with the status it was in, and a clock of the new one begins.
_MOVE = """
UPDATE leadops_lead l SET status = %s, due_at = new.due, waiting_for = '', clock_left = NULL, updated_at = now()
FROM unnest(%s::uuid[], %s::timestamptz[]) AS new (id, due)
WHERE l.id = new.id AND l.status = %s AND l.deleted_at IS NULL RETURNING l.id
"""


def can_come_to(status: str) -> Q:
    """The leads that may come into `status`."""
    return Q(status__in=[before for before, after in TRANSITIONS.items() if status in after])


def take(
    leads: Sequence[Lead],
    status: str,
    *,
    by: Officer | None = None,
    reason: DropReason | None = None,
    note: str = "",
) -> list[Lead]:
    """Have `leads` come into `status` in the caller's transaction, with a step of each and its new clock.

    Returns those that did: who is in it already, or was moved meanwhile, takes no step. Counts no version and tells
    nobody. Raises NotInThisState where one may not come there.
    """
    leads = [lead for lead in leads if lead.status != status]
    for lead in leads:
        if status not in TRANSITIONS[lead.status]:
            word = Lead.Status(status).label.lower()
            raise NotInThisState(f"{lead} is {lead.get_status_display().lower()} and can't become {word}.")
    moved = _moved(leads, status)
    now = timezone.now()
    _STEPS.write(
        [
            _STEPS.row((lead.pk, lead.status, status, now, by and by.pk, reason and reason.pk, note))
            for lead in moved
        ]
    )
    for lead in moved:
        lead.status, lead.waiting_for, lead.clock_left = status, "", None
    return moved


def _moved(leads: Sequence[Lead], status: str) -> list[Lead]:
    clocks, now = Clocks() if leads and status in Lead.OPEN else None, timezone.now()
    alike: dict[str, list[Lead]] = defaultdict(list)
    for lead in leads:
        alike[lead.status].append(lead)
        lead.due_at = clocks.due(lead.program_id, status, now) if clocks else None
    done: set[UUID] = set()
    for before, rows in alike.items():
        values = [status, [lead.pk for lead in rows], [lead.due_at for lead in rows], before]
        done |= {pk for (pk,) in statements.rows(_MOVE, values)}
    return [lead for lead in leads if lead.pk in done]
