"""Which pending changes an officer sees, and which of them wait for their word."""

from __future__ import annotations

from leadops.models import Officer, PendingChange
from leadops.models.pending_change import PendingChangeQuerySet
from leadops.services.approvals import registry
from leadops.services.approvals.deciding import MAY_APPROVE

MAY_VIEW = "leadops.view_pendingchange"


def visible_to(officer: Officer) -> PendingChangeQuerySet:
    """What `officer` asked for, and what is about records that they may look at, as far as their reach goes."""
    mine = PendingChange.objects.filter(made_by=officer)
    if not (officer.has_perm(MAY_VIEW) or officer.has_perm(MAY_APPROVE)):
        return mine
    others = PendingChange.objects.within_reach_of(officer).filter(kind__in=registry.seen_by(officer))
    return others | mine


def waiting_for(officer: Officer) -> PendingChangeQuerySet:
    """What `officer` may decide on now."""
    if not officer.has_perm(MAY_APPROVE):
        return PendingChange.objects.none()
    found = PendingChange.objects.within_reach_of(officer).waiting().exclude(reason="")
    found = found.filter(kind__in=registry.checked_by(officer)).exclude(made_by=officer)
    return found.exclude(subject_model="leadops.officer", subject_id=str(officer.pk))
