"""What was called with partners' keys, day by day, and what borrowers' tokens were made and used for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from leadops.admin.making import ReadOnly
from leadops.admin.markup import link
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped, SeenAutocompleteFilter
from leadops.models import BorrowerToken, CallCount, Lead

OF_PARTNER = "api_key__partner__id__exact"


class Told(Scoped, ReadOnly, CappedList, ModelAdmin):
    """Mixed into the admins of what is only ever looked at, by whoever may see keys."""

    list_select_related = ["api_key__partner"]
    list_display_links = None
    list_per_page = 50

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("leadops.view_apikey"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="Key")
    def key(self, row: Any) -> str:
        return str(row.api_key)

    @admin.display(description="Partner")
    def partner(self, row: Any) -> str:
        return str(row.api_key.partner)


@admin.register(CallCount)
class CallCountAdmin(Told):
    """A row counts the calls that were answered alike; the rows of an error count the calls that it stood in."""

    when_empty = "Partners' calls are counted once a partner has a key: make one on the partner's page."
    list_display = ["day", "partner", "key", "status", "problem", "finding", "calls"]
    list_filter = [("api_key__partner", SeenAutocompleteFilter)]
    ordering = ["-day", "-id"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == OF_PARTNER or super().lookup_allowed(lookup, value, request)


@admin.register(BorrowerToken)
class BorrowerTokenAdmin(Told):
    """Who let a borrower see a lead, and whether the borrower came: for who may see keys and leads."""

    when_empty = "A partner asks for one over the API when a borrower is to see their own lead."
    list_display = [
        "created_at",
        "partner",
        "key",
        "opens",
        "made_from",
        "expires_at",
        "calls",
        "last_used_at",
    ]
    list_filter = [("api_key__partner", SeenAutocompleteFilter)]
    list_select_related = ["api_key__partner", "lead"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and request.user.has_perm("leadops.view_lead")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BorrowerToken]:
        return super().get_queryset(request).order_by("-id")

    @admin.display(description="Lead")
    def opens(self, token: BorrowerToken) -> SafeString:
        return link(page_url(Lead, token.lead_id), token.lead.reference)
