"""Replays: choosing what is sent again and why, watching it, and stopping it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from crm_integrations import outbox, why
from crm_integrations.admin.delivery_filters import AS_BROWSERS_WRITE
from crm_integrations.admin.steering import MAY_REPLAY, how_it_went
from crm_integrations.connector import Kind
from crm_integrations.models import UNFINISHED, Connection, Delivery, Gap, Replay, State
from leadops.admin.gates import held, tell_waiting
from leadops.admin.listed import listed
from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip, counted
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList, capped_counts, in_words
from leadops.admin.scoped import Scoped, seen
from leadops.admin.sealed_search import opened
from leadops.errors import LeadopsError
from leadops.ids import uuid_in
from leadops.services import approvals
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MOST_CHOSEN = 100
TONES: dict[str, str] = {
    Replay.State.PROPOSED: "warn",
    Replay.State.RUNNING: "busy",
    Replay.State.DONE: "good",
    Replay.State.CANCELLED: "calm",
}
TAKEN_UP = Q(state__in=outbox.replays.REPLAYABLE)
NOT_READY = Q(
    Exists(Gap.objects.filter(lead=OuterRef("lead"), connection=OuterRef("connection"))), kind=Kind.LEAD
)
Stopped = list[tuple[Connection, str]]
"""Connections that are paused or switched off, each with why in a sentence."""
MAY_BE_THERE = Q(once_unknown=True) | Q(accepted=True) | Q(state=State.REVIEW)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why they are sent again", max_length=500, widget=UnfoldAdminTextInputWidget
    )


@dataclass(frozen=True)
class Choice:
    """Deliveries to be sent again, what they are in words, and the fields of the form that say so."""

    deliveries: QuerySet[Delivery]
    what: str
    fields: list[tuple[str, str]]

    def counts(self) -> dict[str, str]:
        """How many are taken up, how many of them may be at the vendor, and how many would be skipped."""
        found = self.deliveries.filter(TAKEN_UP)
        not_ready = found.filter(NOT_READY).exclude(MAY_BE_THERE)  # those are looked up first
        counts = capped_counts({"all": found, "doubtful": found.filter(MAY_BE_THERE), "not_ready": not_ready})
        return {name: in_words(count) for name, count in counts.items()}

    def stopped(self) -> Stopped:
        """The connections they go to that send nothing just now."""
        found = self.deliveries.filter(TAKEN_UP)
        return [(each, said) for each, said in _stopped() if found.filter(connection=each).exists()]


@admin.register(Replay)
class ReplayAdmin(Scoped, ReadOnly, CappedList, ModelAdmin):
    """An order stays as it was given; it may be stopped."""

    list_display = ["what", "shown_state", "total", "officer", "reason", "created_at", "ended_at"]
    list_display_links = ["what"]
    list_select_related = ["officer"]
    list_filter = [("state", ChoicesDropdownFilter)]
    fields = ["what"]
    when_empty = (
        "Begin one under Failures with “Replay these…”,"
        " or in the list of deliveries: choose some there, or filter them."
    )

    class Media:
        js = ["leadops/progress.js"]

    @admin.display(description="State")
    def shown_state(self, replay: Replay) -> SafeString:
        return chip(TONES[replay.state], replay.get_state_display())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        replay = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if replay is not None and self.has_view_permission(request, replay):
            shown = {"replay": replay, "tone": TONES[replay.state], "title": replay.what, "subtitle": None}
            shown |= {
                "progress": outbox.replays.progress(replay),
                "left_out": outbox.replays.left_out(replay),
            }
            shown |= {"failed_again": outbox.replays.failed_again(replay), "stopped": _held_up(replay)}
            shown["may_steer"] = request.user.has_perm(MAY_REPLAY)
            tell_waiting(request, "crm_integrations.replay", [str(replay.pk)])
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    # Own views -----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "crm_integrations_replay_"
        own = [
            path("start/", view(fresh_factor(self.start_view)), name=name + "start"),
            path("<uuid:key>/progress/", view(self.progress_view), name=name + "progress"),
            path("<uuid:key>/cancel/", view(require_POST(self.cancel_view)), name=name + "cancel"),
        ]
        return own + super().get_urls()

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Say what would be sent again, ask why, and begin."""
        if not request.user.has_perm(MAY_REPLAY) or not self.has_view_permission(request):
            raise PermissionDenied
        choice = self._chosen(request)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                return started(self, request, form.cleaned_data["reason"], choice.what, choice.deliveries)
            except LeadopsError as refusal:
                form.add_error(None, refusal.message)
        context = {**self.admin_site.each_context(request), "title": gettext("Replay"), "opts": self.opts}
        context |= {"form": form, "choice": choice, "counts": choice.counts(), "stopped": choice.stopped()}
        return TemplateResponse(request, "admin/crm_integrations/replay_start.html", context)

    def progress_view(self, request: HttpRequest, key: UUID) -> JsonResponse:
        replay = self._to_view(request, key)
        now = outbox.replays.progress(replay)
        said = {
            name: getattr(now, name) for name in ("waiting", "on_the_way", "delivered", "failed", "percent")
        }
        finished = replay.state != Replay.State.RUNNING
        # Not as `left`: that is the time left, to the script.
        said |= {"left_out": now.left, "state_label": replay.get_state_display(), "finished": finished}
        return JsonResponse(said)

    def cancel_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        replay = self._to_view(request, key)
        if not request.user.has_perm(MAY_REPLAY):
            raise PermissionDenied
        done = outbox.replays.cancel(replay)
        if done:
            self.log_change(request, replay, "Cancelled.")
        text = "No more of it is queued; what was queued already goes on." if done else "It was over before."
        self.message_user(request, text, how_it_went(done))
        return HttpResponseRedirect(page_url(Replay, key))

    def _to_view(self, request: HttpRequest, key: UUID) -> Replay:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).select_related("officer"), pk=key)

    # What is chosen ------------------------------------------------------------------------------------------

    def _chosen(self, request: HttpRequest) -> Choice:
        """The deliveries that were selected, or what a filter of their list finds."""
        given = request.POST if request.method == "POST" else request.GET
        if "filter" in given:
            return self._filtered(request, given["filter"])
        named = [key for each in given.getlist("delivery")[:MOST_CHOSEN] if (key := uuid_in(each))]
        found = seen(Delivery.objects.filter(pk__in=named), request)
        if not (keys := list(found.values_list("pk", flat=True))):
            raise Http404
        what = f"{counted(len(keys), Delivery)} selected in the list"
        return Choice(found, what, [("delivery", str(key)) for key in keys])

    def _filtered(self, request: HttpRequest, query: str) -> Choice:
        """The filter is read by the list itself, so that what it showed is what is sent again."""
        found = listed(self.admin_site, Delivery, request, query)
        return Choice(found.queryset, _in_words(QueryDict(query.removeprefix("?"))), [("filter", query)])


@transaction.atomic
def started(
    page: ModelAdmin, request: HttpRequest, reason: str, what: str, deliveries: QuerySet[Delivery]
) -> HttpResponse:
    """Begin a replay, or ask for it where there are so many that a second person approves; raises NothingToReplay."""
    at_once = settings.APPROVE_OVER["replay"] if approvals.needed() else None
    replay = outbox.replays.start(officer_of(request), reason, what, deliveries, at_once)
    page.log_addition(request, replay, reason)
    if replay.state == Replay.State.PROPOSED:
        return held(request, "replay", {}, replay, reason)
    return HttpResponseRedirect(page_url(Replay, replay.pk))


def retried_by_two(page: ModelAdmin, request: HttpRequest, chosen: list[UUID]) -> HttpResponse | None:
    """Have so many retries that a second person approves them go as a replay; None where they are not so many."""
    if not approvals.needed_over("replay", len(chosen)):
        return None
    what, found = f"{counted(len(chosen), Delivery)} to retry", Delivery.objects.filter(pk__in=chosen)
    try:
        return started(page, request, "Retried from a list.", what, found)
    except LeadopsError as refusal:
        page.message_user(request, refusal.message, how_it_went(0))
        return None


def _stopped() -> Stopped:
    now = timezone.now()
    found = Connection.objects.of_vendors().filter(Q(enabled=False) | Q(paused_until__gt=now))
    return [(each, why.stopped(each, now)) for each in found]


def _held_up(replay: Replay) -> Stopped:
    """The connections that keep what is left of `replay` from going out."""
    if not (stopped := _stopped()):
        return []
    queued = Q(taken_at__isnull=False, delivery__state__in=UNFINISHED)
    waiting = Q(taken_at__isnull=True, left="") if replay.state == Replay.State.RUNNING else Q(pk__in=[])
    items = replay.items.filter(queued | waiting, connection__in=[each for each, _ in stopped])
    held = set(items.values_list("connection_id", flat=True).distinct())
    return [(each, said) for each, said in stopped if each.pk in held]


def _in_words(filters: QueryDict) -> str:
    """The filters of the delivery list as people say them."""
    key = uuid_in(filters.get("connection__id__exact", ""))
    connection = Connection.objects.filter(pk=key).first() if key else None
    labels = {state.value: str(state.label) for state in State}
    said = [
        str(connection or "All connections"),
        labels.get(filters.get("state__exact", ""), ""),
        opened(filters.get("cause", "")),
        _moment("since", filters.get("changed_from", "")),
        _moment("until", filters.get("changed_to", "")),
        f"search for {filters['q']}" if filters.get("q") else "",
    ]
    return " · ".join(each for each in said if each)


def _moment(word: str, given: str) -> str:
    if not given:
        return ""
    try:
        return f"{word} {date_format(datetime.strptime(given, AS_BROWSERS_WRITE), 'DATETIME_FORMAT')}"
    except ValueError:
        return f"{word} {given}"
