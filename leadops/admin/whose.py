"""Filters of lists by what something is to the officer who looks, and by whether it is real."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from leadops.models import ImportBatch, Partner


class Choosing(DropdownFilter):
    """Choices of our own, each with the condition it stands for."""

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        """Each choice with its words and its condition."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(words)) for value, (words, _condition) in self.conditions(request).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.conditions(request).get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])


class WhoseFilter(Choosing):
    """Leads, or what belongs to leads, by their owner."""

    title = _("owner")
    parameter_name = "whose"
    path: ClassVar[str] = "owner"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        return {
            "me": (_("Mine"), Q(**{self.path: request.user.pk})),
            "nobody": (_("Nobody's yet"), Q(**{f"{self.path}__isnull": True})),
        }


class SpaceFilter(Choosing):
    """Leads of real partners, or those that test keys wrote."""

    title = _("test leads")
    parameter_name = "space"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        test = Q(partner__in=Partner.objects.test_spaces())
        return {"real": (_("Without test leads"), ~test), "test": (_("Test leads only"), test)}


class AsksFilter(Choosing):
    """Imports that wait for an answer of the officer who looks."""

    title = _("question")
    parameter_name = "asks"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        asking = Q(state__in=ImportBatch.ASKING)
        return {
            "me": (_("Asks me"), asking & Q(uploaded_by=request.user.pk)),
            "anybody": (_("Asks somebody"), asking),
        }
