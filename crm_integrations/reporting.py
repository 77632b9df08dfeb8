"""What vendors' answers add to the reports: the moments of a lead's road, and why vendors refuse."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncWeek
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from crm_integrations.connector import Kind, Meaning
from crm_integrations.models import Connection, Delivery, State
from leadops.ids import midnight
from leadops.models import Partner
from leadops.reports import catalogue, moments
from leadops.reports.asked import Asked
from leadops.reports.moments import Source, Stage
from leadops.reports.tables import Cell, Chart, Link, Report, Result, Series, Table, Unit

CHANGED = (
    "SELECT lead_id FROM crm_integrations_delivery WHERE updated_at >= %(since)s AND lead_id IS NOT NULL"
)
DELIVERIES = "admin:crm_integrations_delivery_changelist"
MOST_CAUSES = 50


def _words(*meanings: Meaning) -> str:
    return ", ".join(f"'{each.value}'" for each in meanings)


def _of_deliveries(stage: Stage, moment: str, condition: str) -> Source:
    select = (
        f"SELECT d.lead_id, '{stage.value}', {moment} FROM crm_integrations_delivery d "
        f"WHERE d.kind = '{Kind.LEAD.value}' AND {condition}"
    )
    return Source(select, "d.lead_id", CHANGED)


def _of_words(stage: Stage, *meanings: Meaning) -> Source:
    """What a vendor said later of what it took."""
    select = (
        f"SELECT d.lead_id, '{stage.value}', s.created_at FROM crm_integrations_delivery d "
        f"JOIN crm_integrations_statuschange s ON s.delivery_id = d.id WHERE s.meaning IN ({_words(*meanings)})"
    )
    return Source(select, "d.lead_id", CHANGED)


ACCEPTING = (Meaning.APPROVED, Meaning.ACTIVE)
MOMENTS = [
    _of_deliveries(Stage.SUBMITTED, "d.created_at", "TRUE"),
    _of_deliveries(
        Stage.ANSWERED,
        "coalesce(d.delivered_at, d.updated_at)",
        f"d.state IN ('{State.DELIVERED}', '{State.REJECTED}')",
    ),
    _of_deliveries(Stage.DELIVERED, "d.delivered_at", f"d.state = '{State.DELIVERED}'"),
    _of_words(Stage.ACCEPTED, *ACCEPTING),
    _of_words(Stage.DECIDED, *ACCEPTING, Meaning.REFUSED, Meaning.STOPPED),
]


def declare() -> None:
    """Tell the core's reports what vendors answer."""
    for source in MOMENTS:
        moments.add(source)
    catalogue.add(Refusals())


class Refused(NamedTuple):
    """So many deliveries that a vendor refused in one week for one cause."""

    connection: UUID
    cause: str
    week: date
    times: int


class Refusals(Report):
    slug = "refusals"
    title = _("Still refused")
    about = _(
        "Why vendors refuse what they were sent and have not taken since, by the week of the last refusal."
        " What was sent again and delivered is not counted any more."
    )
    icon = "block"
    needs = (*Report.needs, "crm_integrations.view_delivery")

    def answer(self, asked: Asked) -> Result:
        found = _refused(asked)
        if not found:
            return Result([], [])
        names = {
            pk: str(each)
            for pk, each in Connection.objects.in_bulk({each.connection for each in found}).items()
        }
        weeks = sorted({each.week for each in found})
        by_week: Counter[tuple[UUID, date]] = Counter()
        for each in found:
            by_week[each.connection, each.week] += each.times
        series = [Series(name, [by_week[pk, week] for week in weeks]) for pk, name in names.items()]
        chart = Chart(
            _("Deliveries still refused, by the week of the last refusal"),
            [date_format(week, "MONTH_DAY_FORMAT") for week in weeks],
            series,
            stacked=True,
        )
        return Result([chart], [_vendors(asked, names, weeks, by_week), _causes(asked, names, weeks, found)])


def _refused(asked: Asked) -> list[Refused]:
    """What is refused now, by the moment of that, of the leads within the officer's reach.

    A delivery keeps its present state alone, and neither calls nor tallies say which program or branch was refused why.
    """
    weeks = _deliveries(asked).annotate(week=TruncWeek("updated_at")).order_by()
    found = weeks.values_list("connection_id", "cause", "week").annotate(count=Count("pk"))
    return [Refused(connection, cause, week.date(), count) for connection, cause, week, count in found]


def _deliveries(asked: Asked) -> QuerySet[Delivery]:
    refused = Delivery.objects.filter(
        state=State.REJECTED,
        lead__isnull=False,
        updated_at__gte=midnight(asked.first),
        updated_at__lt=midnight(asked.last + timedelta(days=1)),
        **{f"lead__{name}": pk for name, pk in asked.chosen.items()},
    )
    if asked.officer.sees_all:
        return refused.exclude(lead__partner__in=Partner.objects.test_spaces())
    return refused.filter(lead__in=asked.leads())


def _vendors(
    asked: Asked, names: dict[UUID, str], weeks: list[date], counts: Counter[tuple[UUID, date]]
) -> Table:
    rows = []
    for pk, name in names.items():
        cells = [Cell(counts[pk, week], link=_link(asked, pk, week)) for week in weeks]
        rows.append(
            [
                Cell(name, Unit.TEXT),
                *cells,
                Cell(sum(counts[pk, week] for week in weeks), link=_link(asked, pk)),
            ]
        )
    spoken = [date_format(week, "MONTH_DAY_FORMAT") for week in weeks]
    return Table(_("By vendor"), [_("Vendor"), *spoken, _("All")], rows)


def _causes(asked: Asked, names: dict[UUID, str], weeks: list[date], found: list[Refused]) -> Table:
    """The reasons, the most frequent first."""
    counts: Counter[tuple[UUID, str]] = Counter()
    last: Counter[tuple[UUID, str]] = Counter()
    for each in found:
        counts[each.connection, each.cause] += each.times
        last[each.connection, each.cause] += each.times if each.week == weeks[-1] else 0
    rows = [
        [
            Cell(names[pk], Unit.TEXT),
            Cell(cause or _now("No reason given"), Unit.TEXT),
            Cell(last[pk, cause], link=_link(asked, pk, weeks[-1], cause)),
            Cell(count, link=_link(asked, pk, cause=cause)),
        ]
        for (pk, cause), count in counts.most_common(MOST_CAUSES)
    ]
    return Table(_("By reason"), [_("Vendor"), _("Reason"), _("Last week"), _("All")], rows)


def _link(asked: Asked, connection: UUID, week: date | None = None, cause: str = "") -> Link | None:
    """The list of deliveries, where it can show just these: it knows no program and no branch."""
    if asked.program or asked.branch:
        return None
    shown = asked.within(week, week + timedelta(days=6)) if week else asked
    query: dict[str, Any] = {
        "connection__id__exact": connection,
        "state__exact": State.REJECTED.value,
        "changed_from": _typed(midnight(shown.first)),
        "changed_to": _typed(midnight(shown.last + timedelta(days=1))),
    }
    if asked.partner:
        query["lead__partner__id__exact"] = asked.partner.pk
    sealed = {"cause": cause} if cause else {}
    return Link(DELIVERIES, {name: str(value) for name, value in query.items()}, sealed)


def _typed(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"
