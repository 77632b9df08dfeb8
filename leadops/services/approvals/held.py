"""A change that waits, with its subject as it is now: who decides on it, whether it moved, and its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.functional import cached_property

from leadops.errors import LeadopsError
from leadops.models import Officer, PendingChange
from leadops.services.approvals.kind import Data, Kind, Reach
from leadops.services.approvals.log import log
from leadops.services.approvals.registry import kind_of

MAY_APPROVE = "leadops.approve_pendingchange"


class MakerCannotApprove(LeadopsError):
    """You asked for this yourself: somebody else has to decide on it."""


class NotForYou(LeadopsError):
    """You may not decide on this: it needs the right to approve, the right to do it, and to see its records."""


class OutOfDate(LeadopsError):
    """What it was made on has changed since. Nothing was done: look at it as it is now, and ask again."""


@dataclass(frozen=True)
class Held:
    """A change that waits, with all that is known of it."""

    change: PendingChange
    kind: Kind
    subject: Any
    data: Data

    @classmethod
    def of(cls, change: PendingChange, *, lock: bool = False) -> Held:
        """Its subject as it is now, None where it is gone or there is none; locked where that is asked for."""
        kind = kind_of(change.kind)
        data = json.loads(change.sealed_data or "{}")
        return cls(change, kind, kind.find(change.subject_id, data, lock=lock), data)

    @property
    def gone(self) -> bool:
        """Whether what it is about is there no more."""
        return bool(self.change.subject_id) and self.subject is None

    @property
    def moved(self) -> bool:
        """Whether it was made on another version than there is now."""
        return self.gone or self.kind.base(self.subject, self.data) != self.change.base

    @cached_property
    def reach(self) -> Reach | None:
        """The branches that it is about now, asked for once: a lead may have moved to another one."""
        return None if self.gone else self.kind.reach(self.subject, self.data)

    def why_not(self, officer: Officer) -> LeadopsError | None:
        """Why `officer` may not decide on it; None where they may. They refuse also what its maker never explained."""
        if self.change.made_by_id == officer.pk:
            return MakerCannotApprove()
        if not officer.is_active or not officer.has_perm(MAY_APPROVE):
            return NotForYou()
        if not PendingChange.objects.within_reach_of(officer).filter(pk=self.change.pk).exists():
            return NotForYou()
        may = officer.has_perms(self.kind.rights) if self.gone else self._may_check(officer)
        return None if may else NotForYou()

    def _may_check(self, officer: Officer) -> bool:
        within = self.reach is None or officer.sees_all or self.reach.is_within(officer.branch_ids)
        return within and self.kind.may_check(officer, self.subject, self.data)

    def end(self, state: str, officer: Officer, words: str, made: Model | None = None) -> None:
        """Keep the decision; what would have carried the change out has no further use."""
        change = self.change
        change.state, change.decided_by, change.decided_at = state, officer, timezone.now()
        change.words, change.sealed_data = words.strip()[:500], ""
        if made is not None:
            change.subject_model, change.subject_id = made._meta.label_lower, str(made.pk)
        change.save()
        if state != PendingChange.State.APPROVED and self.subject is not None:
            self.kind.dropped(self.subject)
        said = f"{change.get_state_display()}. {change.words}".strip()
        log(officer, change, said)

    def end_out_of_date(self, officer: Officer) -> None:
        """End it as one that nobody can approve any more."""
        self.end(PendingChange.State.STALE, officer, OutOfDate().message)
