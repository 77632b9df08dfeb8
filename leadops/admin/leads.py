"""Leads: the page of one lead, and taking one in by hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import JSONField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from leadops.admin import bank_gate
from leadops.admin import duplicates as same_borrower
from leadops.admin.autocompleted import Autocompleted
from leadops.admin.choosing import OnlyChosen
from leadops.admin.exports import Exported
from leadops.admin.field_names import spoken
from leadops.admin.gates import Holding
from leadops.admin.json_field import StrictJSONField
from leadops.admin.lead_forms import LeadForm
from leadops.admin.lead_list import LeadList
from leadops.admin.lead_merging import Mergeable
from leadops.admin.lead_page import LeadPage
from leadops.admin.lead_work import Worked
from leadops.admin.masked import MaskedAdmin, may_reveal
from leadops.admin.page_urls import LEADS, page_url
from leadops.admin.parties import TAGS, ApplicantInline, ConsentInline
from leadops.admin.party_formsets import all_formsets
from leadops.admin.privacy import PrivatePages
from leadops.admin.saved_views import WithViews
from leadops.admin.sealed_search import sealed
from leadops.admin.versions import LockedWhileStored
from leadops.errors import LeadopsError
from leadops.languages.said import said
from leadops.models import Bank, Branch, Lead, Officer
from leadops.services import duplicates, leads, status_steps
from leadops.sign_in.sessions import officer_of

SUBMIT = "_submit"
READ = ("status", "owner", "branch", "partner_ref_id", "primary_mobile", "source", "channel", "loan_amount")
"""What is shown of a lead that may not be changed."""


@admin.register(Lead)
class LeadAdmin(
    Autocompleted,
    LeadPage,
    Worked,
    Mergeable,
    WithViews,
    LeadList,
    Exported,
    PrivatePages,
    OnlyChosen,
    MaskedAdmin,
    LockedWhileStored,
    Holding,
    ModelAdmin,
):
    when_empty = "Upload a workbook, or have a partner send leads over the API."
    form = LeadForm
    inlines = [ApplicantInline, ConsentInline]
    autocomplete_fields = ["partner"]
    formfield_overrides = TAGS | {JSONField: {"form_class": StrictJSONField}}
    compressed_fields = False
    warn_unsaved_form = True

    # The page of one lead ------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Lead | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return [("Lead", {"fields": self._readable(READ, may_reveal(request))})]
        own = ("partner", "program", "branch") if obj is None else ("status", "branch")
        about = [own, ("partner_ref_id", "primary_mobile"), ("source", "channel"), "tags"]
        loan = [
            ("loan_amount", "loan_purpose"),
            ("loan_tenure", "loan_tenure_unit"),
            "remarks",
            "seen_version",
        ]
        return [
            (_("Lead"), {"fields": about}),
            (_("Loan"), {"fields": loan}),
            (_("Fields of single vendors"), {"classes": ["collapse"], "fields": ["extra"]}),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        """Who may not submit leads fills in drafts alone; and there is nothing to change of what was erased."""
        theirs = obj is None or obj.status == Lead.Status.DRAFT or self.has_submit_permission(request)
        there = obj is None or obj.erased_at is None
        return theirs and there and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        """A lead is dropped, not deleted: what vendors were told about it has to stay."""
        return False

    def panels(self, request: HttpRequest, lead: Lead) -> list[SafeString]:
        """First what is to be done, then what else there is to know."""
        work = [self.work_panel(request, lead), *self.merges_panel(request, lead)]
        return work + super().panels(request, lead)

    # Saving --------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        if not change:
            obj.intake = Lead.Intake.ADMIN
            obj.branch = obj.branch or obj.partner.branch or _only_branch(officer_of(request))
            obj.created_by = officer_of(request)
            obj.status = Lead.Status.DRAFT
        status, obj.status = obj.status, form.initial.get("status", obj.status) if change else obj.status
        super().save_model(request, obj, form, change)
        if status != obj.status:
            status_steps.take([obj], status, by=officer_of(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        taken = bank_gate.take_out(formsets)
        super().save_related(request, form, formsets, change)
        for bank, data in taken:
            self.hold(request, form.instance, "bank", data, Bank.objects.get(pk=bank.pk))
        if not change:
            leads.announce(form.instance, repeats := formsets[0].verdict.matches)
            same_borrower.tell(request, repeats)
        elif form.has_changed() or any(each.has_changed() for each in all_formsets(formsets)):
            leads.revise(form.instance)
            same_borrower.tell(request, duplicates.look_again(form.instance))
        for warning in [each for formset in formsets for each in getattr(formset, "warnings", [])]:
            words = f"{capfirst(spoken(warning.field))}: {said(warning.message)}"
            self.message_user(request, words, messages.WARNING)

    def response_add(
        self, request: HttpRequest, obj: Lead, post_url_continue: str | None = None
    ) -> HttpResponse:
        if SUBMIT in request.POST and self.has_submit_permission(request):
            return self._submitted(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Lead) -> HttpResponse:
        if SUBMIT in request.POST and self.has_submit_permission(request):
            return self._submitted(request, obj)
        return super().response_change(request, obj)

    def response_post_save_add(self, request: HttpRequest, obj: Lead) -> HttpResponse:
        """To the lead: what is to be done next stands there."""
        return HttpResponseRedirect(page_url(Lead, obj.pk))

    response_post_save_change = response_post_save_add

    def _submitted(self, request: HttpRequest, lead: Lead) -> HttpResponse:
        try:
            self.tell_sent(request, [lead], leads.submit([lead], by=officer_of(request)))
            self.log_change(request, lead, str(_("Submitted.")))
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.ERROR)
        return HttpResponseRedirect(page_url(Lead, lead.pk))

    # Own views -----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("search/", view(require_POST(self.search_view)), name="leadops_lead_search"),
            path("<uuid:lead_id>/submit/", view(require_POST(self.submit_view)), name="leadops_lead_submit"),
        ]
        return own + super().get_urls()

    def search_view(self, request: HttpRequest) -> HttpResponse:
        """Take a searched text by POST and show the list for it, sealed in the URL."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kept = {
            name: request.POST.getlist(name)
            for name in request.POST
            if name not in ("csrfmiddlewaretoken", "q", "p")
        }
        if text := request.POST.get("q", "").strip():
            kept["q"] = [sealed(text)]
        return HttpResponseRedirect(reverse(LEADS) + "?" + urlencode(kept, doseq=True))

    def submit_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        lead = get_object_or_404(self.get_queryset(request), pk=lead_id)
        if not self.has_submit_permission(request) or not self.has_change_permission(request, lead):
            raise PermissionDenied
        return self._submitted(request, lead)


def _only_branch(officer: Officer) -> Branch | None:
    """The branch that an officer works for, where it is but one: what they make would be out of their sight else."""
    return officer.branches.first() if len(officer.branch_ids) == 1 else None
