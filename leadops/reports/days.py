"""The lines of `ReportDay`: counted from the records by one statement, and read within an officer's reach."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadops.reports.asked import Asked
from leadops.reports.moments import Stage, narrowed

MOST_OWN = 5000
"""An officer who sees their own leads alone is told of the newest of them: nobody works on more in a quarter."""
CREATED = "created"
STEPS = {
    "to_submitted": (CREATED, Stage.SUBMITTED.value),
    "to_answered": (Stage.SUBMITTED.value, Stage.ANSWERED.value),
    "to_decided": (Stage.ANSWERED.value, Stage.DECIDED.value),
    "to_account": (Stage.DECIDED.value, Stage.ACCOUNT.value),
    "whole": (CREATED, Stage.ACCOUNT.value),
}
"""From which stage to which; the names are columns of `ReportDay`."""
COLUMNS = ("day", "program_id", "branch_id", "partner_id", "leads", *Stage.values, *STEPS)
OF_IDS = "this.id >= %(first)s AND this.id < %(end)s"
OWN = "this.id = ANY(%(own)s)"


def _taken(name: str, start: str, end: str) -> str:
    """How many seconds each lead took from one stage to another; a step backwards is none."""
    begun = "this.created_at" if start == CREATED else f"r.{start}_at"
    seconds = f"extract(epoch FROM r.{end}_at - {begun})::int"
    return f"coalesce(array_agg({seconds}) FILTER (WHERE r.{end}_at >= {begun}), ARRAY[]::int[]) AS {name}"


# A lead's id holds when it came, and the lists go by it.
DAY_OF = (
    "(to_timestamp(('x' || left(replace({id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)"
    " AT TIME ZONE %(zone)s)::date"
)
_REACHED = ", ".join(
    f"bool_or(stage = '{each}') AS {each}, min(at) FILTER (WHERE stage = '{each}') AS {each}_at"
    for each in Stage.values
)
_COUNTED = ", ".join(f"count(*) FILTER (WHERE r.{each})::int AS {each}" for each in Stage.values)
_TAKEN = ", ".join(_taken(name, *ends) for name, ends in STEPS.items())


def counted(condition: str) -> str:
    """The lines of the leads `this` that fit `condition`, counted from the records; it needs the parameter `zone`.

    Lead after lead by the indexes of the sources: how many ids a range holds is what the planner guesses worst.
    What partners' test keys made is no business of the lender's.
    """
    return f"""
    SELECT {DAY_OF.format(id="this.id")} AS day, this.program_id, this.branch_id, this.partner_id,
        count(*)::int AS leads, {_COUNTED}, {_TAKEN}
    FROM leadops_lead this CROSS JOIN LATERAL (
        SELECT {_REACHED} FROM ({narrowed("{id} = this.id")}) moments(lead_id, stage, at)
    ) r
    WHERE {condition} AND this.deleted_at IS NULL
        AND NOT EXISTS (SELECT FROM leadops_partner p WHERE p.id = this.partner_id AND p.test_of_id IS NOT NULL)
    GROUP BY 1, 2, 3, 4
    """


def zone() -> str:
    return str(timezone.get_default_timezone())


def notes(said: dict[str, Any]) -> list[Any]:
    """What has to be told of the lines that `said`, the parameters of `lines`, brings."""
    if len(said.get("own", ())) < MOST_OWN:
        return []
    return [_("Only the newest 5,000 of your leads are counted: choose fewer days to see all of them.")]


def lines(asked: Asked) -> tuple[str, dict[str, Any]]:
    """A FROM item with the lines that `asked` is about, and its parameters.

    Who sees their own leads alone has them counted now: no line is of one person. All others read what was counted.
    """
    first, end = asked.ids
    chosen = {f"chosen_{name}": pk for name, pk in asked.chosen.items()}
    said: dict[str, Any] = {"from": asked.first, "to": asked.last, **chosen}
    conditions = ["day BETWEEN %(from)s AND %(to)s"]
    conditions += [f"{name}_id = %(chosen_{name})s" for name in asked.chosen]
    source = "leadops_reportday"
    officer = asked.officer
    if officer.sees_own_only:
        own = asked.leads().filter(pk__gte=first, pk__lt=end).order_by("-pk")
        source = f"({counted(OWN)}) counted"
        said |= {"own": list(own.values_list("pk", flat=True)[:MOST_OWN]), "zone": zone()}
    elif not officer.sees_all:
        conditions.append("branch_id = ANY(%(branches)s)")
        said["branches"] = officer.branch_ids
    return f"(SELECT * FROM {source} WHERE {' AND '.join(conditions)}) lines", said
