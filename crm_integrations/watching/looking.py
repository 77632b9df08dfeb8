"""Going through the calls that are over, a batch at a time, each counted once.

A batch and how far it reaches are written in one transaction: whoever dies in it has counted nothing. Calls are passed
in the order of their ids; one that is not over yet is remembered, and counted when it is.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm_integrations.connector import Connector
from crm_integrations.models import Connection, Exchange, Lookout, Tally
from crm_integrations.watching.drifting import judge
from crm_integrations.watching.durations import quantile, step
from crm_integrations.watching.learning import learn
from crm_integrations.watching.reading import Reading, read
from leadops.faults import place_of
from leadops.ids import first_id_at

T = TypeVar("T")
logger = logging.getLogger(__name__)
BATCH = 500
SETTLED = timedelta(seconds=30)
"""A call gets its id by the clock of its host, and is stored a moment later: so much later no earlier one comes."""
FIRST_LOOK_BACK = timedelta(days=8)
NEVER_OVER = timedelta(days=1)
MOST_CAUSES = 50
OTHERS = "other causes"
READ = ["created_at", "purpose", "operation", "status", "error", "duration_ms", "finished_at"]
READ += ["response_headers", "response_body", "request_body"]


def watch(stop: Callable[[], bool] = lambda: False) -> int:
    """Count what is over, a batch of each connection in turn, and then compare it with what is usual.

    Returns how many calls were counted. What a turn does not reach is counted in the next.
    """
    connections = list(Connection.objects.of_vendors())
    counted, unread = 0, connections
    while unread and not stop():
        rest = []
        for connection in unread:
            passed, more = _guarded(_look, connection, (0, False))
            counted += passed
            rest += [connection] if more else []
        unread = rest
    for connection in connections:
        if not stop():
            _guarded(lambda of: judge(of, timezone.now()), connection, None)
    return counted


def _guarded(do: Callable[[Connection], T], connection: Connection, otherwise: T) -> T:
    """What fails with one connection holds up no other."""
    try:
        return do(connection)
    except Exception as error:
        logger.error("The calls of %s can't be watched: %s.", connection, place_of(error))
        return otherwise


def _look(connection: Connection) -> tuple[int, bool]:
    """One batch further: how many calls were counted, and whether more follow."""
    with transaction.atomic():
        lookout = _locked(connection)
        if lookout is None:
            return 0, False
        calls = Exchange.objects.filter(connection=connection).only(*READ)
        now = timezone.now()
        beyond = first_id_at(now - SETTLED)
        fresh = list(calls.filter(pk__gt=lookout.after, pk__lt=beyond).order_by("pk")[:BATCH])
        passed = [*(list(calls.filter(pk__in=lookout.late)) if lookout.late else []), *fresh]
        readings = _read(connection, [call for call in passed if call.finished_at is not None])
        never = first_id_at(now - NEVER_OVER)
        _keep(lookout, fresh, [call.pk for call in passed if call.finished_at is None and call.pk > never])
        return len(readings), len(fresh) == BATCH


def _locked(connection: Connection) -> Lookout | None:
    """How far it was looked; None when another process is at it."""
    start = first_id_at(timezone.now() - FIRST_LOOK_BACK)
    Lookout.objects.bulk_create([Lookout(connection=connection, after=start)], ignore_conflicts=True)
    return Lookout.objects.select_for_update(skip_locked=True).filter(connection=connection).first()


def _keep(lookout: Lookout, fresh: Sequence[Exchange], late: list[UUID]) -> None:
    after = fresh[-1].pk if fresh else lookout.after
    if (after, late) != (lookout.after, lookout.late):
        lookout.after, lookout.late = after, late
        lookout.save()


def _read(connection: Connection, calls: Sequence[Exchange]) -> list[Reading]:
    """Count and learn from `calls`."""
    if not calls:
        return []
    connector = _connector(connection)
    readings = [read(call, connector) for call in calls]
    _count(connection, readings)
    learn(connection, connector, readings)
    return readings


def _connector(connection: Connection) -> Connector | None:
    try:
        return connection.connector
    except Exception as error:
        logger.error("The connector of %s can't be had: %s.", connection, place_of(error))
        return None


def _count(connection: Connection, readings: Sequence[Reading]) -> None:
    """Add the calls to the tallies of their hours."""
    hours: dict[datetime, list[Reading]] = defaultdict(list)
    for each in readings:
        hours[each.hour].append(each)
    known = {tally.hour: tally for tally in Tally.objects.filter(connection=connection, hour__in=hours)}
    for hour, calls in hours.items():
        tally = known.get(hour) or Tally(connection=connection, hour=hour)
        _add(tally, calls)
        tally.save()


def _add(tally: Tally, calls: Sequence[Reading]) -> None:
    tally.calls += len(calls)
    tally.failures += sum(not each.answered for each in calls)
    tally.sent += sum(each.sent for each in calls)
    durations = Counter(tally.durations)
    durations.update(str(step(each.duration_ms)) for each in calls if each.duration_ms is not None)
    tally.durations = dict(durations)
    tally.p50_ms, tally.p95_ms = quantile(durations, 0.5), quantile(durations, 0.95)
    for each in calls:
        if each.cause:
            room = each.cause in tally.causes or len(tally.causes) < MOST_CAUSES
            cause = each.cause if room else OTHERS
            tally.causes[cause] = tally.causes.get(cause, 0) + 1
