"""Owners and clocks of leads, as the list and the page show them and as they are filtered by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from leadops.admin import offers
from leadops.admin.condition_filters import ConditionFilter
from leadops.admin.markup import chip
from leadops.languages.kept import gettext as _
from leadops.models import Lead
from leadops.services import lead_tasks

SOON = timedelta(hours=4)
BY_CLOCK = ("overdue", "today", "running")
MINE, NOBODYS = "me", "nobody"


def clock_chip(lead: Lead) -> SafeString | str:
    """Where the clock of a lead stands: always a word, and nothing where it has none."""
    said = clock_said(lead)
    return chip(*said) if said else ""


def clock_said(lead: Lead) -> tuple[str, str] | None:
    """The same as a tone and words."""
    if lead.waiting_for:
        return "calm", lead.get_waiting_for_display()
    if lead.clock_left is not None:
        return "calm", _("With the vendor")
    if lead.due_at is None:
        return None
    now = timezone.now()
    if lead.due_at <= now:
        return "bad", _("Overdue by %(time)s") % {"time": timesince(lead.due_at, now, depth=1)}
    if lead.due_at - now < SOON:
        return "warn", _("Due in %(time)s") % {"time": timeuntil(lead.due_at, now, depth=1)}
    when = date_format(timezone.localtime(lead.due_at), "j M, H:i")
    return "calm", _("Due %(when)s") % {"when": when}


def due_conditions() -> dict[str, Q]:
    """Leads whose clock has run out, and those whose clock does so yet today, by what the list's filter calls them."""
    now = timezone.now()
    return {
        "overdue": Q(due_at__lte=now),
        "still_today": Q(due_at__gt=now, due_at__lt=lead_tasks.end_of_today()),
    }


class DueFilter(ConditionFilter):
    """By the clock: overdue ones, those of today, and whom the others wait for."""

    title = gettext_lazy("clock")
    parameter_name = "due"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        due = due_conditions()
        return {
            "overdue": (_("Overdue"), due["overdue"]),
            "still_today": (_("Still due today"), due["still_today"]),
            "today": (_("Due by the end of today"), Q(due_at__lt=lead_tasks.end_of_today())),
            "running": (_("Any clock"), Q(due_at__isnull=False)),
            **{each.value: (each.label, Q(waiting_for=each)) for each in Lead.WaitingFor},
        }


class OwnerFilter(DropdownFilter):
    """One's own leads, those of nobody yet, or a colleague's."""

    title = gettext_lazy("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        officers = [(each.key, each.name) for each in offers.of_list(request)[offers.OFFICER]]
        return [(MINE, _("Mine")), (NOBODYS, _("Nobody's")), *officers]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value() or ""
        if value == MINE:
            return queryset.filter(owner=request.user.pk)
        if value == NOBODYS:
            return queryset.filter(owner=None)
        return queryset.filter(owner=int(value)) if value.isdecimal() and len(value) < 10 else queryset
