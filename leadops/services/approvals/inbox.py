"""Which pending changes an officer sees, and which of them wait for their word."""

from __future__ import annotations

from leadops.kept_queries import Kept, read
from leadops.models import Officer, PendingChange
from leadops.models.pending_change import PendingChangeQuerySet
from leadops.services.approvals import registry
from leadops.services.approvals.held import MAY_APPROVE

MAY_VIEW = "leadops.view_pendingchange"


def visible_to(officer: Officer) -> PendingChangeQuerySet:
    """What `officer` asked for, and what is about records that they may look at, as far as their reach goes."""
    return _seen(PendingChange.objects.within_reach_of(officer), officer.pk, _kinds(officer))


def _kinds(officer: Officer) -> list[str]:
    """The kinds that `officer` sees, whoever asked for the change."""
    may = officer.has_perm(MAY_VIEW) or officer.has_perm(MAY_APPROVE)
    return registry.seen_by(officer) if may else []


def _seen(reached: PendingChangeQuerySet, officer: int, kinds: list[str]) -> PendingChangeQuerySet:
    return reached.filter(kind__in=kinds) | PendingChange.objects.filter(made_by=officer)


def waiting_about(officer: Officer, label: str, keys: list[str]) -> list[PendingChange]:
    """What `officer` sees that waits and is about these records of the model `label`; `keys` are ids as text."""
    if officer.sees_all:
        return read(_ABOUT(officer.pk, _kinds(officer), label, keys))
    return list(_about(visible_to(officer), label, keys))


def _about(seen: PendingChangeQuerySet, label: str, keys: list[str]) -> PendingChangeQuerySet:
    waiting = seen.waiting().select_related("made_by")
    return waiting.filter(subject_model=label, subject_id__in=keys)


_ABOUT = Kept(
    lambda officer, kinds, label, keys: _about(
        _seen(PendingChange.objects.all(), officer, kinds), label, keys
    ),
    int,
    [str],
    str,
    [str],
)


def waiting_for(officer: Officer) -> PendingChangeQuerySet:
    """What `officer` may decide on now."""
    if not officer.has_perm(MAY_APPROVE):
        return PendingChange.objects.none()
    found = PendingChange.objects.within_reach_of(officer).waiting().exclude(reason="")
    found = found.filter(kind__in=registry.checked_by(officer)).exclude(made_by=officer)
    return found.exclude(subject_model="leadops.officer", subject_id=str(officer.pk))
