"""The lead list's filter by how far a lead has come, in the words of the reports."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leadops.models import Lead
from leadops.models.lead import LeadQuerySet
from leadops.reports.moments import Stage, narrowed

# OFFSET 0 has it looked up for lead after lead, by the index of each source: a page needs no more than its rows.
REACHED = """EXISTS (SELECT FROM ({moments}) moments(lead_id, stage, at) WHERE stage = %s OFFSET 0)"""
ALL, OPEN = "lead", "open"


class ReachedFilter(admin.SimpleListFilter):
    """What a number of a report counts; partners' tests are never among it."""

    title = _("reached")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(ALL, _("Any stage, without tests")), (OPEN, _("Not decided yet")), *Stage.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value()
        if value is None:
            return queryset
        real = cast(LeadQuerySet, queryset).of_real_partners()
        if value == OPEN:
            return real.filter(status__in=Lead.OPEN)
        if value not in Stage.values:
            return real
        sql = REACHED.format(moments=narrowed("{id} = leadops_lead.id"))
        return real.annotate(has_reached=RawSQL(sql, [value])).filter(has_reached=True)  # noqa: S611  our own words
