"""Whether a vendor does otherwise than in the week before: other reasons, or slower.

The hour that is judged is the newest with enough calls that carried a record; a quiet one tells nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median_low

from django.db.models import Q

from crm_integrations import notices
from crm_integrations.models import Connection, Notice, Tally
from crm_integrations.watching.durations import STEPS, from_step, step
from crm_integrations.watching.learning import forget

Kind = Notice.Kind
WEEK = timedelta(days=7)
LAST_HOURS = timedelta(hours=2)
FEWEST = 20
"""Calls that carried a record, in an hour that tells something."""
FEWEST_BEFORE, FEWEST_HOURS = 100, 5
"""Calls, and hours with enough of them, in a week to compare with."""
POINTS, POINTS_OVER = 0.10, 0.05
"""More of the calls than usual: a notice from so many points on, and its end below so many."""
SURE = 10.0
"""See `surprise`: by chance alone less often than at one of 100,000 looks."""
TIMES_OVER = 1.5
LEAST_SLOWER_MS, FEWEST_SLOW = 50, 5
"""Milliseconds that a person would notice, and calls that are no single stray one."""


def judge(connection: Connection, now: datetime) -> None:
    """Raise and close the notices of what has changed by now."""
    seen = _notices_of(connection, now)
    for notice in seen:
        if notice.kind in (Kind.NEW_FIELD, Kind.NEW_STATUS) and notice.last_seen_at < now - WEEK:
            forget(notice)
    open_ones = {(each.kind, each.subject) for each in seen if each.closed_at is None}
    quiet = {(each.kind, each.subject) for each in seen if each.closed_at is not None}
    hour = _judged(connection, now)
    if hour is None:
        found: dict[tuple[str, str], str] = {}
        over = {each for each in open_ones if each[0] in (Kind.REASONS, Kind.SLOWER)}
    else:
        week = _week_before(hour)
        found = {(Kind.REASONS, cause): said for cause, said in _reasons(hour, week).items()}
        if said := _slower(hour, week):
            found[(Kind.SLOWER, "")] = said
        over = {each for each in open_ones - set(found) if _is_over(each, hour, week)}
    for kind, subject in over:
        notices.close(connection, Kind(kind), subject)
    for (kind, subject), said in found.items():
        if (kind, subject) not in quiet:
            notices.raise_notice(connection, Kind(kind), said, subject)


def _notices_of(connection: Connection, now: datetime) -> list[Notice]:
    """The open ones, and those an officer has put away within the week: after it, the new is the usual."""
    kinds = (Kind.REASONS, Kind.SLOWER, Kind.NEW_FIELD, Kind.NEW_STATUS)
    put_away = Q(closed_by__isnull=False, closed_at__gt=now - WEEK)
    ours = Notice.objects.filter(Q(closed_at=None) | put_away, connection=connection, kind__in=kinds)
    return list(ours.select_related("connection"))


def _judged(connection: Connection, now: datetime) -> Tally | None:
    recent = Tally.objects.filter(connection=connection, hour__gt=now - LAST_HOURS, hour__lte=now)
    return recent.filter(sent__gte=FEWEST).order_by("-hour").first()


def _week_before(hour: Tally) -> list[Tally]:
    before = Tally.objects.filter(
        connection=hour.connection_id, hour__lt=hour.hour, hour__gte=hour.hour - WEEK
    )
    return list(before.defer("durations"))


# Reasons -------------------------------------------------------------------------------------------------------------


def _reasons(hour: Tally, week: Sequence[Tally]) -> dict[str, str]:
    """The causes that more calls have than in the week before, and what is said of each."""
    sent, usual = sum(each.sent for each in week), _causes(week)
    if sent < FEWEST_BEFORE:
        return {}
    found = {}
    for cause, count in hour.causes.items():
        now, before = count / hour.sent, usual[cause] / sent
        if now - before >= POINTS and surprise(count, hour.sent, usual[cause], sent) >= SURE:
            found[cause] = (
                f"One cause made {100 * now:.0f} % of the calls of an hour; in the week before, {100 * before:.0f} %."
            )
    return found


def _causes(tallies: Sequence[Tally]) -> Counter[str]:
    added: Counter[str] = Counter()
    for tally in tallies:
        added.update(tally.causes)
    return added


def surprise(count: int, calls: int, count_before: int, calls_before: int) -> float:
    """How badly one share explains both numbers: half of the G of a likelihood-ratio test of two proportions.

    Unlike a z it holds for small counts too.
    """
    pooled = (count + count_before) / (calls + calls_before)
    now, before = count / calls, count_before / calls_before
    return calls * _divergence(now, pooled) + calls_before * _divergence(before, pooled)


def _divergence(share: float, other: float) -> float:
    """Kullback and Leibler's, of two coins."""
    parts = ((share, other), (1 - share, 1 - other))
    return sum(own * math.log(own / given) for own, given in parts if own > 0)


# Slower --------------------------------------------------------------------------------------------------------------


def _usual_p95(week: Sequence[Tally]) -> int | None:
    """The median of the week's hours; None while there are too few."""
    hours = [each.p95_ms for each in week if each.sent >= FEWEST]
    return median_low(hours) if len(hours) >= FEWEST_HOURS else None


def _slower(hour: Tally, week: Sequence[Tally]) -> str:
    """What is said of an hour that was twice as slow; nothing of any other."""
    usual = _usual_p95(week)
    if usual is None:
        return ""
    least = step(usual) + STEPS  # twice
    slow = step(hour.p95_ms) >= least and hour.p95_ms - usual >= LEAST_SLOWER_MS
    if not slow or from_step(hour.durations, least) < FEWEST_SLOW:
        return ""
    return (
        f"Of a hundred calls 95 took up to {hour.p95_ms:,} ms in an hour; in the week before, {usual:,} ms."
    )


def _is_over(notice: tuple[str, str], hour: Tally, week: Sequence[Tally]) -> bool:
    """Whether hardly anything is left of it; in between, a notice stays as it is."""
    kind, subject = notice
    if kind == Kind.SLOWER:
        usual = _usual_p95(week)
        return usual is None or hour.p95_ms < TIMES_OVER * usual
    if kind != Kind.REASONS:
        return False
    sent = sum(each.sent for each in week)
    usual_share = _causes(week)[subject] / sent if sent else 0.0
    return bool(hour.causes.get(subject, 0) / hour.sent - usual_share < POINTS_OVER)
