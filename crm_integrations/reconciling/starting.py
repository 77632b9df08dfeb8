"""Asking for a comparison: by an officer, by a command, or every night by the clock."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm_integrations import doorbell, registry
from crm_integrations.models import Connection, Reconciliation
from leadops.errors import LeadopsError
from leadops.ids import midnight
from leadops.models import Officer

MOST_DAYS = 31
NEVER = 24
"""A RECONCILE_HOUR that no day has."""


class CannotReconcile(LeadopsError):
    """These records can't be compared."""


def listable() -> list[str]:
    """The vendors that can tell what they hold."""
    return [slug for slug, connector in registry.vendors().items() if connector.can_list]


def yesterday() -> date:
    """The last day that is over, in our time zone."""
    return timezone.localdate() - timedelta(days=1)


def start(
    connection: Connection, first_on: date, last_on: date, officer: Officer | None = None
) -> Reconciliation:
    """Ask for a comparison of these days, both included; a worker does it. CannotReconcile says why not."""
    if why_not := _problem(connection, first_on, last_on):
        raise CannotReconcile(why_not)
    with transaction.atomic():
        # Locked, so that two who press at once don't both start.
        Connection.objects.select_for_update().get(pk=connection.pk)
        if connection.reconciliations.filter(state=Reconciliation.State.RUNNING).exists():
            raise CannotReconcile(f"A comparison with {connection} is under way already.")
        made = Reconciliation.objects.create(
            connection=connection, first_on=first_on, last_on=last_on, officer=officer
        )
        doorbell.ring_on_commit("crm_integrations.tasks.reconcile")
    return made


def _problem(connection: Connection, first_on: date, last_on: date) -> str:
    if connection.vendor not in listable():
        return f"{connection.get_vendor_display()} can't list what it holds."
    if not connection.enabled or connection.paused:
        return f"{connection} is {'paused' if connection.enabled else 'disabled'}."
    if last_on < first_on:
        return "The last day lies before the first."
    if last_on > timezone.localdate():
        return "The last day is not here yet."
    if last_on - first_on >= timedelta(days=MOST_DAYS):
        return f"Compare at most {MOST_DAYS} days at once."
    return ""


def start_nightly() -> int:
    """After the set hour, ask for yesterday at every connection that can list and was not asked since; how many.

    With it go the days before that nobody compared, as when the connection was paused or no clock ran.
    """
    if timezone.localtime().hour < settings.RECONCILE_HOUR:
        return 0
    day, begun = yesterday(), 0
    over = midnight(day + timedelta(days=1))  # what was asked for before saw a part of the day only
    for connection in Connection.objects.filter(enabled=True, vendor__in=listable()):
        asked = connection.reconciliations.filter(first_on__lte=day, last_on__gte=day)
        if asked.filter(created_at__gte=over).exists():
            continue
        try:
            start(connection, _first_left_out(connection, day), day)
        except CannotReconcile:
            continue  # paused, or another is under way: the next round asks again
        begun += 1
    return begun


def _first_left_out(connection: Connection, day: date) -> date:
    """The day after the last one that was compared when it was over, `day` where none was; MOST_DAYS at most."""
    done = connection.reconciliations.filter(state=Reconciliation.State.DONE, last_on__lt=day)
    whole = [
        each.last_on
        for each in done.order_by("-last_on", "-id")[:MOST_DAYS]
        if each.created_at >= midnight(each.last_on + timedelta(days=1))
    ]
    if not whole:
        return day
    return max(whole[0] + timedelta(days=1), day - timedelta(days=MOST_DAYS - 1))
