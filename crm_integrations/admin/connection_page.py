"""What the page of a connection shows above its form: how it stands now, and how its calls went of late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from crm_integrations import watching
from crm_integrations.models import Connection, Health, Lease, Notice, State, Tally
from leadops.admin.page_urls import list_url
from leadops.models import Officer

HOURS, HOUR_WIDTH, HEIGHT = 168, 5, 110
"""Of the chart: a week, each hour so wide, calls and durations each so high."""
GAP = 34
MOST_CAUSES = 8


def shown(connection: Connection, officer: Officer) -> dict[str, Any]:
    """The context of the page: four queries, however much was called."""
    now = timezone.now()
    open_notices = (
        Notice.objects.visible_to(officer)
        .filter(connection=connection, closed_at=None)
        .order_by("-last_seen_at")
    )
    notices = list(open_notices[:20])
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tallies = list(Tally.objects.filter(connection=connection, hour__gte=_start(now) - timedelta(days=1)))
    return {
        "condition": _condition(connection, notices, now),
        "open_notices": notices,
        "its_pages": its_pages(connection),
        "chart": chart(tallies, now),
        "causes": causes(tallies, today),
    }


# How it stands -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition:
    """How the engine treats a connection just now. `pace` is in percent, `used` counts calls under way."""

    used: int
    parallel: int
    pace: int
    rate: float | None
    paused_since: datetime | None
    hold_until: datetime | None
    hold_reason: str
    opened_at: datetime | None


def _condition(connection: Connection, notices: Sequence[Notice], now: datetime) -> Condition:
    health = Health.objects.filter(connection=connection).first() or Health(connection=connection)
    used = Lease.objects.filter(connection=connection, until__gt=Now()).count()
    held_until = health.held_until(now)
    paused = (each.created_at for each in notices if each.kind == Notice.Kind.PAUSED)
    parallel = max(1, int(connection.parallel * health.pace))
    return Condition(
        used=used,
        parallel=1 if health.opened_at else parallel,
        pace=round(100 * health.pace),
        rate=None if connection.rate is None else connection.rate * health.pace,
        paused_since=next(paused, None) if connection.paused else None,
        hold_until=held_until,
        hold_reason=health.hold_reason if held_until or health.opened_at else "",
        opened_at=health.opened_at,
    )


def its_pages(connection: Connection) -> list[tuple[str, str]]:
    """The lists that hold what belongs to this connection, with its filter set."""
    kind = connection.connector_class
    delivered = {"state__exact": State.DELIVERED.value}
    lists: list[tuple[str, str, bool, dict[str, str]]] = [
        (_("Deliveries"), "delivery", True, {}),
        (_("HTTP calls"), "exchange", True, {}),
        (_("What is followed"), "delivery", kind.can_follow, delivered),
        (_("Webhooks"), "inbound", kind.takes_webhooks, {}),
        (_("Reconciliations"), "reconciliation", kind.can_list, {}),
        (_("All notices"), "notice", True, {"state": "all"}),
    ]
    return [
        (
            label,
            list_url(
                f"admin:crm_integrations_{model}_changelist",
                connection__id__exact=connection.pk,
                **filters,
            ),
        )
        for label, model, has, filters in lists
        if has
    ]


# The week in a chart -------------------------------------------------------------------------------------------------


def _start(now: datetime) -> datetime:
    """The first of the hours that are shown."""
    hour = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    return timezone.localtime(hour - timedelta(hours=HOURS - 1))


def chart(tallies: Sequence[Tally], now: datetime) -> dict[str, Any]:
    """Calls and failures as bars, p50 and p95 as lines below them, and the days in numbers."""
    start = _start(now)
    week = {_place(each, start): each for each in tallies if each.hour >= start}
    most = max((each.calls for each in week.values()), default=0)
    slowest = max((each.p95_ms for each in week.values()), default=0)
    return {
        "width": HOURS * HOUR_WIDTH,
        "height": HEIGHT,
        "below": HEIGHT + GAP,
        "bottom": 2 * HEIGHT + GAP,
        "most": most,
        "slowest": slowest,
        "bars": [_bar(at, each, most) for at, each in sorted(week.items())],
        "lines": [(name, _line(week, f"{name}_ms", slowest)) for name in ("p50", "p95")],
        "days": _days(week, start),
    }


def _place(tally: Tally, start: datetime) -> int:
    return int((tally.hour - start).total_seconds() // 3600)


def _bar(at: int, tally: Tally, most: int) -> dict[str, Any]:
    """One hour: failures stand on the ground, and are seen also when they are few."""
    height = round(HEIGHT * tally.calls / (most or 1), 1)
    failed = round(HEIGHT * tally.failures / (most or 1), 1)
    failed = max(failed, 1.5) if tally.failures else 0
    return {
        "x": at * HOUR_WIDTH,
        "y": round(HEIGHT - max(height, failed), 1),
        "height": round(max(height, failed) - failed, 1),
        "failed_y": round(HEIGHT - failed, 1),
        "failed": failed,
        "tally": tally,
    }


def _line(week: Mapping[int, Tally], name: str, slowest: int) -> str:
    """An SVG path through the hours that sent records; it begins anew after an hour that did not."""
    parts, before = [], None
    for at, tally in sorted(week.items()):
        if not tally.durations:
            continue
        x = at * HOUR_WIDTH + HOUR_WIDTH / 2
        y = round(HEIGHT * (1 - getattr(tally, name) / (slowest or 1)) + HEIGHT + GAP, 1)
        parts.append(f"L{x} {y}" if before == at - 1 else f"M{x} {y}h0.1")
        before = at
    return "".join(parts)


def _days(week: Mapping[int, Tally], start: datetime) -> list[dict[str, Any]]:
    """The days from the first to today: where each stands in the chart, and its numbers."""
    by_day: dict[int, list[Tally]] = {}
    for at, tally in week.items():
        by_day.setdefault((start + timedelta(hours=at)).toordinal(), []).append(tally)
    days = []
    for ordinal in range(start.toordinal(), (start + timedelta(hours=HOURS - 1)).toordinal() + 1):
        midnight = timezone.make_aware(datetime.fromordinal(ordinal))
        at = int((midnight - start).total_seconds() // 3600)
        of_day = by_day.get(ordinal, [])
        took = watching.together(each.durations for each in of_day)
        days.append(
            {
                "day": midnight,
                "x": max(at, 0) * HOUR_WIDTH,
                "middle": (at + 12) * HOUR_WIDTH if 0 <= at <= HOURS - 24 else None,
                "calls": sum(each.calls for each in of_day),
                "failures": sum(each.failures for each in of_day),
                "p50": watching.quantile(took, 0.5) if took else None,
                "p95": watching.quantile(took, 0.95) if took else None,
            }
        )
    return days


# Causes --------------------------------------------------------------------------------------------------------------


class Share(NamedTuple):
    """So many of the calls that carried a record."""

    times: int
    sent: int

    @property
    def percent(self) -> int:
        return round(_part(self.times, self.sent))

    @property
    def in_words(self) -> str:
        """Not 0 % of what there was, however rare."""
        return "<1 %" if self.times and not self.percent else f"{self.percent} %"


def _part(count: int, sent: int) -> float:
    return 100 * count / sent if sent else 0.0


def causes(tallies: Sequence[Tally], today: datetime) -> dict[str, Any]:
    """Why records were not taken: today beside the seven days before it, as shares of the calls that carried one."""
    now = [each for each in tallies if each.hour >= today]
    week = [each for each in tallies if today - timedelta(days=7) <= each.hour < today]
    (sent, found), (sent_before, found_before) = _counted(now), _counted(week)
    weight = {
        cause: max(_part(found[cause], sent), _part(found_before[cause], sent_before))
        for cause in {*found, *found_before}
    }
    chosen = sorted(weight, key=lambda cause: (-weight[cause], cause))
    rows = [
        {"cause": each, "today": Share(found[each], sent), "before": Share(found_before[each], sent_before)}
        for each in chosen
    ]
    return {"rows": rows[:MOST_CAUSES], "more": rows[MOST_CAUSES:], "sent": sent, "sent_before": sent_before}


def _counted(tallies: Sequence[Tally]) -> tuple[int, Counter[str]]:
    """How many calls carried a record, and how many of them had each cause."""
    counts: Counter[str] = Counter()
    for each in tallies:
        counts.update(each.causes)
    return sum(each.sent for each in tallies), counts
