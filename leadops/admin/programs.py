"""Lending programs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.models import Applicant, DocumentType, DuplicateKey, Program


class ProgramForm(SeenForm):
    duplicate_keys = forms.MultipleChoiceField(
        label=_("Known by"),
        choices=lambda: DuplicateKey.choices,  # in the reader's language, and that of no import
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_(str(Program._meta.get_field("duplicate_keys").help_text)),
    )


class DocumentTypeInline(TabularInline):
    """The documents that the program wants: a line of each lead's checklist."""

    model = DocumentType
    form = SeenForm
    fields = ["code", "name", "about", "applicant_type", "required", "seen"]
    extra = 0
    hide_title = True
    verbose_name_plural = "documents it wants"

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "applicant_type":
            kwargs["choices"] = [("", _("All of them")), *Applicant.Type.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(Program)
class ProgramAdmin(SeenAdmin, ModelAdmin):
    when_empty = "Every lead is filed under a program: somebody who may set things up adds one."
    form = ProgramForm
    inlines = [DocumentTypeInline]
    list_display = ["name", "code", "product_type", "country", "active", "id"]
    list_filter = ["active"]
    search_fields = ["name", "code"]
    fieldsets = [
        (None, {"fields": ["id", "name", "code", "product_type", "country", "active"]}),
        (_("Privacy"), {"fields": ["consent_required", "keep_days"]}),
        (_("Duplicates"), {"fields": ["duplicate_policy", "duplicate_days", "duplicate_keys"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A program is ended, not deleted; and the page that asks about it would list its leads."""
        return request.user.is_superuser and super().has_delete_permission(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A program that is made now asks for consents unless somebody says otherwise."""
        return {"consent_required": True, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The id is what partners send as `program_id`: it is chosen once."""
        return ["id"] if obj else []
