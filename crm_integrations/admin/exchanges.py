"""HTTP calls as they were made, for reading only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from crm_integrations.admin.steering import record_url
from crm_integrations.models import Exchange
from crm_integrations.shown_calls import ShownCall
from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip, link
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped, SeenDropdownFilter


@admin.register(Exchange)
class ExchangeAdmin(Scoped, ReadOnly, CappedList, ModelAdmin):
    when_empty = "Calls stand here once something was sent: submit a lead."
    ordering = ["-id"]
    list_display = ["created_at", "connection", "operation", "outcome", "duration", "record"]
    list_filter = [("connection", SeenDropdownFilter)]
    fields = [
        ("connection", "record"),
        ("operation", "created_at", "duration"),
        "outcome",
        "sent",
        "came_back",
    ]
    readonly_fields = [
        "connection",
        "record",
        "operation",
        "created_at",
        "duration",
        "outcome",
        "sent",
        "came_back",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        calls = super().get_queryset(request)
        return calls.select_related("connection", "delivery__lead", "delivery__loan_account")

    @admin.display(description="Record")
    def record(self, call: Exchange) -> SafeString | str:
        return link(record_url(call.delivery), call.delivery.record) if call.delivery else "—"

    @admin.display(description="Outcome")
    def outcome(self, call: Exchange) -> SafeString:
        shown = ShownCall.whole(call)
        return chip(shown.tone, shown.outcome)

    @admin.display(description="Duration")
    def duration(self, call: Exchange) -> str:
        return f"{call.duration_ms} ms" if call.duration_ms is not None else ""

    @admin.display(description="Request")
    def sent(self, call: Exchange) -> SafeString:
        return format_html('<pre class="lo-wire" tabindex="0">{}</pre>', ShownCall.whole(call).request)

    @admin.display(description="Answer")
    def came_back(self, call: Exchange) -> SafeString:
        shown = format_html('<pre class="lo-wire" tabindex="0">{}</pre>', ShownCall.whole(call).answer)
        return shown + format_html('<p class="lo-quiet">{}</p>', why) if (why := _why_less(call)) else shown


def _why_less(call: Exchange) -> str:
    """Why not all of an answer was kept; empty where it was."""
    if call.is_list:
        return _("A list names many people: which fields it has is kept, what stands in them is not.")
    return _("Its personal data was erased.") if call.delivery and call.delivery.is_erased else ""
