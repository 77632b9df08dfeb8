"""Filters of the list of approvals: whose turn it is, how it ended, and of what kind it is."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from leadops.admin.condition_filters import ConditionFilter
from leadops.models import PendingChange
from leadops.services import approvals
from leadops.sign_in.sessions import officer_of

State = PendingChange.State


class WhoseFilter(ConditionFilter):
    title = gettext_lazy("whose turn")
    parameter_name = "whose"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        me = officer_of(request)
        return {
            "me": (_("Waiting for me"), Q(pk__in=approvals.inbox.waiting_for(me).values("pk"))),
            "mine": (_("Asked by me"), Q(made_by=me)),
        }


class StateFilter(DropdownFilter):
    """Those that wait, unless others are asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*((each.value, each.label) for each in State if each != State.PENDING), ("all", _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or State.PENDING)


class KindFilter(ConditionFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        return {each.name: (each.label, Q(kind=each.name)) for each in approvals.kinds()}
