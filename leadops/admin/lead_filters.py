"""Filters of the lead list: by choices, and by a range of days that the primary key's index answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.contrib.filters.forms import RangeDateForm

from leadops.admin import offers
from leadops.admin.form_filters import FormFilter
from leadops.ids import first_id_at, midnight, uuid_in
from leadops.models import Lead

DAY = timedelta(days=1)


class BranchFilter(DropdownFilter):
    """By branch: an officer is offered those within their reach."""

    title = "branch"
    parameter_name = "branch__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.key, each.name) for each in offers.of_list(request)[offers.BRANCH]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        if not (value := self.value()):
            return queryset
        branch = uuid_in(value)
        return queryset.none() if branch is None else queryset.filter(branch=branch)


class CreatedDays(django_filters.FilterSet):
    """`created_from` and `created_to`, both days included."""

    created_from = django_filters.DateFilter(method="since")
    created_to = django_filters.DateFilter(method="until")

    class Meta:
        model = Lead
        fields: list[str] = []

    def since(self, leads: QuerySet[Lead], name: str, day: date) -> QuerySet[Lead]:
        return leads.filter(pk__gte=first_id_at(midnight(day)))

    def until(self, leads: QuerySet[Lead], name: str, day: date) -> QuerySet[Lead]:
        after = min(day, date.max - DAY) + DAY
        return leads.filter(pk__lt=first_id_at(midnight(after)))


class DaysForm(RangeDateForm):
    """Two days, each named for those who don't see the heading above them."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        for field, words in ((f"{name}_from", _("Created from")), (f"{name}_to", _("Created to"))):
            self.fields[field].widget.attrs["aria-label"] = words


class CreatedFilter(FormFilter):
    """Created between two days. Ids hold the time of their making, so no index beside the primary key is needed."""

    title = "day"
    names = ("created_from", "created_to")

    def form(self) -> DaysForm:
        return DaysForm(name="created", data=self.used_parameters)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        days = CreatedDays(self.used_parameters, queryset)
        return days.qs if days.is_valid() else queryset
