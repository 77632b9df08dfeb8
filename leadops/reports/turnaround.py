"""How long leads take from stage to stage, by the week they came in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from leadops import statements
from leadops.reports import days
from leadops.reports.asked import LEADS, Asked, day_filters
from leadops.reports.tables import Cell, Chart, Link, Report, Result, Series, Table, Unit

NAMES: dict[str, Any] = {
    "to_submitted": _("Created to submitted"),
    "to_answered": _("Submitted to first answer"),
    "to_decided": _("First answer to decision"),
    "to_account": _("Decision to loan account"),
    "whole": _("Created to loan account"),
}
_EACH = " UNION ALL ".join(
    f"SELECT week, '{name}' AS step, unnest({name}) AS took FROM weeks" for name in NAMES
)
# Exact, since the lines keep each lead's own time: quantiles of days can't be put together.
TOOK = f"""
WITH weeks AS MATERIALIZED (SELECT date_trunc('week', day)::date AS week, lines.* FROM {{lines}})
SELECT week, step, count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY took)
FROM ({_EACH}) each GROUP BY 1, 2
"""
CAME = "SELECT date_trunc('week', day)::date, sum(leads) FROM {lines} GROUP BY 1 ORDER BY 1"

Took = Mapping[tuple[date, str], tuple[int, float, float]]


class Turnaround(Report):
    slug = "turnaround"
    title = _("Turnaround")
    about = _("How long leads take from stage to stage, by the week they came in.")
    icon = "timer"

    def answer(self, asked: Asked) -> Result:
        source, said = days.lines(asked)
        came = dict(statements.rows(CAME.format(lines=source), said))
        took = {
            (week, step): (count, *quantiles)
            for week, step, count, quantiles in statements.rows(TOOK.format(lines=source), said)
        }
        weeks = list(came)
        charts = [_chart(step, weeks, took) for step in NAMES if any(step == each for _, each in took)]
        tables = [_table(asked, came, took)] if came else []
        return Result(
            charts,
            tables,
            [
                _("A week counts the leads that came in it, as far as they have come by now."),
                *days.notes(said),
            ],
        )


def _chart(step: str, weeks: list[date], took: Took) -> Chart:
    series = [
        Series(label, [took[week, step][at] if (week, step) in took else None for week in weeks])
        for at, label in ((1, _("Median")), (2, _("9 of 10 within (p90)")))
    ]
    return Chart(NAMES[step], [_spoken(week) for week in weeks], series, Unit.SECONDS, lines=True)


def _table(asked: Asked, came: Mapping[date, int], took: Took) -> Table:
    columns: list[Any] = [_("Week of"), _("Leads")]
    for name in NAMES.values():
        columns += [name, "p90", _("of leads")]
    return Table(_("By week"), columns, [_row(asked, week, leads, took) for week, leads in came.items()])


def _row(asked: Asked, week: date, leads: int, took: Took) -> list[Cell]:
    shown = asked.within(week, week + timedelta(days=6))
    link = Link(LEADS, asked.list_query(**day_filters(shown.first, shown.last)))
    row = [Cell(_spoken(week), Unit.TEXT), Cell(leads, link=link)]
    for step in NAMES:
        count, median, p90 = took.get((week, step), (0, None, None))
        row += [Cell(median, Unit.SECONDS), Cell(p90, Unit.SECONDS), Cell(count)]
    return row


def _spoken(day: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT")
