"""How long the leads that nobody has decided on have been here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Count, IntegerField, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadops.ids import first_id_at, midnight
from leadops.models import Branch, Lead, Officer
from leadops.reports.asked import LEADS, Asked
from leadops.reports.tables import Cell, Chart, Link, Report, Result, Series, Table, Unit


class Bucket(NamedTuple):
    """Leads that came at least `least` days ago, and at most `most`; the last has no end."""

    label: Any
    least: int
    most: int | None

    def days(self, today: date) -> dict[str, str]:
        """The lead list's filter of them."""
        filters = {"created_to": (today - timedelta(days=self.least)).isoformat()}
        if self.most is not None:
            filters["created_from"] = (today - timedelta(days=self.most)).isoformat()
        return filters


BUCKETS = (
    Bucket(_("up to 2 days"), 0, 2),
    Bucket(_("3 to 7 days"), 3, 7),
    Bucket(_("8 to 30 days"), 8, 30),
    Bucket(_("31 to 90 days"), 31, 90),
    Bucket(_("over 90 days"), 91, None),
)
Counts = Mapping[tuple[int, str, Any], int]


class Ageing(Report):
    slug = "ageing"
    title = _("Ageing")
    about = _("How long the leads that nobody has decided on have been here.")
    icon = "hourglass_bottom"
    groups = {"owner": _("Owner"), "branch": _("Branch")}
    of_a_period = False

    def answer(self, asked: Asked) -> Result:
        by, today = asked.by or "owner", timezone.localdate()
        counts = _counts(asked, by, today)
        if not counts:
            return Result([], [])
        statuses = [Lead.Status(each) for each in Lead.OPEN]
        series = [
            Series(status.label, [_sum(counts, bucket=at, status=status) for at in range(len(BUCKETS))])
            for status in statuses
        ]
        chart = Chart(_("Open leads by age"), [each.label for each in BUCKETS], series, stacked=True)
        by_status = [
            (status.label, {"status__exact": status.value}, _of(1, status.value)) for status in statuses
        ]
        groups = [(name, _filter(by, key), _of(2, key)) for key, name in _names(by, counts).items()]
        return Result(
            [chart],
            [
                _table(asked, today, counts, _("By status"), _("Status"), by_status),
                _table(asked, today, counts, self.groups[by], self.groups[by], groups),
            ],
        )


def _counts(asked: Asked, by: str, today: date) -> Counts:
    """Open leads by bucket, status and group, in one query."""
    starts = [
        (at, first_id_at(midnight(today - timedelta(days=each.most))))
        for at, each in enumerate(BUCKETS)
        if each.most is not None
    ]
    bucket = Case(
        *(When(pk__gte=start, then=Value(at)) for at, start in starts),
        default=Value(len(BUCKETS) - 1),
        output_field=IntegerField(),
    )
    open_ones = asked.leads().filter(status__in=Lead.OPEN).order_by().annotate(bucket=bucket)
    found = open_ones.values_list("bucket", "status", f"{by}_id").annotate(count=Count("pk"))
    return {(at, status, key): count for at, status, key, count in found}


def _sum(counts: Counts, bucket: int, status: str) -> int:
    return sum(count for (at, each, _key), count in counts.items() if (at, each) == (bucket, status))


def _of(place: int, value: Any) -> Callable[[tuple[int, str, Any]], bool]:
    return lambda cell: cell[place] == value


def _names(by: str, counts: Counts) -> dict[Any, str]:
    """The groups, those with the most leads first."""
    totals: Counter[Any] = Counter()
    for (_at, _status, key), count in counts.items():
        totals[key] += count
    keys = [key for key in totals if key is not None]
    known: dict[Any, Any] = dict(
        Officer.objects.in_bulk(keys) if by == "owner" else Branch.objects.in_bulk(keys)
    )
    nobody = _now("Nobody") if by == "owner" else _now("Head office")
    return {
        key: nobody if key is None else _spoken(known[key])
        for key, _count in sorted(totals.items(), key=lambda each: (-each[1], str(each[0])))
    }


def _spoken(group: Officer | Branch) -> str:
    return (group.get_full_name() or group.get_username()) if isinstance(group, Officer) else str(group)


def _filter(by: str, key: Any) -> dict[str, str]:
    return {f"{by}__id__isnull": "True"} if key is None else {f"{by}__id__exact": str(key)}


def _table(asked: Asked, today: date, counts: Counts, title: Any, heading: Any, groups: list[Any]) -> Table:
    columns = [heading, *(each.label for each in BUCKETS), _("All")]
    rows = []
    for name, query, fits in groups:
        row = [Cell(name, Unit.TEXT)]
        for at, bucket in enumerate(BUCKETS):
            count = sum(each for cell, each in counts.items() if cell[0] == at and fits(cell))
            row.append(Cell(count, link=_link(asked, {**bucket.days(today), **query})))
        everything = sum(each for cell, each in counts.items() if fits(cell))
        rows.append([*row, Cell(everything, link=_link(asked, query))])
    return Table(title, columns, rows)


def _link(asked: Asked, query: Mapping[str, str]) -> Link:
    return Link(LEADS, {**asked.list_query(reached="open"), **query})
