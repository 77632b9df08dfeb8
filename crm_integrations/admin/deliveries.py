"""Deliveries: read-only lists, and the few things a person may decide about one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from crm_integrations import outbox
from crm_integrations.admin import panel
from crm_integrations.admin.chips import state_chip
from crm_integrations.models import Connection, Delivery
from leadops.admin.making import ReadOnly
from leadops.admin.markup import counted, link
from leadops.admin.pages import CappedList
from leadops.ids import uuid_in
from leadops.models import Lead, LoanAccount

MAY_STEER = "crm_integrations.change_delivery"


class DecisionForm(forms.Form):
    """What an officer found out about a delivery that nobody could be sure of."""

    decision = forms.ChoiceField(choices=[("found", "It is there"), ("again", "Send again")])
    reference = forms.CharField(max_length=200, required=False, strip=True)
    reason = forms.CharField(max_length=300, strip=True)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "found" and not cleaned.get("reference"):
            self.add_error("reference", "Give the id that the vendor shows for it.")
        return cleaned


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
        return f"{delivery.get_kind_display_name().capitalize()} v{delivery.version}"

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
            panels = [_panel(request, delivery.record)]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": panels})

    # Own views -----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "crm_integrations_delivery_"
        own = [
            path("of/<str:kind>/<uuid:record_id>/", view(self.panel_view), name=name + "panel"),
            path("<uuid:delivery_id>/retry/", view(require_POST(self.retry_view)), name=name + "retry"),
            path("<uuid:delivery_id>/decide/", view(require_POST(self.decide_view)), name=name + "decide"),
        ]
        return own + super().get_urls()

    def panel_view(self, request: HttpRequest, kind: str, record_id: UUID) -> HttpResponse:
        """The panel alone, for the page that refreshes it."""
        if not self.has_view_permission(request) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        model: type[Lead] | type[LoanAccount] = Lead if kind == "lead" else LoanAccount
        return HttpResponse(_panel(request, get_object_or_404(model, pk=record_id)))

    def retry_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        delivery = self._to_steer(request, delivery_id)
        done = outbox.retry([delivery.pk])
        text = (
            f"{delivery} was queued again." if done else f"{delivery} is not in a state that can be retried."
        )
        self.message_user(request, text, how_it_went(done))
        return HttpResponseRedirect(record_url(delivery))

    def decide_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        delivery, form = self._to_steer(request, delivery_id), DecisionForm(request.POST)
        if not form.is_valid():
            for field, errors in form.errors.items():
                self.message_user(
                    request, f"{field.capitalize()}: {' '.join(map(str, errors))}", messages.ERROR
                )
            return HttpResponseRedirect(record_url(delivery))
        said = form.cleaned_data
        if said["decision"] == "found":
            done = outbox.resolve_held(delivery.pk, said["reference"], said["reason"], request.user)  # type: ignore[arg-type]
        else:
            done = outbox.send_again(delivery.pk, said["reason"], request.user)  # type: ignore[arg-type]
        text = (
            f"Your decision about {delivery} is kept." if done else f"{delivery} no longer needs a decision."
        )
        self.message_user(request, text, how_it_went(done))
        return HttpResponseRedirect(record_url(delivery))

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


def _panel(request: HttpRequest, record: Any) -> SafeString:
    return panel.of_lead(request, record) if isinstance(record, Lead) else panel.of_account(request, record)
