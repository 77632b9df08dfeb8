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

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops import doorbell, statements
from leadops.errors import LeadopsError
from leadops.faults import place_of
from leadops.models import BulkAction, Lead, Officer
from leadops.services.bulk_deeds import Deed, Incomplete, deed_of

logger = logging.getLogger(__name__)

State = BulkAction.State
RUN = "leadops.tasks.run_bulk_action"
MOST = 100_000
CHUNK = 500
ID_BYTES = 16
LEASE_SECONDS = 60
MOST_ATTEMPTS = 5
OUR_FAULT = "Something went wrong on our side; please tell the operator."


class TooMany(LeadopsError):
    """These are more leads than are acted on at once."""


class NothingToDo(LeadopsError):
    """None of these leads is left to act on."""


class LostLease(Exception):
    """It was stopped, or another worker has taken it over."""


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


_CHOOSING = """
UPDATE leadops_bulkaction SET chosen = coalesce(ids, ''), total = coalesce(length(ids), 0) / 16
FROM (
    SELECT string_agg(uuid_send(id), ''::bytea ORDER BY id) AS ids
    FROM (SELECT DISTINCT id FROM ({query}) AS found (id) LIMIT %s) AS leads
) AS picked WHERE leadops_bulkaction.id = %s RETURNING total
"""


def _choose(leads: QuerySet[Lead], action: BulkAction) -> None:
    try:
        sql, params = leads.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        raise NothingToDo from None
    [(action.total,)] = statements.rows(_CHOOSING.format(query=sql), [*params, MOST + 1, action.pk])
    if action.total > MOST:
        raise _too_many()
    if not action.total:
        raise NothingToDo


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


_LEASING = "leased_until = clock_timestamp() + make_interval(secs => %s)"


def _take(action_id: UUID) -> datetime | None:
    """Lease by the database's clock; what is written into `leased_until` is the token that proves it."""
    found = statements.rows(
        f"UPDATE leadops_bulkaction SET state = 'running', attempts = attempts + 1, {_LEASING} WHERE id = %s"  # noqa: S608
        " AND state IN ('queued', 'running')"
        " AND (leased_until IS NULL OR leased_until < clock_timestamp()) RETURNING leased_until",
        [LEASE_SECONDS, action_id],
    )
    return found[0][0] if found else None


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
    start = f'1 + (done + "left") * {ID_BYTES}'
    found = statements.rows(
        f"UPDATE leadops_bulkaction SET {_LEASING} WHERE id = %s AND state = 'running' AND leased_until = %s"  # noqa: S608
        f" RETURNING leased_until, substring(chosen FROM {start} FOR %s)",
        [LEASE_SECONDS, action_id, lease, CHUNK * ID_BYTES],
    )
    if not found:
        raise LostLease
    [(until, part)] = found
    part = bytes(part)
    return until, [UUID(bytes=part[at : at + ID_BYTES]) for at in range(0, len(part), ID_BYTES)]


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
