"""Filters of lists whose choices each stand for a condition."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from leadops.models import ImportBatch, Partner


class ConditionFilter(DropdownFilter):
    """Choices of our own, each with the condition it stands for."""

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        """Each choice with its words and its condition."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(words)) for value, (words, _condition) in self.conditions(request).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.conditions(request).get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])


class OpenFilter(DropdownFilter):
    """What is still open, unless what has ended, or all of it, is asked for."""

    title = _("state")
    parameter_name = "state"
    field: ClassVar[str]
    """Holds when it ended."""
    ended: ClassVar[tuple[str, Any]] = ("done", _("Done"))
    both: ClassVar[Any] = _("Open and done")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [self.ended, ("all", self.both)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(**{f"{self.field}__isnull": self.value() != self.ended[0]})


class SpaceFilter(ConditionFilter):
    """Leads of real partners, or those that test keys wrote."""

    title = _("test leads")
    parameter_name = "space"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        test = Q(partner__in=Partner.objects.test_spaces())
        return {"real": (_("Without test leads"), ~test), "test": (_("Test leads only"), test)}


class UnderWayFilter(ConditionFilter):
    """Imports that go on or wait for an answer, or those that are over."""

    title = _("progress")
    parameter_name = "progress"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        ended = Q(state__in=ImportBatch.ENDED)
        return {"under_way": (_("Under way"), ~ended), "ended": (_("Ended"), ended)}


class AsksFilter(ConditionFilter):
    """Imports that wait for an answer of the officer who looks."""

    title = _("question")
    parameter_name = "asks"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        asking = Q(state__in=ImportBatch.ASKING)
        return {
            "me": (_("Asks me"), asking & Q(uploaded_by=request.user.pk)),
            "anybody": (_("Asks somebody"), asking),
        }
