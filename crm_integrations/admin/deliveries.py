"""Deliveries: read-only lists, and the few things a person may decide about one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from crm_integrations import following, outbox
from crm_integrations.admin import panel
from crm_integrations.admin.chips import state_chip
from crm_integrations.models import Connection, Delivery
from leadops.admin.making import ReadOnly
from leadops.admin.markup import counted, link
from leadops.admin.pages import CappedList
from leadops.errors import LeadopsError
from leadops.ids import uuid_in
from leadops.models import Lead, LoanAccount, Officer

MAY_STEER = "crm_integrations.change_delivery"
PANELS: dict[str, tuple[type[Model], Callable[[HttpRequest, Any], SafeString]]] = {
    "lead": (Lead, panel.of_lead),
    "account": (LoanAccount, panel.of_account),
    "delivery": (Delivery, panel.of_delivery),
}


class DecisionForm(forms.Form):
    """What an officer found out about a delivery that nobody could be sure of."""

    decision = forms.ChoiceField(
        choices=[("found", "It is there"), ("again", "It is not there: send again")],
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.CharField(
        label="Its id at the vendor", max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    reason = forms.CharField(label="How you know", max_length=300, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "found" and not cleaned.get("reference"):
            self.add_error("reference", "Give the id that the vendor shows for it.")
        return cleaned

    def carry_out(self, delivery: Delivery, officer: Officer) -> bool:
        """Do as decided; False when no decision is needed any more, or when the form now says why it can't be."""
        said = self.cleaned_data
        try:
            if said["decision"] == "again":
                return outbox.send_again(delivery.pk, said["reason"], officer)
            return outbox.resolve_held(delivery.pk, said["reference"], said["reason"], officer)
        except LeadopsError as refusal:
            self.add_error(
                "reference" if isinstance(refusal, outbox.HeldByAnother) else None, refusal.message
            )
            return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, CappedList, ModelAdmin):
    """Nobody edits a delivery; what may be decided has its own buttons."""

    list_select_related = ["connection", "lead", "loan_account"]
    list_display = [
        "what",
        "connection",
        "shown_state",
        "record_link",
        "reference",
        "attempts",
        "reason",
        "updated_at",
    ]
    list_filter = [("connection", RelatedDropdownFilter), ("state", ChoicesDropdownFilter)]
    list_display_links = ["what"]
    search_fields = ["reference"]
    search_help_text = "Vendor's id, or our id of the lead"
    actions = ["retry_selected", "cancel_selected"]
    fields = ["record_link", "connection", "ref", "created_at"]
    readonly_fields = ["record_link"]
    change_form_template = "admin/leadops/panels.html"

    class Media:
        js = ["leadops/deliveries.js"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Who may retry, cancel and decide."""
        return request.user.has_perm(MAY_STEER)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Exact matches only, each by an index."""
        if not (text := search_term.strip()):
            return queryset, False
        if lead_id := uuid_in(text):
            return queryset.filter(lead_id=lead_id), False
        return queryset.filter(connection__in=list(Connection.objects.all()), reference=text), False

    @admin.display(description="Delivery")
    def what(self, delivery: Delivery) -> str:
        return delivery.get_kind_display_name().capitalize()

    @admin.display(description="State")
    def shown_state(self, delivery: Delivery) -> SafeString:
        return state_chip(delivery)

    @admin.display(description="Record")
    def record_link(self, delivery: Delivery) -> SafeString:
        return link(record_url(delivery), delivery.record)

    @admin.action(description="Retry", permissions=["steer"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        done = outbox.retry(list(queryset.values_list("pk", flat=True)[:1000]))
        self.message_user(request, f"{counted(done, Delivery)} queued again.", how_it_went(done))

    @admin.action(description="Cancel", permissions=["steer"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        done = outbox.cancel(list(queryset.values_list("pk", flat=True)[:1000]))
        self.message_user(request, f"{counted(done, Delivery)} cancelled.", how_it_went(done))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        delivery = self.get_object(request, object_id)
        panels = []
        if delivery is not None and self.has_view_permission(request, delivery):
            panels = [panel.of_delivery(request, delivery)]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": panels})

    # Own views -----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "crm_integrations_delivery_"
        own = [
            path("of/<str:kind>/<uuid:record_id>/", view(self.panel_view), name=name + "panel"),
            path("<uuid:delivery_id>/retry/", view(require_POST(self.retry_view)), name=name + "retry"),
            path("<uuid:delivery_id>/ask/", view(require_POST(self.ask_view)), name=name + "ask"),
            path("<uuid:delivery_id>/decide/", view(self.decide_view), name=name + "decide"),
        ]
        return own + super().get_urls()

    def panel_view(self, request: HttpRequest, kind: str, record_id: UUID) -> HttpResponse:
        """The panel alone, for the page that refreshes it."""
        if not self.has_view_permission(request) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        if kind not in PANELS:
            raise Http404
        model, made = PANELS[kind]
        return HttpResponse(made(request, get_object_or_404(model, pk=record_id)))

    def retry_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        delivery = self._to_steer(request, delivery_id)
        done = outbox.retry([delivery.pk])
        text = (
            f"{delivery} was queued again." if done else f"{delivery} is not in a state that can be retried."
        )
        self.message_user(request, text, how_it_went(done))
        return HttpResponseRedirect(record_url(delivery))

    def ask_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        """Have the vendor asked how it stands, though it may not be due yet."""
        delivery = self._to_steer(request, delivery_id)
        done = following.ask_now([delivery.pk])
        text = (
            f"{delivery}: the vendor is asked within a minute." if done else f"{delivery} can't be asked for."
        )
        self.message_user(request, text, how_it_went(done))
        return HttpResponseRedirect(record_url(delivery))

    def decide_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        """Take the decision that the panel's buttons send; what is wrong with it is asked again, at its field."""
        delivery = self._to_steer(request, delivery_id)
        form = DecisionForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            done = form.carry_out(delivery, cast(Officer, request.user))
            if not form.errors:
                text = f"Your decision about {delivery} is kept."
                text = text if done else f"{delivery} no longer needs a decision."
                self.message_user(request, text, how_it_went(done))
                return HttpResponseRedirect(record_url(delivery))
        context = {**self.admin_site.each_context(request), "title": f"Decide about {delivery}"}
        context |= {"opts": self.opts, "form": form, "delivery": delivery, "back": record_url(delivery)}
        return TemplateResponse(request, "admin/crm_integrations/decide.html", context)

    def _to_steer(self, request: HttpRequest, delivery_id: UUID) -> Delivery:
        if not self.has_steer_permission(request):
            raise PermissionDenied
        return get_object_or_404(Delivery.objects.select_related(*self.list_select_related), pk=delivery_id)


def how_it_went(done: int) -> int:
    """The level of the message about what was done: a warning where it was nothing."""
    return messages.SUCCESS if done else messages.WARNING


def record_url(delivery: Delivery) -> str:
    """The page of what is delivered."""
    record = delivery.record
    return reverse(f"admin:leadops_{record._meta.model_name}_change", args=[record.pk])
