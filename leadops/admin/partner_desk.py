"""What a partner's page shows beside its form: its keys, its calls, and how its leads fare."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadops.admin.duplicates import REPEATING, REPEATS
from leadops.admin.page_urls import IMPORTS, LEADS, list_url
from leadops.admin.pages import capped_counts, in_words
from leadops.ids import first_id_at, midnight
from leadops.models import ApiKey, CallCount, ImportBatch, Lead, LoanAccount, Officer, Partner

DAYS, DAY_WIDTH, HEIGHT = 30, 24, 120
MOST_ERRORS = 12
ACCOUNTS = "admin:leadops_loanaccount_changelist"
TOKENS = "admin:leadops_borrowertoken_changelist"
CALLS = "admin:leadops_callcount_changelist"
CLASSES = (
    ("good", gettext_lazy("Done"), 200, 299),
    ("theirs", gettext_lazy("Refused (4xx)"), 400, 499),
    ("ours", gettext_lazy("Our fault (5xx)"), 500, 599),
)
"""Classes of statuses: the name of the colour, the words, from and to."""


@dataclass(frozen=True)
class Score:
    """One number of the card, what it is a part of, and the list of the rows behind it."""

    label: str
    count: int | None
    url: str
    of: int = 0
    told: str = ""
    note: str = ""
    is_capped: bool = True
    """Whether the counts end at 10,000 and a few."""

    @property
    def words(self) -> str:
        """The part as a percentage where there is a whole, else the count, else what is told."""
        if self.count is None:
            return self.told
        if not self.of:
            return self._counted(self.count)
        share = 100 * self.count / self.of
        return "<1 %" if 0 < share < 1 else f"{share:.0f} %"

    @property
    def explained(self) -> str:
        """What the number is a part of, or whatever else is to be said of it."""
        if self.count is not None and self.of:
            return _("%(count)s of %(whole)s") % {
                "count": self._counted(self.count),
                "whole": self._counted(self.of),
            }
        return self.note

    def _counted(self, count: int) -> str:
        return in_words(count) if self.is_capped else f"{count:,}"


def first_day() -> date:
    return timezone.localdate() - timedelta(days=DAYS - 1)


def counts(partner: Partner) -> list[dict[str, Any]]:
    """How the calls of these days were answered."""
    found = CallCount.objects.filter(api_key__partner=partner, day__gte=first_day())
    by = ("day", "status", "problem", "finding")
    return [dict(row) for row in found.values(*by).annotate(calls=Sum(F("calls"))).order_by(*by)]


def shown(partner: Partner, counts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the templates need besides: one query, however busy the partner is."""
    return {
        "keys": list(ApiKey.objects.filter(partner=partner).select_related("program")),
        "usage": usage(counts, partner),
        "errors": errors(counts, partner),
        "calls_url": calls_url(partner, day__gte=first_day()),
        "tokens_url": list_url(TOKENS, api_key__partner__id__exact=partner.pk),
        "now": timezone.now(),
    }


def calls_url(partner: Partner, **filters: Any) -> str:
    return list_url(CALLS, api_key__partner__id__exact=partner.pk, **filters)


# Calls ---------------------------------------------------------------------------------------------------------------


def usage(counts: Iterable[dict[str, Any]], partner: Partner) -> dict[str, Any]:
    """Bars of the calls of each day, a part for each class of statuses, as numbers that an SVG draws."""
    days: dict[date, Counter[str]] = defaultdict(Counter)
    for row in counts:
        if not row["finding"]:
            days[row["day"]][_class_of(row["status"])] += row["calls"]
    shown = [first_day() + timedelta(days=at) for at in range(DAYS)]
    most = max((day.total() for day in days.values()), default=0)
    return {
        "most": most,
        "total": sum(day.total() for day in days.values()),
        "width": DAYS * DAY_WIDTH,
        "height": HEIGHT,
        "classes": [(name, label) for name, label, *_ in CLASSES],
        "bars": [_bar(at, day, days[day], most or 1, partner) for at, day in enumerate(shown)],
    }


def _class_of(status: int) -> str:
    return next(name for name, _, least, _ in reversed(CLASSES) if status >= least)


def _bar(at: int, day: date, counts: Counter[str], most: int, partner: Partner) -> dict[str, Any]:
    """One day: the classes stand on each other, each that has a call is seen."""
    parts, top = [], float(HEIGHT)
    for name, _label, least, last in CLASSES:
        count = counts[name]
        height = max(round(HEIGHT * count / most, 1), 1.5) if count else 0
        top -= height
        url = calls_url(partner, day__gte=day, day__lte=day, status__gte=least, status__lte=last)
        parts.append({"name": name, "count": count, "y": round(top, 1), "height": height, "url": url})
    return {"x": at * DAY_WIDTH, "day": day, "parts": parts, "total": counts.total(), "labelled": at % 5 == 2}


# Errors --------------------------------------------------------------------------------------------------------------


def errors(counts: Iterable[dict[str, Any]], partner: Partner) -> dict[str, Any]:
    """Which problems were answered, and which errors stood in the bodies, the most frequent first."""
    problems: Counter[tuple[int, str]] = Counter()
    findings: Counter[str] = Counter()
    for row in counts:
        if row["finding"]:
            findings[row["finding"]] += row["calls"]
        elif row["problem"]:
            problems[row["status"], row["problem"]] += row["calls"]
    since = {"day__gte": first_day()}
    return {
        "problems": [
            (status, slug, calls, calls_url(partner, problem__exact=slug, **since))
            for (status, slug), calls in problems.most_common(MOST_ERRORS)
        ],
        "findings": [
            (code, calls, calls_url(partner, finding__exact=code, **since))
            for code, calls in findings.most_common(MOST_ERRORS)
        ],
    }


# Leads ---------------------------------------------------------------------------------------------------------------


def scores(partner: Partner, counts: Sequence[dict[str, Any]] | None, officer: Officer) -> list[Score]:
    """How the leads of the last 30 days that `officer` sees fare; counted up to 10,000.

    Its calls are told where the officer may see `counts` of them.
    """
    since = first_id_at(midnight(first_day()))
    leads = Lead.objects.visible_to(officer).filter(partner=partner, pk__gte=since)
    batches = ImportBatch.objects.visible_to(officer).filter(partner=partner, pk__gte=since)
    accounts = LoanAccount.objects.filter(lead__partner=partner, lead_id__gte=since)
    found = capped_counts(
        {
            "leads": leads,
            "repeats": leads.filter(REPEATING),
            "declined": leads.filter(status=Lead.Status.DECLINED),
            "accounts": leads.filter(pk__in=accounts.values("lead_id")),
        }
    )
    rows = batches.aggregate(rows=Sum("rows", default=0), failed=Sum("failed", default=0))
    taken = found["leads"]
    imports = list_url(IMPORTS, partner__id__exact=partner.pk, id__gte=since)
    return [
        Score(_("Leads"), taken, leads_url(partner)),
        Score(_("Duplicates"), found["repeats"], leads_url(partner, duplicates=REPEATS), taken),
        *([] if counts is None else [_invalid_calls(partner, counts)]),
        Score(_("Invalid rows of workbooks"), rows["failed"], imports, rows["rows"], is_capped=False),
        Score(_("Declined"), found["declined"], leads_url(partner, status__exact="declined"), taken),
        Score(
            _("Became an account"),
            found["accounts"],
            list_url(ACCOUNTS, lead__partner__id__exact=partner.pk, lead__gte=since),
            taken,
        ),
    ]


def _invalid_calls(partner: Partner, counts: Sequence[dict[str, Any]]) -> Score:
    invalid = sum(row["calls"] for row in counts if row["problem"] == "validation" and not row["finding"])
    calls = sum(row["calls"] for row in counts if not row["finding"])
    shown = calls_url(partner, problem__exact="validation", finding__exact="", day__gte=first_day())
    return Score(_("Invalid calls"), invalid, shown, calls, is_capped=False)


def leads_url(partner: Partner, **filters: Any) -> str:
    return list_url(LEADS, partner__id__exact=partner.pk, created_from=first_day().isoformat(), **filters)
