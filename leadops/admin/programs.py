"""Lending programs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.models import Program


@admin.register(Program)
class ProgramAdmin(SeenAdmin, ModelAdmin):
    form = SeenForm
    list_display = ["name", "code", "product_type", "country", "active", "id"]
    list_filter = ["active"]
    search_fields = ["name", "code"]
    fields = ["id", "name", "code", "product_type", "country", "active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The id is what partners send as `program_id`: it is chosen once."""
        return ["id"] if obj else []
