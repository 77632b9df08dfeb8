"""The second person's word: approving, which carries the change out, or refusing; and the maker's taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Model, Q

from leadops.errors import LeadopsError
from leadops.models import Officer, PendingChange
from leadops.services.approvals.asking import AlreadyDecided, own
from leadops.services.approvals.held import MAY_APPROVE, Held, OutOfDate
from leadops.services.approvals.log import log

BACKEND = "leadops.sign_in.rights.Rights"
"""Where rights are kept, however officers sign in."""
MOST_LOOKED_AT = 200
"""Officers, to name the first who may approve a change."""
State = PendingChange.State


class NotExplained(LeadopsError):
    """Who asked for this has not said why yet."""


def approve(change_id: Any, officer: Officer, words: str = "") -> PendingChange:
    """Carry the change out on `officer`'s word, in one transaction with it; of two who approve at once one does.

    Raises MakerCannotApprove, NotForYou, NotExplained, AlreadyDecided, OutOfDate, and what the change itself refuses.
    """
    with transaction.atomic():
        held = _held(change_id, officer)
        if not held.change.reason:
            raise NotExplained
        moved = held.moved
        if moved:
            held.end_out_of_date(officer)
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
    held.end(State.APPROVED, officer, words, made)
    about = made or held.subject
    if isinstance(about, Model) and about.pk:
        log(change.made_by, about, f"{change.what}. Approved by {officer}.")


@transaction.atomic
def refuse(change_id: Any, officer: Officer, words: str) -> PendingChange:
    """Have nothing done, and say why; also of what its maker has not explained, who may be gone.

    Raises MakerCannotApprove, NotForYou, AlreadyDecided, and LeadopsError without `words`.
    """
    if not words.strip():
        raise LeadopsError("Say why you refuse it: who asked for it reads that.")
    held = _held(change_id, officer)
    held.end(State.REFUSED, officer, words)
    return held.change


@transaction.atomic
def withdraw(change_id: Any, officer: Officer, words: str = "") -> PendingChange:
    """Take it back. Raises NotYours, AlreadyDecided."""
    held = Held.of(own(change_id, officer))
    held.end(State.WITHDRAWN, officer, words)
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
    return (each for each in able.order_by("username")[:MOST_LOOKED_AT] if held.why_not(each) is None)
