"""Webhooks as vendors sent them, for reading only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from crm_integrations.models import Inbound
from crm_integrations.shown_calls import pretty
from leadops.admin.making import ReadOnly
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped, SeenDropdownFilter
from leadops.languages.said import said


@admin.register(Inbound)
class InboundAdmin(Scoped, ReadOnly, CappedList, ModelAdmin):
    """Whatever was signed by its vendor; what was not is a notice."""

    ordering = ["-id"]
    list_display = ["received_at", "connection", "name", "times", "what_came_of_it"]
    list_filter = [("connection", SeenDropdownFilter)]
    fields = [
        ("connection", "name"),
        ("received_at", "times"),
        ("reference", "status"),
        ("processed_at", "what_came_of_it"),
        "told",
    ]
    readonly_fields = ["connection", "name", "received_at", "times", "reference", "status"]
    readonly_fields += ["processed_at", "what_came_of_it", "told"]

    when_empty = (
        "A vendor that sends them calls /v1/webhooks/<id of its connection>/, signed with the secret that is"
        " kept in the connection. Give it the address, and the same secret."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inbound]:
        return super().get_queryset(request).select_related("connection")

    @admin.display(description="Event")
    def name(self, inbound: Inbound) -> str:
        return inbound.event or "—"

    @admin.display(description="What came of it")
    def what_came_of_it(self, inbound: Inbound) -> str:
        return said(inbound.outcome) if inbound.processed_at else _("Not read yet")

    @admin.display(description="Body, redacted")
    def told(self, inbound: Inbound) -> SafeString:
        return format_html('<pre class="lo-wire" tabindex="0">{}</pre>', pretty(inbound.body))
