"""The page "Decisions": what nobody but a person can tell, the oldest first, and taking those decisions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from crm_integrations import outbox
from crm_integrations.admin.steering import how_it_went, record_url, way_back
from crm_integrations.models import Connection, Delivery, Exchange, State
from crm_integrations.shown_calls import BEGINNING, ShownCall
from leadops.admin.pages import CappedPaginator
from leadops.admin.reasons import LogField, ReasonForm
from leadops.admin.scoped import seen
from leadops.errors import LeadopsError
from leadops.languages.said import said
from leadops.models import Officer
from leadops.sign_in.sessions import officer_of

ON_A_PAGE = 20
LATELY, LOOKED_THROUGH = 10, 10
"""Of the decisions so many are shown, and so many times as many are looked through for those in sight."""
OF_ITSELF = (Exchange.Purpose.CREATE, Exchange.Purpose.FIND)


def undecided(request: HttpRequest) -> QuerySet[Delivery]:
    """What needs a decision and is in the officer's sight: how many stands beside the menu's entry."""
    return seen(Delivery.objects.filter(state=State.REVIEW), request)


class DecisionForm(ReasonForm):
    """What an officer found out about a delivery that nobody could be sure of."""

    field_order = ("decision", "reference", "reason")
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            ("found", gettext_lazy("It is there")),
            ("again", gettext_lazy("It is not there: send again")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.CharField(
        label=gettext_lazy("Its id at the vendor"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    reason = LogField(label=gettext_lazy("How you know"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "found" and not cleaned.get("reference"):
            self.add_error("reference", _("Give the id that the vendor shows for it."))
        return cleaned

    def carry_out(self, delivery: Delivery, officer: Officer) -> bool:
        """Do as decided; False when no decision is needed any more, or when the form now says why it can't be."""
        given = self.cleaned_data
        try:
            if given["decision"] == "again":
                return outbox.send_again(delivery.pk, given["reason"], officer)
            return outbox.resolve_held(delivery.pk, given["reference"], given["reason"], officer)
        except LeadopsError as refusal:
            self.add_error("reference" if isinstance(refusal, outbox.HeldByAnother) else None, refusal.shown)
            return False

    @property
    def in_words(self) -> str:
        """The decision, as it is kept in the log."""
        given = self.cleaned_data
        done = f"It is there, id {given['reference']}" if given["decision"] == "found" else "Send again"
        return f"{done}: {given['reason']}"


class DecisionsPage(ModelAdmin):
    """Mixed into the admin of deliveries."""

    def decisions_view(self, request: HttpRequest) -> HttpResponse:
        """What needs a decision, each with why, its last call and the two ways to decide."""
        if not self.has_view_permission(request) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        waiting = undecided(request).order_by("id")
        if request.GET.get("space") == "real":  # as the first page counts them
            waiting = waiting.filter(connection__in=Connection.objects.of_vendors().filter(test_space=False))
        page = CappedPaginator(waiting, ON_A_PAGE).get_page(request.GET.get("page"))
        context = {**self.admin_site.each_context(request), "title": gettext("Decisions")}
        context["content_title"] = context["title"]
        context |= {"rows_page": page, "rows": _rows(page), "lately": _decided_lately(request)}
        context["may_change"] = self.has_steer_permission(request)
        return TemplateResponse(request, "admin/crm_integrations/decisions.html", context)

    def decide_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        """Take the decision that a page's buttons send; what is wrong with it is asked again, at its field."""
        delivery = self.to_steer(request, delivery_id)
        form = DecisionForm(request.POST if request.method == "POST" else None)
        back = way_back(request, delivery)
        if form.is_valid():
            done = form.carry_out(delivery, officer_of(request))
            if not form.errors:
                if done:
                    self.log_change(request, delivery, form.in_words)
                self.message_user(request, _what_came_of(form, delivery, done), how_it_went(done))
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide about %(delivery)s") % {"delivery": delivery},
        }
        context |= {"opts": self.opts, "form": form, "delivery": delivery, "back": back}
        context["pressed_on"] = request.POST.get("back", "")
        return TemplateResponse(request, "admin/crm_integrations/decide.html", context)

    def look_up_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        """Have the vendor asked once more, in place of a decision."""
        delivery = self.to_steer(request, delivery_id)
        done = outbox.look_up_again(delivery, officer_of(request))
        if done:
            self.log_change(request, delivery, "Looked up again.")
        words = (
            _("%(delivery)s is looked up again.") if done else _("%(delivery)s no longer needs a decision.")
        )
        self.message_user(request, words % {"delivery": delivery}, how_it_went(done))
        return HttpResponseRedirect(way_back(request, delivery))


def _what_came_of(form: DecisionForm, delivery: Delivery, done: bool) -> str:
    """What the officer is told of their decision."""
    told: dict[str, object] = {"delivery": delivery}
    if not done:
        return _("%(delivery)s no longer needs a decision.") % told
    if delivery.lead is None or not delivery.is_ended or form.cleaned_data["decision"] != "again":
        return _("Your decision about %(delivery)s is kept.") % told
    told |= {"why": said(outbox.ended_leads.said_of(delivery.lead))}
    return _("Your decision about %(delivery)s is kept. It is not sent again: %(why)s") % told


def _rows(page: Any) -> list[dict[str, Any]]:
    """Each delivery with its record and the last call about it, in a fixed number of queries."""
    deliveries = list(page.object_list.select_related("connection", "lead", "loan_account"))
    calls = Exchange.objects.filter(delivery__in=deliveries, purpose__in=OF_ITSELF)
    calls = calls.order_by("delivery_id", "-id").distinct("delivery_id")
    connections = {each.pk: each.connection for each in deliveries}
    last = {
        each.delivery_id: ShownCall.beginning(each, connections[each.delivery_id])
        for each in calls.with_cut_bodies(BEGINNING)
    }
    return [
        {"delivery": each, "record": each.record, "url": record_url(each), "last": last.get(each.pk)}
        for each in deliveries
    ]


def _decided_lately(request: HttpRequest) -> list[LogEntry]:
    """Who decided what about deliveries in the officer's sight, the newest first."""
    about = ContentType.objects.get_for_model(Delivery)
    decided = LogEntry.objects.filter(content_type=about, action_flag=CHANGE)
    newest = list(decided.select_related("user").order_by("-action_time")[: LATELY * LOOKED_THROUGH])
    known = seen(Delivery.objects.all(), request).filter(pk__in=[each.object_id for each in newest])
    ids = {str(key) for key in known.values_list("pk", flat=True)}
    return [each for each in newest if each.object_id in ids][:LATELY]
