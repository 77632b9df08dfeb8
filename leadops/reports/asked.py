"""What a report is asked for: by whom, of which days, and narrowed to what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from leadops.ids import first_id_at, midnight
from leadops.models import Branch, Lead, Officer, Partner, Program

DAY = timedelta(days=1)
LEADS = "admin:leadops_lead_changelist"
"""The list that `list_query` narrows."""


@dataclass(frozen=True)
class Asked:
    """`first` and `last` are days, both included; `by` is what the report is grouped by."""

    officer: Officer
    first: date
    last: date
    by: str = ""
    program: Program | None = None
    branch: Branch | None = None
    partner: Partner | None = None

    @property
    def ids(self) -> tuple[UUID, UUID]:
        """The first id of the days, and the first after them."""
        return first_id_at(midnight(self.first)), first_id_at(midnight(self.last + DAY))

    @property
    def chosen(self) -> dict[str, UUID]:
        """What it is narrowed to, by the field of a lead."""
        named = {"program": self.program, "branch": self.branch, "partner": self.partner}
        return {name: each.pk for name, each in named.items() if each is not None}

    def leads(self) -> QuerySet[Lead]:
        """The leads of all days that it is about: within the officer's reach, and no tests of partners."""
        return Lead.objects.visible_to(self.officer).of_real_partners().filter(**self.chosen)

    def list_query(self, **filters: Any) -> dict[str, str]:
        """The filters of the lead list that show the leads it counts, narrowed further by `filters`."""
        chosen = {f"{name}__id__exact": str(pk) for name, pk in self.chosen.items()}
        return {"reached": "lead", **chosen, **{name: str(value) for name, value in filters.items()}}

    def within(self, first: date, last: date) -> Asked:
        """The same of the days that it shares with these."""
        return replace(self, first=max(first, self.first), last=min(last, self.last))


def day_filters(first: date, last: date) -> dict[str, str]:
    """The lead list's filter of days, both included."""
    return {"created_from": first.isoformat(), "created_to": last.isoformat()}
