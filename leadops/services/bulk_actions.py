"""One thing done to many leads in the background: part by part, each in its own transaction with how far it is.

So who dies in between loses nothing and does nothing twice, and who stops it finds every lead either done or not.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops import doorbell
from leadops.errors import LeadopsError
from leadops.faults import place_of
from leadops.models import BulkAction, Lead, Officer
from leadops.services import chosen_leads, leases
from leadops.services.bulk_deeds import Deed, Incomplete, deed_of
from leadops.services.chosen_leads import ID_BYTES, ids_in
from leadops.services.leases import FREE, LostLease

logger = logging.getLogger(__name__)

State = BulkAction.State
RUN = "leadops.tasks.run_bulk_action"
MOST = 100_000
CHUNK = 500
LEASE_SECONDS = 60
MOST_ATTEMPTS = 5
OUR_FAULT = "Something went wrong on our side; please tell the operator."


class TooMany(LeadopsError):
    """These are more leads than are acted on at once."""


class NothingToDo(LeadopsError):
    """None of these leads is left to act on."""


def foresee(leads: QuerySet[Lead], deed: Deed) -> tuple[int, list[tuple[str, int]]]:
    """To how many of `leads` it will be done, and how many are left out for which reason, the most first.

    Raises TooMany.
    """
    few = leads.order_by("-pk").values("pk")[: MOST + 1]
    found = Lead.objects.filter(pk__in=few).order_by().annotate(why=deed.why())
    counts = dict(found.values_list("why").annotate(Count("pk")))
    if sum(counts.values()) > MOST:
        raise _too_many()
    done = counts.pop("", 0)
    return done, sorted(counts.items(), key=lambda each: -each[1])


def _too_many() -> TooMany:
    return TooMany(_("These are more than %(most)s leads: choose fewer.") % {"most": f"{MOST:,}"})


def order(leads: QuerySet[Lead], deed: Deed, officer: Officer, what: str) -> BulkAction:
    """Have `deed` done to `leads`, as they are chosen now, in the background. Raises TooMany and NothingToDo."""
    action = BulkAction(
        officer=officer, deed=deed.kind, what=what[:500], detail=deed.detail[:120], values=deed.values
    )
    with transaction.atomic():
        action.save()
        _choose(leads, action)
        transaction.on_commit(lambda: doorbell.ring(RUN, args=[str(action.pk)]), robust=True)
    return action


def _choose(leads: QuerySet[Lead], action: BulkAction) -> None:
    action.total = chosen_leads.keep(leads, action, MOST)
    if action.total > MOST:
        raise _too_many()
    if not action.total:
        raise NothingToDo
    BulkAction.objects.filter(pk=action.pk).update(total=action.total)


def cancel(action: BulkAction) -> bool:
    """Act on no more of its leads; what is done stays done. False when it was over before."""
    return _end(action.pk, State.CANCELLED)


# In the background ---------------------------------------------------------------------------------------------------


def run(action_id: UUID) -> None:
    """Do an action to its end; does nothing while another worker has it, or when it is over."""
    lease = _take(action_id)
    if lease is None:
        return
    try:
        action = BulkAction.objects.defer("chosen").select_related("officer").get(pk=action_id)
        if action.attempts > MOST_ATTEMPTS:
            raise Incomplete(OUR_FAULT)
        deed = deed_of(action.deed, action.values, action.officer)
        _refuse_who_may_not(action.officer, deed)
        while lease is not None:
            lease = _do_chunk(action, deed, lease)
    except LostLease:
        logger.info("Bulk action %s was stopped or taken over.", action_id)
    except LeadopsError as refusal:
        _end(action_id, State.FAILED, refusal.message)
    except DatabaseError:
        raise  # the lease ends by itself, and the clock has it go on
    except Exception as error:
        logger.error("Bulk action %s failed: %s.", action_id, place_of(error))
        _end(action_id, State.FAILED, OUR_FAULT)


def _refuse_who_may_not(officer: Officer, deed: Deed) -> None:
    if not officer.is_active or not officer.has_perms(deed.permissions):
        raise Incomplete(_("%(officer)s may not do this any more.") % {"officer": officer})


def _take(action_id: UUID) -> datetime | None:
    open_one = f"state IN ('queued', 'running') AND {FREE}"
    begun = "state = 'running', attempts = attempts + 1,"
    found = leases.write(BulkAction, action_id, LEASE_SECONDS, open_one, sets=begun)
    return found[0] if found else None


def _do_chunk(action: BulkAction, deed: Deed, lease: datetime) -> datetime | None:
    """The next leads of it, and how far it is then, in one transaction; None when it is done."""
    with transaction.atomic():
        renewed, ids = _next(action.pk, lease)
        if not ids:
            _end(action.pk, State.DONE)
            return None
        left = _do(action.officer, deed, ids)
        why = Counter(BulkAction.objects.values_list("why_left", flat=True).get(pk=action.pk))
        why.update(left)
        _count(action.pk, len(ids) - left.total(), left.total(), why)
    return renewed


def _next(action_id: UUID, lease: datetime) -> tuple[datetime, list[UUID]]:
    part = f'substring(chosen FROM 1 + (done + "left") * {ID_BYTES} FOR {CHUNK * ID_BYTES})'
    ours, told = "state = 'running' AND leased_until = %s", f"leased_until, {part}"
    found = leases.write(BulkAction, action_id, LEASE_SECONDS, ours, lease, returning=told)
    if not found:
        raise LostLease
    return found[0], ids_in(bytes(found[1]))


def _count(action_id: UUID, done: int, left: int, why: Counter[str]) -> None:
    BulkAction.objects.filter(pk=action_id).update(
        done=F("done") + done, left=F("left") + left, why_left=dict(why), attempts=0, updated_at=Now()
    )


def _do(officer: Officer, deed: Deed, ids: Sequence[UUID]) -> Counter[str]:
    """Act on these; returns how many were left out for which reason. Where one breaks all, each is tried alone."""
    seen = Lead.objects.visible_to(officer).filter(pk__in=ids).order_by("pk")
    locked = seen.annotate(why=deed.why()).select_for_update(no_key=True)
    whys = dict(locked.values_list("pk", "why"))
    left = Counter(why for why in whys.values() if why)
    if gone := len(ids) - len(whys):
        left[_("It is gone, or not within your reach any more.")] += gone
    todo = [pk for pk, why in whys.items() if not why]
    if todo and not _done(officer, deed, todo):
        broken = sum(not _done(officer, deed, [pk]) for pk in todo)
        left[_("Something went wrong on our side.")] += broken
    return +left


def _done(officer: Officer, deed: Deed, ids: Sequence[UUID]) -> bool:
    try:
        with transaction.atomic():
            deed.do(ids, officer)
    except (OperationalError, InterfaceError):
        raise  # the database's own trouble: the whole part is done again
    except Exception as error:
        logger.error("A part of a bulk action failed: %s.", place_of(error))
        return False
    return True


def _end(action_id: UUID, state: State, problem: str = "") -> bool:
    """Close an action that is not closed yet; its list of leads has had its use."""
    told: dict[str, Any] = {"state": state, "problem": problem, "chosen": b"", "leased_until": None}
    open_one = BulkAction.objects.filter(pk=action_id, state__in=BulkAction.GOING_ON)
    return bool(open_one.update(**told, ended_at=Now(), updated_at=Now()))


def resume() -> None:
    """Go on with what nobody has in hand and is not over; one that breaks does not keep the others from it."""
    left = (
        BulkAction.objects.filter(state__in=BulkAction.GOING_ON)
        .order_by("id")
        .exclude(leased_until__gt=Now())
    )
    for action_id in left.values_list("pk", flat=True):
        try:
            run(action_id)
        except Exception as error:  # the database's trouble too: the next round tries again
            logger.error("Bulk action %s could not go on: %s.", action_id, place_of(error))


def progress(action: BulkAction) -> dict[str, Any]:
    """How far it is, for a page that asks again and again."""
    seconds = (timezone.now() - action.created_at).total_seconds()
    over = action.done + action.left
    left = round((action.total - over) * seconds / over) if over else None
    return {
        "state": action.state,
        "state_label": action.get_state_display(),
        "finished": action.finished,
        "done": action.done,
        "left": action.left,
        "percent": action.percent,
        "seconds_left": 0 if action.finished else left,
    }
