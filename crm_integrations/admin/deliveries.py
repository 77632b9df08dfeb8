"""Deliveries: read-only lists, and the few things a person may decide about one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from crm_integrations import following, outbox
from crm_integrations.admin import panel
from crm_integrations.admin.chips import state_chip, why_of
from crm_integrations.admin.decisions import DecisionsPage
from crm_integrations.admin.delivery_filters import (
    CauseFilter,
    ChangedFilter,
    LeadsOwnerFilter,
    LeadsSpaceFilter,
)
from crm_integrations.admin.failures import FailuresPage
from crm_integrations.admin.steering import (
    MAY_REPLAY,
    MAY_STEER,
    RETRY,
    how_it_went,
    record_url,
    way_back,
)
from crm_integrations.models import Connection, Delivery
from leadops.admin.chosen import url_of
from leadops.admin.making import ReadOnly
from leadops.admin.markup import counted, link
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped, SeenAutocompleteFilter, SeenDropdownFilter, seen_where_bounded
from leadops.ids import uuid_in
from leadops.languages.said import said
from leadops.models import Lead, LoanAccount
from leadops.sign_in.fresh import fresh_factor

PANELS: dict[str, tuple[type[Model], Callable[[HttpRequest, Any], SafeString]]] = {
    "lead": (Lead, panel.of_lead_again),
    "account": (LoanAccount, panel.of_account),
    "delivery": (Delivery, panel.of_delivery),
}


@admin.register(Delivery)
class DeliveryAdmin(FailuresPage, DecisionsPage, Scoped, ReadOnly, CappedList, ModelAdmin):
    """Nobody edits a delivery; what may be decided has its own buttons."""

    when_empty = "Submit a lead: each vendor that its program is routed to gets a delivery."
    list_select_related = ["connection__health", "connection__subscription", "lead", "loan_account", "event"]
    list_display = [
        "what",
        "connection",
        "shown_state",
        "record_link",
        "reference",
        "attempts",
        "why",
        "updated_at",
    ]
    list_filter = [
        ("connection", SeenDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("lead__partner", SeenAutocompleteFilter),
        ChangedFilter,
        CauseFilter,
        LeadsOwnerFilter,
        LeadsSpaceFilter,
    ]
    list_display_links = ["what"]
    search_fields = ["reference"]
    search_help_text = "Vendor's id, or our id of the lead"
    actions = ["retry_selected", "replay_selected", "cancel_selected"]
    list_before_template = "admin/crm_integrations/replay_listed.html"
    fields = ["record_link", "connection", "ref", "created_at"]
    readonly_fields = ["record_link"]
    change_form_template = "admin/leadops/panels.html"

    class Media:
        js = ["leadops/deliveries.js"]

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
        connections = list(Connection.objects.values_list("pk", flat=True))
        return queryset.filter(connection__in=connections, reference=text), False

    @admin.display(description="Delivery")
    def what(self, delivery: Delivery) -> str:
        return delivery.get_kind_display()

    @admin.display(description="State")
    def shown_state(self, delivery: Delivery) -> SafeString:
        return state_chip(delivery)

    @admin.display(description="Record")
    def record_link(self, delivery: Delivery) -> SafeString:
        return link(record_url(delivery), delivery.record)

    @admin.display(description="Why")
    def why(self, delivery: Delivery) -> str:
        return why_of(delivery)

    @admin.action(description="Retry…", permissions=["steer"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        return HttpResponseRedirect(url_of(RETRY, "delivery", queryset))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may have many sent again at once."""
        return request.user.has_perm(MAY_REPLAY)

    @admin.action(description="Replay…", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        return HttpResponseRedirect(url_of("admin:crm_integrations_replay_start", "delivery", queryset))

    @admin.action(description="Cancel", permissions=["steer"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        done = outbox.cancel(list(queryset.values_list("pk", flat=True)[:1000]))
        words = _("%(deliveries)s cancelled.") % {"deliveries": counted(done, Delivery)}
        self.message_user(request, words, how_it_went(done))

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
            path("failures/", view(self.failures_view), name=name + "failures"),
            path("decisions/", view(self.decisions_view), name=name + "decisions"),
            path("of/<str:kind>/<uuid:record_id>/", view(self.panel_view), name=name + "panel"),
            path("<uuid:delivery_id>/retry/", view(require_POST(self.retry_view)), name=name + "retry"),
            path("<uuid:delivery_id>/ask/", view(require_POST(self.ask_view)), name=name + "ask"),
            path("<uuid:delivery_id>/look-up/", view(require_POST(self.look_up_view)), name=name + "look_up"),
            path("<uuid:delivery_id>/decide/", view(fresh_factor(self.decide_view)), name=name + "decide"),
        ]
        return own + super().get_urls()

    def panel_view(self, request: HttpRequest, kind: str, record_id: UUID) -> HttpResponse:
        """The panel alone, for the page that refreshes it."""
        if not self.has_view_permission(request) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        if kind not in PANELS:
            raise Http404
        model, made = PANELS[kind]
        records = seen_where_bounded(model._default_manager.all(), request)
        return HttpResponse(made(request, get_object_or_404(records, pk=record_id)))

    def retry_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        delivery = self.to_steer(request, delivery_id)
        done = outbox.retry([delivery.pk])
        words = (
            _("%(delivery)s was queued again.")
            if done
            else _("%(delivery)s is not in a state that can be retried.")
        )
        told: dict[str, object] = {"delivery": delivery}
        if delivery.lead is not None and delivery.is_ended:
            words = _("%(delivery)s is not sent again. %(why)s")
            told |= {"why": said(outbox.ended_leads.said_of(delivery.lead))}
        self.message_user(request, words % told, how_it_went(done))
        return HttpResponseRedirect(way_back(request, delivery))

    def ask_view(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        """Have the vendor asked how it stands, though it may not be due yet."""
        delivery = self.to_steer(request, delivery_id)
        done = following.ask_now([delivery.pk])
        words = (
            _("%(delivery)s: the vendor is asked within a minute.")
            if done
            else _("%(delivery)s can't be asked for.")
        )
        self.message_user(request, words % {"delivery": delivery}, how_it_went(done))
        return HttpResponseRedirect(way_back(request, delivery))

    def to_steer(self, request: HttpRequest, delivery_id: UUID) -> Delivery:
        """The delivery, for who may steer it."""
        if not self.has_steer_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=delivery_id)
