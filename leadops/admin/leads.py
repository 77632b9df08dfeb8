"""Leads: the list, the page of one lead, and taking one in by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import JSONField, Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from leadops import masking, search
from leadops.admin import duplicates as same_borrower
from leadops.admin.amounts import grouped
from leadops.admin.choosing import OnlyChosen
from leadops.admin.exports import Exported
from leadops.admin.field_names import spoken
from leadops.admin.json_field import StrictJSONField
from leadops.admin.lead_filters import CreatedFilter
from leadops.admin.lead_forms import LeadForm
from leadops.admin.markup import chip, counted, sent_in_words
from leadops.admin.masked import MaskedAdmin
from leadops.admin.pages import CappedChangeList, CappedList
from leadops.admin.parties import TAGS, ApplicantInline, ConsentInline, all_formsets
from leadops.admin.sealed_search import opened, sealed
from leadops.admin.versions import LockedWhileStored
from leadops.errors import LeadopsError
from leadops.ids import uuid_in
from leadops.models import Applicant, Lead, Officer
from leadops.services import duplicates, leads
from leadops.services.document_checklist import checklist

TONES: dict[str, str] = {
    Lead.Status.SUBMITTED: "busy",
    Lead.Status.IN_REVIEW: "warn",
    Lead.Status.APPROVED: "good",
    Lead.Status.DECLINED: "bad",
}
SUBMIT = "_submit"


class LeadChangeList(CappedChangeList):
    """Loads what the columns need for the rows of one page, in a fixed number of queries."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = self.model_admin.for_list(self.result_list)

    @property
    def searched_text(self) -> str:
        """What the officer typed, for the search box."""
        return opened(self.query)


@admin.register(Lead)
class LeadAdmin(Exported, OnlyChosen, MaskedAdmin, CappedList, LockedWhileStored, ModelAdmin):
    form = LeadForm
    inlines = [ApplicantInline, ConsentInline]
    list_per_page = 50
    list_display = ["name_of", "program", "partner", "borrower", "mobile", "shown_status", "age"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("sync_status", ChoicesDropdownFilter),
        ("intake", ChoicesDropdownFilter),
        ("program", RelatedDropdownFilter),
        ("partner", AutocompleteSelectFilter),
        CreatedFilter,
        same_borrower.DuplicateFilter,
    ]
    sortable_by = ["age"]
    search_fields = ["partner_ref_id"]
    search_help_text = "Name, mobile, PAN, account number, reference or id"
    actions = ["submit_selected", "export_selected"]
    autocomplete_fields = ["partner"]
    formfield_overrides = TAGS | {JSONField: {"form_class": StrictJSONField}}
    compressed_fields = False
    warn_unsaved_form = True

    # The list ------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LeadChangeList]:
        return LeadChangeList

    def for_list(self, page: QuerySet[Lead]) -> QuerySet[Lead]:
        """The rows of a page with all that their columns show."""
        primary = Applicant.objects.filter(is_primary=True).only("lead_id", "name")
        page = same_borrower.with_duplicates(page.select_related("partner", "program"))
        return page.prefetch_related(Prefetch("applicants", primary, to_attr="primary_applicants"))

    @admin.display(description="Lead")
    def name_of(self, lead: Lead) -> str:
        return lead.reference

    @admin.display(description="Applicant")
    def borrower(self, lead: Any) -> str:
        return ", ".join(applicant.name for applicant in lead.primary_applicants)

    @admin.display(description="Mobile")
    def mobile(self, lead: Lead) -> str:
        return masking.dotted(lead.primary_mobile)

    @admin.display(description="Status")
    def shown_status(self, lead: Lead) -> SafeString:
        return format_html("{} {}", status_chip(lead), same_borrower.duplicate_chip(lead))

    @admin.display(description="Age", ordering="-id")
    def age(self, lead: Lead) -> SafeString:
        when = lead.created_at
        words = timesince(when, depth=1) if timezone.now() - when >= timedelta(minutes=1) else "just now"
        return format_html('<time datetime="{}">{}</time>', when.isoformat(), words)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        text = opened(search_term)  # empty where it can't be opened: then nobody knows what was searched for
        return (queryset.filter(pk__in=search.lead_ids(text)) if text else queryset.none()), False

    @admin.action(description="Submit", permissions=["change"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        chosen = list(queryset.order_by("pk")[:1000])
        ready = [lead for lead in chosen if not lead.is_stopped]
        self.tell_sent(request, ready, leads.submit(ready))
        if left := len(chosen) - len(ready):
            words = f"{counted(left, Lead)} left out: dropped and declined leads are not sent."
            self.message_user(request, words, messages.WARNING)

    def tell_sent(self, request: HttpRequest, sent: list[Lead], made: int) -> None:
        """Say how many deliveries submitting `sent` made; a warning where it made none."""
        if sent:
            level = messages.SUCCESS if made else messages.WARNING
            self.message_user(request, sent_in_words(made), level)

    # The page of one lead ------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Lead | None = None) -> Any:
        self_made = ("partner", "program") if obj is None else ("status", "owner")
        fieldsets = [
            (
                "Lead",
                {"fields": [self_made, ("partner_ref_id", "primary_mobile"), ("source", "channel"), "tags"]},
            ),
            (
                "Loan",
                {
                    "fields": [
                        ("loan_amount", "loan_purpose"),
                        ("loan_tenure", "loan_tenure_unit"),
                        "remarks",
                        "seen_version",
                    ]
                },
            ),
            ("Fields of single vendors", {"classes": ["collapse"], "fields": ["extra"]}),
        ]
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        shown = self._readable(
            ["status", "owner", "partner_ref_id", "primary_mobile", "source", "channel", "loan_amount"]
        )
        return [("Lead", {"fields": shown})]

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        """A lead is dropped, not deleted: what vendors were told about it has to stay."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Lead | None:
        """The lead with its parties."""
        lead: Lead | None = super().get_object(request, object_id, from_field)
        return lead and self.get_queryset(request).with_parties().get(pk=lead.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        lead = self._lead(object_id)
        extra_context = {**(extra_context or {}), "lead": lead, "panels": []}
        if lead is not None and request.method == "GET" and self.has_view_permission(request, lead):
            extra_context |= self._context_of(lead) | {"panels": self.panels(request, lead)}
        return super().change_view(request, object_id, form_url, extra_context)

    def _lead(self, object_id: str) -> Lead | None:
        found = Lead.objects.select_related("partner", "program", "owner")
        return found.filter(pk=object_id).first() if uuid_in(object_id) else None

    def _context_of(self, lead: Lead) -> dict[str, Any]:
        prefetch_related_objects([lead], "applicants")
        return {
            "title": lead.reference,
            "subtitle": None,
            "status_chip": status_chip(lead),
            "borrower": next((person for person in lead.applicants.all() if person.is_primary), None),
            "mobile": masking.dotted(lead.primary_mobile),
            "amount": grouped(lead.loan_amount, lead.program.country) if lead.loan_amount is not None else "",
            "import_rows": lead.import_rows.select_related("batch").defer("cells"),
            "checklist": checklist(lead),
            "loan_accounts": lead.loan_accounts.all(),
        }

    def panels(self, request: HttpRequest, lead: Lead) -> list[SafeString]:
        """More parts of the page; other apps add theirs."""
        return same_borrower.panel(lead, status_chip)

    # Saving --------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        if not change:
            obj.intake = Lead.Intake.ADMIN
            obj.created_by = cast(Officer, request.user)
            obj.status = Lead.Status.DRAFT
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            leads.announce(form.instance, repeats := formsets[0].verdict.matches)
            same_borrower.tell(request, repeats)
        elif form.has_changed() or any(each.has_changed() for each in all_formsets(formsets)):
            leads.revise(form.instance)
            same_borrower.tell(request, duplicates.look_again(form.instance))
        for warning in [each for formset in formsets for each in getattr(formset, "warnings", [])]:
            self.message_user(
                request, f"{capfirst(spoken(warning.field))}: {warning.message}", messages.WARNING
            )

    def response_add(
        self, request: HttpRequest, obj: Lead, post_url_continue: str | None = None
    ) -> HttpResponse:
        if SUBMIT in request.POST:
            return self._submitted(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Lead) -> HttpResponse:
        if SUBMIT in request.POST:
            return self._submitted(request, obj)
        return super().response_change(request, obj)

    def _submitted(self, request: HttpRequest, lead: Lead) -> HttpResponse:
        try:
            self.tell_sent(request, [lead], leads.submit([lead]))
        except LeadopsError as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        return HttpResponseRedirect(lead_url(lead))

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
        kept = {
            name: request.POST.getlist(name)
            for name in request.POST
            if name not in ("csrfmiddlewaretoken", "q", "p")
        }
        if text := request.POST.get("q", "").strip():
            kept["q"] = [sealed(text)]
        return HttpResponseRedirect(
            reverse("admin:leadops_lead_changelist") + "?" + urlencode(kept, doseq=True)
        )

    def submit_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        lead = get_object_or_404(Lead, pk=lead_id)
        if not self.has_change_permission(request, lead):
            raise PermissionDenied
        return self._submitted(request, lead)


def status_chip(lead: Lead) -> SafeString:
    """The lender's own word for where the lead stands."""
    tone = TONES.get(lead.status, "calm")
    return chip(tone, lead.get_status_display())


def lead_url(lead: Lead) -> str:
    """The page of `lead`."""
    return reverse("admin:leadops_lead_change", args=[lead.pk])
