"""The first page: how the leads stand, what came in of late, and which imports are under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from leadops import statements
from leadops.admin.pages import capped_counts, in_words
from leadops.ids import first_id_at, midnight
from leadops.models import ImportBatch, Lead

DAYS = 14
CHART_HEIGHT = 120
DAY_WIDTH = 40
LEADS = "admin:leadops_lead_changelist"

# Newest first and capped, so that a busy fortnight costs no more than its newest 100,000 leads.
PER_DAY = """
SELECT (created_at AT TIME ZONE %s)::date AS day, intake, count(*)
FROM (
    SELECT created_at, intake FROM leadops_lead WHERE id >= %s AND deleted_at IS NULL ORDER BY id DESC LIMIT 100000
) newest
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Number:
    """A count that leads to the list of what it counts."""

    label: str
    count: int
    url: str
    tone: str = "calm"

    @property
    def words(self) -> str:
        return in_words(self.count)


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the core shows on the first page to those who may see leads."""
    if not request.user.has_perm("leadops.view_lead"):
        return context
    under_way = ImportBatch.objects.exclude(state__in=ImportBatch.ENDED)
    return {
        **context,
        "title": "Overview",
        "statuses": lead_numbers(),
        "chart": chart(),
        "imports": under_way.select_related("partner", "program")[:5]
        if request.user.has_perm("leadops.view_importbatch")
        else [],
        "may_add_lead": request.user.has_perm("leadops.add_lead"),
        "may_import": request.user.has_perm("leadops.add_importbatch"),
    }


def lead_numbers() -> list[Number]:
    """The leads by status."""
    counts = capped_counts({status: Lead.objects.filter(status=status) for status in Lead.Status.values})
    return [
        Number(str(s.label), counts[s.value], list_url(LEADS, status__exact=s.value)) for s in Lead.Status
    ]


def chart() -> dict[str, Any]:
    """Bars of the leads of the last 14 days, a part per intake, as numbers that an SVG draws."""
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counts = _per_day(days[0])
    came_by = {intake for _, intake in counts}
    intakes = [intake for intake in Lead.Intake if intake.value in came_by]
    most = max(sum(counts.get((day, intake), 0) for intake in intakes) for day in days) or 1
    return {
        "days": [
            _bar(at, day, [(i, counts.get((day, i), 0)) for i in intakes], most)
            for at, day in enumerate(days)
        ],
        "intakes": [(intake.value, intake.label) for intake in intakes],
        "most": most,
        "width": DAYS * DAY_WIDTH,
        "height": CHART_HEIGHT,
        "total": sum(counts.values()),
    }


def _per_day(first: date) -> dict[tuple[date, str], int]:
    since = first_id_at(midnight(first))
    counted = statements.rows(PER_DAY, [str(timezone.get_current_timezone()), since])
    return {(day, intake): count for day, intake, count in counted if day >= first}


def _bar(at: int, day: date, counts: list[tuple[Lead.Intake, int]], most: int) -> dict[str, Any]:
    """One day's bar: its parts stand on each other, from the bottom line up."""
    parts: list[dict[str, Any]] = []
    top = CHART_HEIGHT
    for intake, count in counts:
        height = round(CHART_HEIGHT * count / most)
        top -= height
        parts.append({"intake": intake.value, "count": count, "y": top, "height": height})
    total = sum(part["count"] for part in parts)
    url = list_url(LEADS, created_from=day.isoformat(), created_to=day.isoformat())
    return {"x": at * DAY_WIDTH, "day": day, "parts": parts, "total": total, "url": url}


def list_url(name: str, **filters: Any) -> str:
    """A list's address with filters set."""
    return f"{reverse(name)}?{urlencode(filters)}"
