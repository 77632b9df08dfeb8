"""Who else has the data of a lead: vendors, its partner, who exported it. Each is a task until somebody told them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models.functions import Now

from leadops import signals, statements
from leadops.models import Holder, Lead, Officer

# Sixteen bytes an id. That one begins in the middle of two others is a chance of one to 2^70.
EXPORTS = """
SELECT e.id, e.created_at, coalesce(o.username, p.name, '') FROM leadops_export e
LEFT JOIN leadops_officer o ON o.id = e.officer_id LEFT JOIN leadops_partner p ON p.id = e.partner_id
WHERE e.created_at >= %s AND e.state = 'done' AND position(%s IN e.taken) > 0 ORDER BY e.id
"""


class Held(NamedTuple):
    """Data of one lead that somebody else has; `certain` is False where nobody knows whether it got there."""

    lead_id: UUID
    kind: Holder.Kind
    holder_id: UUID
    name: str
    known_as: str
    since: datetime
    certain: bool = True


def list_for(leads: Sequence[Lead], cause: Holder.Cause) -> None:
    """Make a task of each who has data of `leads`, in the caller's transaction; one that is open already stays."""
    found = [held for lead in leads for held in _found_here(lead)]
    for _, told in signals.holders_asked.send(Lead, leads=leads):
        found += told if isinstance(told, list) else []
    tasks = [Holder(cause=cause, **each._asdict()) for each in found]
    Holder.objects.bulk_create(tasks, ignore_conflicts=True)


def tell(holder_id: UUID, note: str, officer: Officer) -> bool:
    """Write that `officer` told them; False when somebody else has done it before."""
    open_one = Holder.objects.filter(pk=holder_id, told_at=None)
    return bool(open_one.update(told_at=Now(), told_by=officer, note=note, updated_at=Now()))


def _found_here(lead: Lead) -> Iterator[Held]:
    """The partner that brought it, and all that took it out as a workbook."""
    partner = lead.partner
    known_as = lead.partner_ref_id or str(lead.pk)
    if lead.intake != Lead.Intake.ADMIN:
        yield Held(lead.pk, Holder.Kind.PARTNER, partner.pk, partner.name, known_as, lead.created_at)
    for key, when, who in statements.rows(EXPORTS, [lead.created_at, lead.pk.bytes]):
        yield Held(lead.pk, Holder.Kind.EXPORT, key, f"Export of {who}", lead.reference, when)
