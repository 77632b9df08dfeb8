"""Doing a comparison from its first page to its notice; it ends whole, or as failed with nothing half."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from django.db import connection as database
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format

from crm_integrations import notices
from crm_integrations.models import Difference, Notice, Reconciliation
from crm_integrations.reconciling.comparing import STATUS, Comparison
from crm_integrations.reconciling.listing import Stopped, Unlistable, walk
from leadops import statements
from leadops.faults import place_of

logger = logging.getLogger(__name__)
Kind, State = Difference.Kind, Reconciliation.State
GIVEN_UP_AFTER = timedelta(hours=6)


def go_on(stop: Callable[[], bool] = lambda: False) -> None:
    """Do what was asked for and is in nobody's hands, the oldest first."""
    for key in Reconciliation.objects.filter(state=State.RUNNING).order_by("id").values_list("pk", flat=True):
        if stop():
            return
        run(key, stop)


def run(key: UUID, stop: Callable[[], bool] = lambda: False) -> None:
    """Compare, unless it is done or another worker is at it; what `stop` interrupts is done again from the start.

    No transaction may be open: the vendor is called in here.
    """
    with _alone(key) as alone:
        asked = Reconciliation.objects.select_related("connection").filter(pk=key, state=State.RUNNING)
        reconciliation = asked.first() if alone else None
        if reconciliation is None:
            return
        try:
            _end(reconciliation, _compared(reconciliation, stop))
        except Stopped:
            return
        except Unlistable as refusal:
            _fail(reconciliation, str(refusal))
        except Exception as error:
            logger.error("Reconciliation %s failed here: %s.", key, place_of(error))
            database.close_if_unusable_or_obsolete()
            _fail(reconciliation, f"A fault in leadops: {type(error).__name__}.")


@contextlib.contextmanager
def _alone(key: UUID) -> Iterator[bool]:
    """Whether this session has `key` for itself; a session that dies gives it back."""
    number = key.int % 2**63
    ((held,),) = statements.rows("SELECT pg_try_advisory_lock(%s)", [number])
    try:
        yield held
    finally:
        if held:
            with contextlib.suppress(Exception):
                statements.rows("SELECT pg_advisory_unlock(%s)", [number])


def _compared(reconciliation: Reconciliation, stop: Callable[[], bool]) -> Comparison:
    if timezone.now() - reconciliation.created_at > GIVEN_UP_AFTER:
        raise Unlistable("It was begun again and again and came to no end.")
    reconciliation.differences.all().delete()  # of a worker that died in it
    comparison = Comparison.begun(reconciliation)
    walk(comparison, stop)
    if comparison.missing_there().exists():
        # A list that changes while it is read can move a record from the next page to one that was read already.
        walk(comparison, stop)
    comparison.close()
    return comparison


def _end(reconciliation: Reconciliation, comparison: Comparison) -> None:
    """Write the sums, and tell operations or take back what they were told."""
    told = reconciliation.differences.exclude(kind=Kind.DIFFERS, field=STATUS)
    troubled = told.filter(delivery__in=comparison.in_scope()).values("delivery").distinct().count()
    ours = comparison.in_scope().count()
    Reconciliation.objects.filter(pk=reconciliation.pk).update(
        state=State.DONE,
        reason="",
        ours=ours,
        theirs=comparison.theirs(),
        matched=ours - troubled,
        ended_at=Now(),
        updated_at=Now(),
    )
    _tell(reconciliation)


def _tell(reconciliation: Reconciliation) -> None:
    status = Q(field=STATUS)
    counts = reconciliation.differences.aggregate(
        there=Count("id", filter=Q(kind=Kind.MISSING_THERE)),
        here=Count("id", filter=Q(kind=Kind.MISSING_HERE)),
        # A record is one, in however many fields it differs.
        differ=Count("reference", filter=Q(kind=Kind.DIFFERS) & ~status, distinct=True),
    )
    about = reconciliation.connection, Notice.Kind.DIFFERS
    if not any(counts.values()):
        notices.close(*about, subject=span(reconciliation))
        return
    said = "{there} missing at the vendor, {here} missing here, {differ} with other values.".format(**counts)
    notices.raise_notice(*about, f"{span(reconciliation)}: {said}", subject=span(reconciliation))


def span(reconciliation: Reconciliation) -> str:
    """The day that is compared, or the first and the last one."""
    days = dict.fromkeys([reconciliation.first_on, reconciliation.last_on])
    return " to ".join(map(date_format, days))


def _fail(reconciliation: Reconciliation, reason: str) -> None:
    """A comparison that could not be made says so, and nothing else."""
    reconciliation.differences.all().delete()
    Reconciliation.objects.filter(pk=reconciliation.pk).update(
        state=State.FAILED,
        reason=reason[:500],
        ours=0,
        theirs=0,
        matched=0,
        ended_at=Now(),
        updated_at=Now(),
    )
    said = f"The vendor's list for {span(reconciliation)} could not be read to its end."
    notices.raise_notice(reconciliation.connection, Notice.Kind.DIFFERS, said, subject=span(reconciliation))
