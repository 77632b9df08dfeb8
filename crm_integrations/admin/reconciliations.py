"""Reconciliations: asking for one, watching it, and what was found, with the safe next step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminDateWidget

from crm_integrations import outbox, reconciling
from crm_integrations.admin.steering import how_it_went, record_url
from crm_integrations.models import Connection, Delivery, Difference, Reconciliation, State
from leadops.admin.choosing import OnlyChosen
from leadops.admin.downloads import downloaded
from leadops.admin.gates import held, tell_waiting
from leadops.admin.making import MadeByService, MadeForm
from leadops.admin.markup import chip, counted
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.reasons import for_a_reason
from leadops.admin.scoped import Scoped, SeenDropdownFilter
from leadops.languages.said import said
from leadops.models import AuditEvent, Officer
from leadops.services import approvals, audit
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MAY_RECONCILE = "crm_integrations.add_reconciliation"
ROWS_A_PAGE = 50
Kind = Difference.Kind
TONES: dict[str, str] = {
    Reconciliation.State.RUNNING: "busy",
    Reconciliation.State.DONE: "good",
    Reconciliation.State.FAILED: "bad",
}
NOTHING_LISTED = (
    "The vendor listed nothing at all for these days: its list or its clock is more likely wrong than that all of them "
    "are gone. Look there first."
)
OF_STATUS = Q(field=reconciling.STATUS)
TABS: dict[str, tuple[str, Q]] = {
    Kind.MISSING_THERE.value: ("Missing at the vendor", Q(kind=Kind.MISSING_THERE)),
    Kind.MISSING_HERE.value: ("Missing here", Q(kind=Kind.MISSING_HERE)),
    Kind.DIFFERS.value: ("Differs", Q(kind=Kind.DIFFERS) & ~OF_STATUS),
    "status": ("Other status", Q(kind=Kind.DIFFERS) & OF_STATUS),
}


class AskForm(MadeForm):
    first_on = forms.DateField(label=_("First day"), widget=UnfoldAdminDateWidget)
    last_on = forms.DateField(label=_("Last day"), widget=UnfoldAdminDateWidget)

    class Meta:
        model = Reconciliation
        fields = ["connection", "first_on", "last_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "connection" not in self.fields:
            return  # the page of one that was asked for before: nothing of it can be edited
        choice = self.fields["connection"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Connection.objects.filter(enabled=True, vendor__in=reconciling.listable())
        choice.help_text = _("Those whose vendor can list what it holds.")
        for name in ("first_on", "last_on"):
            self.fields[name].initial = reconciling.yesterday
        self.fields["last_on"].help_text = _("Days are those of %(zone)s.") % {"zone": settings.TIME_ZONE}


@admin.register(Reconciliation)
class ReconciliationAdmin(Scoped, MadeByService, OnlyChosen, CappedList, ModelAdmin):
    """What was found stays as it was found: a newer comparison tells how it stands now."""

    when_empty = (
        "Every night the day before is compared with the vendors' lists; the page of a connection "
        "begins one at once."
    )
    form = AskForm
    list_display = ["days", "connection", "shown_state", "ours", "theirs", "matched", "found", "ended_at"]
    list_select_related = ["connection"]
    list_filter = [("connection", SeenDropdownFilter), ("state", ChoicesDropdownFilter)]
    fields = ["connection", "first_on", "last_on"]
    compressed_fields = False

    class Media:
        js = ["leadops/progress.js"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A comparison is over the leads of every branch, so nobody asks for one who sees some leads only."""
        return request.user.has_perm(MAY_RECONCILE) and officer_of(request).sees_all

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        return super().get_queryset(request).select_related("connection")

    @admin.display(description="Days", ordering="first_on")
    def days(self, asked: Reconciliation) -> str:
        return reconciling.span(asked)

    @admin.display(description="State")
    def shown_state(self, asked: Reconciliation) -> SafeString:
        return chip(TONES[asked.state], asked.get_state_display())

    @admin.display(description="Agreement")
    def found(self, asked: Reconciliation) -> SafeString | str:
        if asked.state != Reconciliation.State.DONE:
            return "—"
        if not asked.ours and not asked.theirs:
            return chip("calm", _("Nothing to compare"))
        agree = asked.matched == asked.ours == asked.theirs
        return chip("good", _("All agree")) if agree else chip("warn", _("Differences"))

    def make(self, form: AskForm, officer: Officer) -> Reconciliation:
        given = form.cleaned_data
        return reconciling.start(given["connection"], given["first_on"], given["last_on"], officer)

    def response_add(
        self, request: HttpRequest, obj: Reconciliation, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(page_url(Reconciliation, obj.pk))

    # The page of one ------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        asked = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if asked is not None and self.has_view_permission(request, asked):
            shown = {
                "asked": asked,
                "tone": TONES[asked.state],
                "time_zone": settings.TIME_ZONE,
                "subtitle": None,
            }
            shown |= {"title": f"{asked.connection}, {reconciling.span(asked)}"}
            shown["nothing_listed"] = NOTHING_LISTED if asked.listed_nothing else ""
            tell_waiting(request, "crm_integrations.reconciliation", [str(asked.pk)])
            shown["may_doubt"] = request.user.has_perm(MAY_RECONCILE)
            if asked.state == Reconciliation.State.DONE:
                shown |= _found(asked, request.GET.get("tab", ""), request.GET.get("page", "1"))
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "crm_integrations_reconciliation_"
        fetched = fresh_factor(self.workbook_view)
        own = [
            path("<uuid:key>/progress/", view(self.progress_view), name=name + "progress"),
            path("<uuid:key>/workbook/", view(fetched), name=name + "workbook"),
            path("<uuid:key>/doubt/", view(fresh_factor(self.doubt_view)), name=name + "doubt"),
        ]
        return own + super().get_urls()

    def progress_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        asked: Reconciliation = self.to_view(request, key)
        finished = asked.state != Reconciliation.State.RUNNING
        told = {"state_label": asked.get_state_display(), "theirs": asked.theirs, "finished": finished}
        return JsonResponse(told)

    def workbook_view(self, request: HttpRequest, key: UUID) -> HttpResponseBase:
        asked: Reconciliation = self.to_view(request, key)
        name = f"{asked.connection}-{reconciling.span(asked).replace(' ', '-')}.xlsx"

        def handed(reason: str) -> FileResponse:
            audit.note(AuditEvent.Action.DOWNLOADED, asked, reason, connection=str(asked.connection_id))
            return downloaded(reconciling.workbook(asked), name)

        what = f"{asked.connection}, {reconciling.span(asked)}"
        return for_a_reason(request, what, page_url(Reconciliation, asked.pk), handed)

    def doubt_view(self, request: HttpRequest, key: UUID) -> HttpResponseBase:
        """Take what is missing at the vendor for perhaps not there: the chosen ones, or all of them, for a reason."""
        asked: Reconciliation = self.to_view(request, key)
        if not request.user.has_perm(MAY_RECONCILE):
            raise PermissionDenied
        back = f"{page_url(Reconciliation, asked.pk)}?tab={Kind.MISSING_THERE}"
        chosen = [] if request.GET.get("all") else request.GET.getlist("difference") or ["none"]
        if not (count := outbox.missing_there(asked, chosen).count()):
            words = _("Choose what is to be looked up; it has to be delivered.")
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(back)

        def doubted(reason: str) -> HttpResponse:
            if approvals.needed_over("replay", count):
                return held(request, "doubt", {"chosen": chosen}, asked, reason)
            done = outbox.doubt_missing(asked, chosen, reason, officer_of(request))
            words = _("%(deliveries)s will be looked up before anything else is done with them.")
            self.message_user(request, words % {"deliveries": counted(done, Delivery)}, how_it_went(done))
            return HttpResponseRedirect(back)

        told = {"deliveries": counted(count, Delivery), "connection": asked.connection}
        what = _("Look up %(deliveries)s at %(connection)s") % told
        return for_a_reason(request, what, back, doubted, gettext("Look up"), _what_it_does(asked))


def _what_it_does(asked: Reconciliation) -> list[str]:
    """What an officer should know before they doubt what was delivered."""
    if asked.connection.connector_class.can_find:
        first = gettext("Each is looked up at the vendor; what is not found waits for your decision.")
    else:
        first = gettext("The vendor can't be asked for a single one: each waits for your decision.")
    told = [first, gettext("Nothing is sent again by itself. Who doubted it, when and why stays in the log.")]
    return [said(NOTHING_LISTED), *told] if asked.listed_nothing else told


def _found(asked: Reconciliation, tab: str, number: str) -> dict[str, Any]:
    """The tabs with their counts, and one page of the chosen tab: the first that is not empty, unless said."""
    counts = asked.differences.aggregate(
        **{f"of_{key}": Count("id", filter=q) for key, (_, q) in TABS.items()}
    )
    tabs = [
        {"value": key, "label": said(label), "count": counts[f"of_{key}"]} for key, (label, _) in TABS.items()
    ]
    chosen = tab if tab in TABS else next((t["value"] for t in tabs if t["count"]), Kind.MISSING_THERE.value)
    found = asked.differences.filter(TABS[chosen][1]).order_by("id")
    page = Paginator(found.select_related("delivery__lead", "delivery__loan_account"), ROWS_A_PAGE).get_page(
        number
    )
    rows = [
        {
            "difference": each,
            "delivery": each.delivery,
            "record": each.delivery and each.delivery.record,
            "url": each.delivery and record_url(each.delivery),
            "doubted": each.delivery is not None and each.delivery.state != State.DELIVERED,
        }
        for each in page
    ]
    return {"tabs": tabs, "tab": chosen, "rows_page": page, "rows": rows}
