"""The second person's word: approving, which carries the change out, or refusing; and the maker's taking it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Model, Q
from django.utils import timezone

from leadops.errors import LeadopsError
from leadops.models import Officer, PendingChange
from leadops.services.approvals.asking import AlreadyDecided, own
from leadops.services.approvals.kind import Data, Kind, Reach
from leadops.services.approvals.log import log
from leadops.services.approvals.registry import kind_of

BACKEND = "leadops.sign_in.rights.Rights"
"""Where rights are kept, however officers sign in."""
MAY_APPROVE = "leadops.approve_pendingchange"
MOST_LOOKED_AT = 200
"""Officers, to name the first who may approve a change."""
State = PendingChange.State


class MakerCannotApprove(LeadopsError):
    """You asked for this yourself: somebody else has to decide on it."""


class NotForYou(LeadopsError):
    """You may not decide on this: it needs the right to approve, the right to do it, and to see its records."""


class NotExplained(LeadopsError):
    """Who asked for this has not said why yet."""


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
        """Why `officer` may not decide on it; None where they may."""
        if (refusal := self.why_never(officer)) is not None:
            return refusal
        return None if self.change.reason else NotExplained()

    def why_never(self, officer: Officer) -> LeadopsError | None:
        """The same, but for what its maker has still to say."""
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


def approve(change_id: Any, officer: Officer, words: str = "") -> PendingChange:
    """Carry the change out on `officer`'s word, in one transaction with it; of two who approve at once one does.

    Raises MakerCannotApprove, NotForYou, NotExplained, AlreadyDecided, OutOfDate, and what the change itself refuses.
    """
    with transaction.atomic():
        held = _held(change_id, officer)
        moved = held.moved
        if moved:
            _end(held, State.STALE, officer, OutOfDate().message)
        else:
            _carry_out(held, officer, words)
    if moved:
        raise OutOfDate
    return held.change


def _carry_out(held: Held, officer: Officer, words: str) -> None:
    change = held.change
    try:
        made = held.kind.apply(held.subject, held.data, change)
    except ValidationError as refusal:
        raise LeadopsError(" ".join(refusal.messages)) from None
    _end(held, State.APPROVED, officer, words, made)
    about = made or held.subject
    if isinstance(about, Model) and about.pk:
        log(change.made_by, about, f"{change.what}. Approved by {officer}.")


@transaction.atomic
def refuse(change_id: Any, officer: Officer, words: str) -> PendingChange:
    """Have nothing done, and say why. Raises as `approve` does, and LeadopsError without `words`."""
    if not words.strip():
        raise LeadopsError("Say why you refuse it: who asked for it reads that.")
    held = _held(change_id, officer)
    _end(held, State.REFUSED, officer, words)
    return held.change


@transaction.atomic
def withdraw(change_id: Any, officer: Officer, words: str = "") -> PendingChange:
    """Take it back. Raises NotYours, AlreadyDecided."""
    held = Held.of(own(change_id, officer))
    _end(held, State.WITHDRAWN, officer, words)
    return held.change


def _held(change_id: Any, officer: Officer) -> Held:
    change = PendingChange.objects.select_for_update(of=("self",)).select_related("made_by").get(pk=change_id)
    if not change.waits:
        by = f" by {change.decided_by}" if change.decided_by else ""
        raise AlreadyDecided(f"This is {change.get_state_display().lower()} already{by}.")
    held = Held.of(change, lock=True)
    if (refusal := held.why_not(officer)) is not None:
        raise refusal
    return held


def _end(held: Held, state: str, officer: Officer, words: str, made: Model | None = None) -> None:
    """Keep the decision; what would have carried the change out has no further use."""
    change = held.change
    change.state, change.decided_by, change.decided_at = state, officer, timezone.now()
    change.words, change.sealed_data = words.strip()[:500], ""
    if made is not None:
        change.subject_model, change.subject_id = made._meta.label_lower, str(made.pk)
    change.save()
    if state != State.APPROVED and held.subject is not None:
        held.kind.dropped(held.subject)
    said = f"{change.get_state_display()}. {change.words}".strip()
    log(officer, change, said)


def those_who_may(held: Held, most: int) -> list[Officer]:
    """The first `most` officers who may approve it once it is explained, by name."""
    return list(islice(_who_may(held), most))


def _who_may(held: Held) -> Iterator[Officer]:
    """Those who have the rights and the branches are found at once, so that few of them are looked at in vain."""
    able = Officer.objects.filter(is_staff=True).exclude(pk=held.change.made_by_id)
    for right in (MAY_APPROVE, *held.kind.rights):
        able = able.filter(pk__in=Officer.objects.with_perm(right, backend=BACKEND).order_by().values("pk"))
    if (reach := held.reach) is not None:
        able = able.alias(theirs=Count("branches", filter=Q(branches__in=reach.branch_ids)))
        bound = Q(theirs=len(reach.branch_ids)) if not reach.head_office else Q(pk__in=[])
        able = able.filter(Q(is_superuser=True) | Q(reach=Officer.Reach.ALL) | bound)
    return (each for each in able.order_by("username")[:MOST_LOOKED_AT] if held.why_never(each) is None)
