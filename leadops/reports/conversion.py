"""How many leads reach each stage, by who brought them, for which program, and whose branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadops import statements
from leadops.models import Branch, Partner, Program
from leadops.reports import days
from leadops.reports.asked import LEADS, Asked, day_filters
from leadops.reports.moments import Stage
from leadops.reports.tables import Cell, Chart, Link, Report, Result, Series, Table, Unit

GROUPS: dict[str, tuple[type[Model], Any]] = {
    "partner": (Partner, _("Partner")),
    "program": (Program, _("Program")),
    "branch": (Branch, _("Branch")),
}
STAGES = (Stage.SUBMITTED, Stage.DELIVERED, Stage.ACCEPTED, Stage.ACCOUNT)
MOST_BARS = 10
_SUMS = ", ".join(f"sum({stage.value})" for stage in STAGES)
COUNTED = f"SELECT {{group}}_id, sum(leads), {_SUMS} FROM {{lines}} GROUP BY 1 ORDER BY 2 DESC, 1"


class Line(NamedTuple):
    """One group; None is the head office, which is no branch."""

    key: UUID | None
    name: str
    counts: Sequence[int]


class Conversion(Report):
    slug = "conversion"
    title = _("Conversion")
    about = _("How many leads were submitted, delivered, accepted, and became a loan account.")
    icon = "filter_alt"
    groups = {name: label for name, (_model, label) in GROUPS.items()}

    def answer(self, asked: Asked) -> Result:
        by = asked.by or next(iter(GROUPS))
        source, said = days.lines(asked)
        lines = _lines(source, said, by)
        if not lines:
            return Result([], [])
        totals = [sum(column) for column in zip(*(line.counts for line in lines), strict=True)]
        rows = [_row(asked, line, {f"{by}__id__exact": str(line.key)} if line.key else {f"{by}__id__isnull": "True"})
                for line in lines]  # fmt: skip
        columns: list[Any] = [GROUPS[by][1], _("Leads")]
        for stage in STAGES:
            columns += [stage.label, "%"]
        total = _row(asked, Line(None, _now("All"), totals), {})
        return Result(
            [_chart(lines[:MOST_BARS])], [Table(_("In numbers"), columns, rows, total)], days.notes(said)
        )


def _lines(source: str, said: Mapping[str, Any], by: str) -> list[Line]:
    found = statements.rows(COUNTED.format(group=by, lines=source), said)
    names: Mapping[Any, Any] = GROUPS[by][0]._default_manager.in_bulk([key for key, *_ in found if key])
    return [
        Line(key, str(names[key]) if key else _now("Head office"), [int(count) for count in counts])
        for key, *counts in found
    ]


def _chart(lines: Sequence[Line]) -> Chart:
    labels: list[Any] = [_("Leads"), *(stage.label for stage in STAGES)]
    series = [Series(label, [line.counts[at] for line in lines]) for at, label in enumerate(labels)]
    return Chart(_("Stages reached"), [line.name for line in lines], series)


def _row(asked: Asked, line: Line, group: Mapping[str, str]) -> list[Cell]:
    """Every count leads to its leads; a rate is of all leads of the line."""
    query = {**asked.list_query(**day_filters(asked.first, asked.last)), **group}
    leads, *reached = line.counts
    row = [Cell(line.name, Unit.TEXT), Cell(leads, link=Link(LEADS, query))]
    for stage, count in zip(STAGES, reached, strict=True):
        link = Link(LEADS, {**query, "reached": stage.value})
        row += [Cell(count, link=link), Cell(100 * count / leads if leads else None, Unit.SHARE)]
    return row
