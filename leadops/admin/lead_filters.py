"""Filters of the lead list: by choices, and by a range of days that the primary key's index answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.forms import RangeDateForm

from leadops.ids import first_id_at
from leadops.models import Lead

DAY = timedelta(days=1)


class CreatedDays(django_filters.FilterSet):
    """`created_from` and `created_to`, both days included."""

    created_from = django_filters.DateFilter(method="since")
    created_to = django_filters.DateFilter(method="until")

    class Meta:
        model = Lead
        fields: list[str] = []

    def since(self, leads: QuerySet[Lead], name: str, day: date) -> QuerySet[Lead]:
        return leads.filter(pk__gte=first_id_at(_midnight(day)))

    def until(self, leads: QuerySet[Lead], name: str, day: date) -> QuerySet[Lead]:
        after = min(day, date.max - DAY) + DAY
        return leads.filter(pk__lt=first_id_at(_midnight(after)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))


class DaysForm(RangeDateForm):
    """Two days, each named for those who don't see the heading above them."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        for field, words in ((f"{name}_from", "Created from"), (f"{name}_to", "Created to")):
            self.fields[field].widget.attrs["aria-label"] = words


class CreatedFilter(admin.ListFilter):
    """Created between two days. Ids hold the time of their making, so no index beside the primary key is needed."""

    title = "day"
    template = "unfold/filters/filters_date_range.html"
    form_class = DaysForm

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request
        for name in ("created_from", "created_to"):
            if values := params.pop(name, None):
                self.used_parameters[name] = values[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return ["created_from", "created_to"]

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        form = self.form_class(name="created", data=self.used_parameters)
        yield {"request": self.request, "parameter_name": "created", "form": form}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        days = CreatedDays(self.used_parameters, queryset)
        return days.qs if days.is_valid() else queryset
