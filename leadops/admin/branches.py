"""Branches of the lender."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from leadops.admin.scoped import Scoped
from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.models import Branch


@admin.register(Branch)
class BranchAdmin(Scoped, SeenAdmin, ModelAdmin):
    when_empty = "Add your offices here: leads, partners and officers belong to them."
    form = SeenForm
    list_display = ["name", "code", "active"]
    list_filter = ["active"]
    search_fields = ["name", "code"]
    fields = ["name", "code", "active"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A branch is closed, not deleted: its leads stay."""
        return False
