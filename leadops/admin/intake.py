"""How many leads came in of late, by day and by channel: numbers that an SVG draws."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, F, Func, IntegerField, UUIDField, Value
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from leadops import kept_counts
from leadops.admin.page_urls import LEADS, list_url
from leadops.admin.pages import ids_of
from leadops.ids import first_id_at, midnight
from leadops.models import Lead
from leadops.models.lead import LeadQuerySet

DAYS = 30
HEIGHT, WIDTH = 200, 24
EVERY = 5
"""Days from one written date to the next."""


class Part(NamedTuple):
    """What one channel brought on one day."""

    intake: str
    total: int
    y: int
    height: int
    url: str


class Bar(NamedTuple):
    """One day: its parts stand on each other, from the bottom line up."""

    x: int
    day: date
    parts: list[Part]
    total: int
    url: str
    dated: bool

    @property
    def top(self) -> int:
        return min((part.y for part in self.parts), default=HEIGHT) - 4

    @property
    def drawn(self) -> SafeString:
        """Its parts as shapes of the SVG."""
        shown = ((part.intake, self.x + 4, part.y, part.height) for part in self.parts if part.height)
        return format_html_join("", '<rect class="lo-by-{}" x="{}" y="{}" width="16" height="{}"/>', shown)


def chart(leads: LeadQuerySet, programs: Collection[UUID]) -> dict[str, Any]:
    """Bars of the last 30 days; of `programs`, which are all that there are, so that one index has it all."""
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counts = _per_day(leads, programs, days)
    came_by = {intake for _, intake in counts}
    intakes = [intake for intake in Lead.Intake if intake.value in came_by]
    most = max(sum(counts.get((at, intake), 0) for intake in intakes) for at in range(DAYS)) or 1
    bars = [
        _bar(at, day, [(i, counts.get((at, i), 0)) for i in intakes], most) for at, day in enumerate(days)
    ]
    return {
        "days": bars,
        "intakes": [(i.value, i.label, _url(days[0], today, i), _of(bars, i)) for i in intakes],
        "most": most,
        "width": DAYS * WIDTH,
        "height": HEIGHT,
        "total": sum(counts.values()),
    }


def _per_day(leads: LeadQuerySet, programs: Collection[UUID], days: list[date]) -> dict[tuple[int, str], int]:
    """The leads by the place of their day in `days`, and by channel: ids tell the day, as they do to the list."""
    firsts = [first_id_at(midnight(day)) for day in days]
    newest = leads.filter(program__in=programs, status__in=Lead.Status.values, pk__gte=firsts[0])
    over = newest.filter(pk__lt=firsts[-1])
    if (counts := kept_counts.known(key := ("by day", *ids_of(over)))) is None:
        counts = _counted(over, firsts)
        kept_counts.keep(key, counts)
    return counts | _counted(newest.filter(pk__gte=firsts[-1]), firsts)


def _counted(leads: LeadQuerySet, firsts: list[UUID]) -> dict[tuple[int, str], int]:
    starts = Value(firsts, output_field=ArrayField(UUIDField()))
    day = Func(F("pk"), starts, function="width_bucket", output_field=IntegerField()) - 1
    counted = leads.order_by().annotate(day=day).values("day", "intake").annotate(count=Count("*"))
    return {(row["day"], row["intake"]): row["count"] for row in counted}


def _bar(at: int, day: date, counts: list[tuple[Lead.Intake, int]], most: int) -> Bar:
    parts: list[Part] = []
    top = HEIGHT
    for intake, count in counts:
        height = max(1, round(HEIGHT * count / most)) if count else 0
        top -= height
        parts.append(Part(intake.value, count, top, height, _url(day, day, intake)))
    total = sum(part.total for part in parts)
    return Bar(at * WIDTH, day, parts, total, _url(day, day), (DAYS - 1 - at) % EVERY == 0)


def _of(bars: list[Bar], intake: Lead.Intake) -> int:
    return sum(part.total for bar in bars for part in bar.parts if part.intake == intake.value)


def _url(first: date, last: date, intake: Lead.Intake | None = None) -> str:
    by = {"intake__exact": intake.value} if intake else {}
    days = {"created_from": first.isoformat(), "created_to": last.isoformat()}
    return list_url(LEADS, **days, **by, space="real")
