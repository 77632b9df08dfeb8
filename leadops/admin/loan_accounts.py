"""Loan accounts: opened here, kept by the LOS."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from leadops.admin.choosing import OnlyChosen
from leadops.admin.making import MadeByService, MadeForm
from leadops.admin.markup import link
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped, SeenAutocompleteFilter, SeenDropdownFilter
from leadops.errors import DuplicateReference, Invalid, LeadopsError
from leadops.languages.said import said
from leadops.models import Lead, LoanAccount, Officer, Program
from leadops.models.loan_account import REFERENCE_TAKEN
from leadops.services import loan_accounts


class LoanAccountForm(MadeForm):
    def show(self, refusal: LeadopsError) -> None:
        if isinstance(refusal, DuplicateReference):
            self.add_error("ref_id", REFERENCE_TAKEN)
        elif isinstance(refusal, Invalid):
            for each in refusal.findings:
                self.add_error("ref_id" if each.field == "ref_id" else "lead", said(each.message))
        else:
            super().show(refusal)


@admin.register(LoanAccount)
class LoanAccountAdmin(Scoped, MadeByService, OnlyChosen, CappedList, ModelAdmin):
    """An account is what the LOS was asked to open: another one is opened rather than this one altered."""

    when_empty = "Open one on the page of a submitted lead."
    form = LoanAccountForm
    change_form_template = "admin/leadops/panels.html"
    list_display = ["ref_id", "program", "lead_link", "status", "created_at"]
    list_select_related = ["program", "lead"]
    list_filter = [("program", SeenDropdownFilter), ("lead__partner", SeenAutocompleteFilter)]
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
            "opened_by",
            "created_at",
        ]
        return shown if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoanAccount]:
        return super().get_queryset(request).select_related("lead", "program")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The whole reference, which the index over program and reference answers."""
        if not (text := search_term.strip()):
            return queryset, False
        programs = list(Program.objects.values_list("pk", flat=True))
        return queryset.filter(program__in=programs, ref_id=text), False

    @admin.display(description="Lead")
    def lead_link(self, account: LoanAccount) -> SafeString:
        return link(page_url(Lead, account.lead_id), account.lead.reference)

    @admin.display(description="Created by")
    def opened_by(self, account: LoanAccount) -> str:
        """A name only: who may see accounts may not see officers' pages."""
        return str(account.created_by or "–")

    def make(self, form: LoanAccountForm, officer: Officer) -> LoanAccount:
        asked = form.instance
        return loan_accounts.open_account(asked.lead, asked.ref_id, asked.program, officer)

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
