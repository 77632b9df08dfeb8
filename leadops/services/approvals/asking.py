"""Asking for a change that a second person has to approve, and taking that back."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.admin.models import ADDITION
from django.db import IntegrityError, transaction
from django.db.models import Model

from leadops.errors import LeadopsError
from leadops.models import Officer, PendingChange
from leadops.services.approvals.held import Held
from leadops.services.approvals.kind import Data
from leadops.services.approvals.log import log
from leadops.services.approvals.registry import kind_of


class AlreadyWaits(LeadopsError):
    """Another change of this waits for approval already."""

    def __init__(self, change: PendingChange) -> None:
        super().__init__(f"“{change.what}” waits for approval already: have it decided or withdrawn first.")
        self.change = change


class NotYours(LeadopsError):
    """Only who asked for a change explains it or takes it back."""


class AlreadyDecided(LeadopsError):
    """This was decided already."""


def needed() -> bool:
    """Whether changes wait for a second person at all."""
    return bool(settings.APPROVALS)


def needed_over(limit: str, count: int) -> bool:
    """Whether `count` of something are so many that a second person approves; `limit` is a key of APPROVE_OVER."""
    return needed() and count > settings.APPROVE_OVER[limit]


@transaction.atomic
def ask(
    kind_name: str,
    officer: Officer,
    data: Data,
    subject: Model | None = None,
    reason: str = "",
    *,
    part_of_a_form: bool = False,
) -> PendingChange:
    """Keep what `officer` wants done until another one approves it; nothing of it is done yet.

    Without a `reason` it waits for `explain` before anybody is asked. Raises AlreadyWaits, unless the other change
    can't be approved any more: that one is out of date then. `part_of_a_form` always raises it: the other parts are
    stored by now, and what they moved was not out of date before.
    """
    kind = kind_of(kind_name)
    other = open_of(subject, kind_name) if subject is not None else None
    if other is not None and (part_of_a_form or not end_if_moved(other, officer)):
        raise AlreadyWaits(other)
    reach = kind.reach(subject, data)
    change = PendingChange(
        kind=kind_name,
        subject_model=subject._meta.label_lower if subject else "",
        subject_id=str(subject.pk) if subject else "",
        what=kind.what(subject, data)[:300],
        diff=kind.describe(subject, data),
        sealed_data=json.dumps(data),
        base=kind.base(subject, data),
        branch_ids=reach.branch_ids if reach else None,
        head_office=bool(reach and reach.head_office),
        made_by=officer,
        reason=reason.strip()[:500],
    )
    _store(change, subject)
    log(officer, change, "Asked for approval.", ADDITION)
    return change


@transaction.atomic
def end_if_moved(change: PendingChange, officer: Officer) -> bool:
    """Whether what it was made on has changed since: then it is over, and `officer` may ask anew.

    Who decides on it just now is not waited for.
    """
    waiting = PendingChange.objects.waiting().select_for_update(of=("self",), skip_locked=True)
    found = waiting.filter(pk=change.pk).first()
    if found is None or not (held := Held.of(found)).moved:
        return False
    held.end_out_of_date(officer)
    return True


def _store(change: PendingChange, subject: Model | None) -> None:
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError:  # somebody asked for the same at the same moment
        other = open_of(subject, change.kind) if subject else None
        if other is None:
            raise
        raise AlreadyWaits(other) from None


def open_of(subject: Model, kind_name: str) -> PendingChange | None:
    """The change of this kind that waits for `subject`."""
    found = PendingChange.objects.waiting().select_related("made_by")
    return found.filter(
        kind=kind_name, subject_model=subject._meta.label_lower, subject_id=str(subject.pk)
    ).first()


@transaction.atomic
def explain(change_id: Any, officer: Officer, reason: str) -> PendingChange:
    """Say why it is wanted, so that the checkers are asked. Raises NotYours, AlreadyDecided."""
    change = own(change_id, officer)
    change.reason = reason.strip()[:500]
    change.save(update_fields=["reason", "updated_at"])
    log(officer, change, "Said why it is wanted.")
    return change


def own(change_id: Any, officer: Officer) -> PendingChange:
    """What `officer` asked for and nobody has decided on, locked."""
    change = PendingChange.objects.select_for_update().get(pk=change_id)
    if change.made_by_id != officer.pk:
        raise NotYours
    if not change.waits:
        raise AlreadyDecided(f"This is {change.get_state_display().lower()} already.")
    return change
