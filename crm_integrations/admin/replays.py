"""Replays: choosing what is sent again and why, watching it, and stopping it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from crm_integrations import outbox
from crm_integrations.admin import replay_choice
from crm_integrations.admin.steering import MAY_REPLAY, MAY_STEER, how_it_went
from crm_integrations.models import Delivery, Replay
from leadops.admin.gates import held, tell_waiting
from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.reasons import LogField, ReasonForm
from leadops.admin.scoped import Scoped
from leadops.errors import LeadopsError
from leadops.services import approvals
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

TONES: dict[str, str] = {
    Replay.State.PROPOSED: "warn",
    Replay.State.RUNNING: "busy",
    Replay.State.DONE: "good",
    Replay.State.CANCELLED: "calm",
}


class ReplayForm(ReasonForm):
    """Why they are sent again."""

    reason = LogField(label=_("Why they are sent again"), max_length=500)


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
            shown |= {
                "failed_again": outbox.replays.failed_again(replay),
                "stopped": replay_choice.held_up(replay),
            }
            shown["may_steer"] = request.user.has_perm(MAY_REPLAY)
            tell_waiting(request, "crm_integrations.replay", [str(replay.pk)])
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    # Own views -----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "crm_integrations_replay_"
        own = [
            path("start/", view(fresh_factor(self.start_view)), name=name + "start"),
            path("retry/", view(fresh_factor(self.retry_view)), name=name + "retry"),
            path("<uuid:key>/progress/", view(self.progress_view), name=name + "progress"),
            path("<uuid:key>/cancel/", view(require_POST(self.cancel_view)), name=name + "cancel"),
        ]
        return own + super().get_urls()

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Say what would be sent again, ask why, and begin."""
        if not request.user.has_perm(MAY_REPLAY) or not self.has_view_permission(request):
            raise PermissionDenied
        return self._started_for_a_reason(request)

    def retry_view(self, request: HttpRequest) -> HttpResponse:
        """The same for what was ticked in a list, by whoever may retry; all that a filter finds is a replay's."""
        filtered = "filter" in request.GET or "filter" in request.POST
        if not request.user.has_perm(MAY_STEER) or filtered:
            raise PermissionDenied
        return self._started_for_a_reason(request)

    def _started_for_a_reason(self, request: HttpRequest) -> HttpResponse:
        choice = replay_choice.chosen_deliveries(self.admin_site, request)
        form = ReplayForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                return started(self, request, form.cleaned_data["reason"], choice.what, choice.records)
            except LeadopsError as refusal:
                form.add_error(None, refusal.shown)
        context = {**self.admin_site.each_context(request), "title": gettext("Replay"), "opts": self.opts}
        context |= {"form": form, "choice": choice, "counts": replay_choice.counts(choice.records)}
        context |= {"stopped": replay_choice.stopped(choice.records)}
        return TemplateResponse(request, "admin/crm_integrations/replay_start.html", context)

    def progress_view(self, request: HttpRequest, key: UUID) -> JsonResponse:
        replay: Replay = self.to_view(request, key)
        now = outbox.replays.progress(replay)
        said = {
            name: getattr(now, name) for name in ("waiting", "on_the_way", "delivered", "failed", "percent")
        }
        finished = replay.state != Replay.State.RUNNING
        # Not as `left`: that is the time left, to the script.
        said |= {"left_out": now.left, "state_label": replay.get_state_display(), "finished": finished}
        return JsonResponse(said)

    def cancel_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        replay: Replay = self.to_view(request, key)
        if not request.user.has_perm(MAY_REPLAY):
            raise PermissionDenied
        done = outbox.replays.cancel(replay)
        if done:
            self.log_change(request, replay, "Cancelled.")
        text = (
            _("No more of it is queued; what was queued already goes on.")
            if done
            else _("Nothing of it is left to cancel.")
        )
        self.message_user(request, text, how_it_went(done))
        return HttpResponseRedirect(page_url(Replay, key))


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
