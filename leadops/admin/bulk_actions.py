"""Acting on all leads that a list shows: what will happen, the word to go, and watching it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from leadops.admin import offers
from leadops.admin.chosen import Choice
from leadops.admin.chosen_leads import chosen_leads
from leadops.admin.gates import held
from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip, counted, with_pace
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped
from leadops.errors import LeadopsError
from leadops.models import BulkAction, Lead
from leadops.services import approvals, bulk_actions
from leadops.services.approvals import pushes
from leadops.services.bulk_deeds import DEEDS, Deed, deed_of
from leadops.sign_in.sessions import officer_of

MAY_ORDER = "leadops.add_bulkaction"
MOST_HELD = 10_000
"""Leads of a push that waits for a second person, who looks at what they are together."""

TONES: dict[str, str] = {
    BulkAction.State.QUEUED: "busy",
    BulkAction.State.RUNNING: "busy",
    BulkAction.State.DONE: "good",
    BulkAction.State.CANCELLED: "calm",
    BulkAction.State.FAILED: "bad",
}


@admin.register(BulkAction)
class BulkActionAdmin(Scoped, ReadOnly, CappedList, ModelAdmin):
    """Orders stay as they were given; one that goes on can be stopped.

    Everybody sees their own, and who sees all leads those of all.
    """

    list_display = ["what", "shown_deed", "shown_state", "total", "done", "left", "officer", "created_at"]
    list_display_links = ["what"]
    list_select_related = ["officer"]
    list_filter = [("deed", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter)]
    fields = ["what"]
    change_form_template = "admin/leadops/bulkaction/change_form.html"
    when_empty = gettext_lazy("Begin one in the list of leads, with “Act on these leads…”.")

    class Media:
        js = ["leadops/progress.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkAction]:
        found: QuerySet[BulkAction] = super().get_queryset(request)
        return found.defer("chosen").select_related("officer")

    @admin.display(description=gettext_lazy("What"))
    def shown_deed(self, action: BulkAction) -> str:
        return _in_words(action)

    @admin.display(description=gettext_lazy("State"))
    def shown_state(self, action: BulkAction) -> SafeString:
        return chip(TONES[action.state], action.get_state_display())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        action = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if action is not None and self.has_view_permission(request, action):
            shown = {
                "order": action,
                "tone": TONES[action.state],
                "progress": with_pace(bulk_actions.progress(action)),
            }
            shown |= {"why_left": sorted(action.why_left.items(), key=lambda each: -each[1])}
            shown |= {"title": _in_words(action), "subtitle": None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    # Own views -------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "leadops_bulkaction_"
        own = [
            path("start/", view(self.start_view), name=name + "start"),
            path("<uuid:key>/progress/", view(self.progress_view), name=name + "progress"),
            path("<uuid:key>/cancel/", view(require_POST(self.cancel_view)), name=name + "cancel"),
        ]
        return own + super().get_urls()

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what is to be done, say what that will do, and begin."""
        if not (offered := _offered(request)):
            raise PermissionDenied
        choice = chosen_leads(self.admin_site, request)
        context = {**self.admin_site.each_context(request), "title": _("Act on leads"), "opts": self.opts}
        context |= {"choice": choice, "offered": offered, "sent": request.POST, "problem": ""}
        if request.method == "POST":
            try:
                deed = _asked(request, offered)
                if "go" in request.POST:
                    return self._begin(request, choice, deed)
                if deed.kind == BulkAction.Deed.SUBMIT and approvals.needed():
                    _ready(choice)  # what can't be approved at once is said before anybody goes on
                todo, left = bulk_actions.foresee(choice.records, deed)
                context |= {"deed": deed, "todo": todo, "left": left, "values": deed.values.items()}
                context |= {"title": dict(offered)[deed.kind], "left_count": sum(count for _, count in left)}
            except LeadopsError as refusal:
                context["problem"] = refusal.shown
        if "deed" not in context:
            context |= offers.of_page(request)
        return TemplateResponse(request, "admin/leadops/bulkaction/start.html", context)

    def _begin(self, request: HttpRequest, choice: Choice, deed: Deed) -> HttpResponse:
        records = choice.records
        if deed.kind == BulkAction.Deed.SUBMIT and approvals.needed():
            ready = _ready(choice)
            if approvals.needed_over("push", len(ready)):
                return held(request, "push", pushes.push_of(ready))
            # None but those that were counted: a stopped one may be reopened before its turn comes.
            records = Lead.objects.filter(pk__in=[lead.pk for lead in ready])
        action = bulk_actions.order(records, deed, officer_of(request), choice.what)
        self.log_addition(request, action, f"{_in_words(action)}, {counted(action.total, Lead)}")
        return HttpResponseRedirect(page_url(BulkAction, action.pk))

    def progress_view(self, request: HttpRequest, key: UUID) -> JsonResponse:
        return JsonResponse(with_pace(bulk_actions.progress(self.to_view(request, key))))

    def cancel_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        if not request.user.has_perm(MAY_ORDER):
            raise PermissionDenied
        stopped = bulk_actions.cancel(self.to_view(request, key))
        words = _("Stopped. What was done stays done.") if stopped else _("It was over already.")
        self.message_user(request, words, messages.SUCCESS if stopped else messages.WARNING)
        return HttpResponseRedirect(page_url(BulkAction, key))


def _ready(choice: Choice) -> list[Lead]:
    """The leads that a push would send now. Raises TooMany where a second person can't look at so many."""
    most = max(MOST_HELD, settings.APPROVE_OVER["push"])
    ready = list(choice.records.exclude(status__in=Lead.STOPPED).order_by("pk").only("pk")[: most + 1])
    if approvals.needed_over("push", len(ready)) and len(ready) > MOST_HELD:
        words = _("A second person approves at most %(most)s leads at a time: choose fewer.")
        raise bulk_actions.TooMany(words % {"most": f"{MOST_HELD:,}"})
    return ready


def _offered(request: HttpRequest) -> list[tuple[str, str]]:
    """The deeds that the officer may do to leads that they see, with their labels."""
    if not officer_of(request).has_perms(("leadops.view_lead", MAY_ORDER)):
        return []
    may = [kind for kind, deed in DEEDS.items() if officer_of(request).has_perms(deed.permissions)]
    return [(kind, str(BulkAction.Deed(kind).label)) for kind in may]


def _asked(request: HttpRequest, offered: list[tuple[str, str]]) -> Deed:
    deed = deed_of(request.POST.get("deed", ""), dict(request.POST.items()), officer_of(request))
    if deed.kind not in dict(offered):
        raise PermissionDenied
    return deed


def _in_words(action: BulkAction) -> str:
    label = action.get_deed_display()
    return f"{label}: {action.detail}" if action.detail else label
