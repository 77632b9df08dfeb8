"""Loan accounts: opened here, kept by the LOS."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter

from leadops.admin.choosing import OnlyChosen
from leadops.admin.leads import lead_url
from leadops.admin.pages import CappedList
from leadops.models import LoanAccount, Program
from leadops.services import loan_accounts


class LoanAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_lead(self) -> Any:
        """An account needs a lead that was submitted: the LOS knows no other."""
        lead = self.cleaned_data["lead"]
        if lead.status == lead.Status.DRAFT:
            raise forms.ValidationError(
                "Submit the lead first: a loan account is opened on a submitted lead."
            )
        return lead


@admin.register(LoanAccount)
class LoanAccountAdmin(OnlyChosen, CappedList, ModelAdmin):  # type: ignore[misc]
    form = LoanAccountForm
    list_display = ["ref_id", "program", "lead_link", "status", "created_at"]
    list_select_related = ["program", "lead"]
    list_filter = [("program", RelatedDropdownFilter)]
    search_fields = ["ref_id"]
    search_help_text = "Reference"
    fields = ["lead", "program", "ref_id"]
    raw_id_fields = ["lead"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = [
            "lead_link",
            "program",
            "ref_id",
            "product_type",
            "status",
            "drop_reason",
            "created_by",
            "created_at",
        ]
        return shown if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account is what the LOS was asked to open: another one is opened rather than this one altered."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoanAccount]:
        return super().get_queryset(request).select_related("lead", "program")  # type: ignore[no-any-return]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The whole reference, which the index over program and reference answers."""
        if not (text := search_term.strip()):
            return queryset, False
        return queryset.filter(program__in=list(Program.objects.all()), ref_id=text), False

    @admin.display(description="Lead")
    def lead_link(self, account: LoanAccount) -> SafeString:
        return format_html(
            '<a class="lo-link" href="{}">{}</a>', lead_url(account.lead), account.lead.reference
        )

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> LoanAccount:
        return form.instance  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: LoanAccount, form: Any, change: bool) -> None:
        account = loan_accounts.open_account(obj.lead, obj.ref_id, obj.program, request.user)  # type: ignore[arg-type]
        obj.__dict__.update(account.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on an account."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        account = self.get_object(request, object_id)
        panels = (
            self.panels(request, account) if account and self.has_view_permission(request, account) else []
        )
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": panels})

    def panels(self, request: HttpRequest, account: LoanAccount) -> list[SafeString]:
        """More parts of the page, from other apps."""
        return []
