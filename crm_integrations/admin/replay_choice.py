"""What is to be sent again: deliveries chosen in their list, and what of them will go out."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm_integrations import outbox, why
from crm_integrations.admin.delivery_filters import AS_BROWSERS_WRITE
from crm_integrations.connector import Kind
from crm_integrations.models import MAY_BE_THERE, UNFINISHED, Connection, Delivery, Gap, Replay, State
from leadops import masking
from leadops.admin.chosen import Choice, chosen
from leadops.admin.pages import capped_counts, in_words
from leadops.admin.sealed_search import opened
from leadops.ids import uuid_in
from leadops.models import Lead

TAKEN_UP = Q(state__in=outbox.replays.REPLAYABLE)
NOT_READY = Q(
    Exists(Gap.objects.filter(lead=OuterRef("lead"), connection=OuterRef("connection"))), kind=Kind.LEAD
)
LEAD = "lead"
Stopped = list[tuple[Connection, str]]
"""Connections that are paused or switched off, each with why in a sentence."""


def chosen_deliveries(site: AdminSite, request: HttpRequest) -> Choice:
    """The deliveries that `request` is about, by themselves or by their leads; raises Http404 where there are none."""
    given = request.POST if request.method == "POST" else request.GET
    if LEAD not in given:
        return chosen(site, request, Delivery, "delivery", _in_words)
    leads = chosen(site, request, Lead, LEAD, _in_words)
    return leads._replace(records=Delivery.objects.filter(lead__in=leads.records))


def counts(deliveries: QuerySet[Delivery]) -> dict[str, str]:
    """How many are taken up; of these, how many may be at the vendor, would be skipped, or are left to a person."""
    found = deliveries.filter(TAKEN_UP)
    not_ready = found.filter(NOT_READY).exclude(MAY_BE_THERE)  # those are looked up first
    unasked = [each.pk for each in Connection.objects.all() if not each.connector_class.can_find]
    left = found.filter(state=State.REVIEW, connection__in=unasked)
    doubtful = found.filter(MAY_BE_THERE)
    told = capped_counts({"all": found, "doubtful": doubtful, "not_ready": not_ready, "left": left})
    return {name: in_words(count) for name, count in told.items()}


def stopped(deliveries: QuerySet[Delivery]) -> Stopped:
    """The connections they go to that send nothing just now."""
    found = deliveries.filter(TAKEN_UP)
    return [(each, said) for each, said in _stopped() if found.filter(connection=each).exists()]


def _stopped() -> Stopped:
    now = timezone.now()
    found = Connection.objects.of_vendors().filter(Q(enabled=False) | Q(paused_until__gt=now))
    return [(each, why.stopped(each, now)) for each in found]


def held_up(replay: Replay) -> Stopped:
    """The connections that keep what is left of `replay` from going out."""
    if not (standing_still := _stopped()):
        return []
    queued = Q(taken_at__isnull=False, delivery__state__in=UNFINISHED)
    waiting = Q(taken_at__isnull=True, left="") if replay.state == Replay.State.RUNNING else Q(pk__in=[])
    items = replay.items.filter(queued | waiting, connection__in=[each for each, _ in standing_still])
    held = set(items.values_list("connection_id", flat=True).distinct())
    return [(each, said) for each, said in standing_still if each.pk in held]


def _in_words(listed: ChangeList) -> str:
    """The filters of the delivery list as people say them; a replay keeps no personal number."""
    filters: dict[str, str] = listed.params
    searched = opened(filters.get("q", ""))
    key = uuid_in(filters.get("connection__id__exact", ""))
    connection = Connection.objects.filter(pk=key).first() if key else None
    labels = {state.value: str(state.label) for state in State}
    said = [
        str(connection or _("All connections")),
        labels.get(filters.get("state__exact", ""), ""),
        opened(filters.get("cause", "")),
        _moment(_("since %(when)s"), filters.get("changed_from", "")),
        _moment(_("until %(when)s"), filters.get("changed_to", "")),
        _("search for %(text)s") % {"text": masking.text(searched)} if searched else "",
    ]
    return " · ".join(each for each in said if each)


def _moment(words: str, given: str) -> str:
    if not given:
        return ""
    try:
        when = date_format(datetime.strptime(given, AS_BROWSERS_WRITE), "DATETIME_FORMAT")
    except ValueError:
        when = given
    return words % {"when": when}
