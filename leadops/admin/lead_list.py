"""Leads: the list that officers see of them, as far as their reach goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from leadops import masking, search
from leadops.admin import chosen
from leadops.admin import duplicates as same_borrower
from leadops.admin.clocks import BY_CLOCK, DueFilter, OwnerFilter, clock_chip
from leadops.admin.condition_filters import SpaceFilter
from leadops.admin.gates import held
from leadops.admin.lead_filters import BranchFilter, CreatedFilter
from leadops.admin.markup import chip, counted, sent_in_words
from leadops.admin.pages import CappedChangeList, CappedList
from leadops.admin.reached_filter import ReachedFilter
from leadops.admin.scoped import Scoped, SeenAutocompleteFilter, SeenDropdownFilter
from leadops.admin.sealed_search import opened
from leadops.kept_queries import Kept, read
from leadops.models import Applicant, Lead
from leadops.services import approvals, leads
from leadops.services.approvals import pushes
from leadops.sign_in.sessions import officer_of

TONES: dict[str, str] = {
    Lead.Status.DRAFT: "calm",
    Lead.Status.SUBMITTED: "busy",
    Lead.Status.IN_REVIEW: "warn",
    Lead.Status.APPROVED: "good",
    Lead.Status.DECLINED: "bad",
    Lead.Status.DROPPED: "calm",
}

TOLD = (
    *("partner_ref_id", "primary_mobile", "status", "sync_status", "created_at", "erased_at"),
    *("waiting_for", "clock_left", "due_at"),
    *("partner__name", "program__name", "owner__username", "owner__first_name", "owner__last_name"),
)
"""What columns show of a lead."""
MAY_SUBMIT = "leadops.submit_lead"


def _listed(ids: list[UUID]) -> QuerySet[Lead]:
    primary = Applicant.objects.filter(lead=OuterRef("pk"), is_primary=True)
    page = Lead.objects.filter(pk__in=ids).select_related("partner", "program", "owner").only(*TOLD)
    return same_borrower.with_duplicates(page).annotate(borrower_name=Subquery(primary.values("name")))


LISTED = Kept(_listed, [UUID])


class LeadChangeList(CappedChangeList):
    """Loads what the columns need for the rows of one page, in a fixed number of queries."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page:
            self.paginator.page(1)  # which Django does not ask for where there is no other
        self.result_list = self.model_admin.for_list(self.paginator.on_page)

    @property
    def searched_text(self) -> str:
        """What the officer typed, for the search box."""
        return opened(self.query)


class LeadList(Scoped, CappedList, ModelAdmin):
    """What the list shows, finds and does; the page of one lead is `LeadAdmin`."""

    list_per_page = 50
    list_display = ["name_of", "program", "partner", "borrower", "mobile", "shown_status", "in_hand", "age"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("sync_status", ChoicesDropdownFilter),
        OwnerFilter,
        DueFilter,
        ("intake", ChoicesDropdownFilter),
        ("program", SeenDropdownFilter),
        BranchFilter,
        ("partner", SeenAutocompleteFilter),
        CreatedFilter,
        same_borrower.DuplicateFilter,
        ReachedFilter,
        SpaceFilter,
    ]
    sortable_by = ["age"]
    search_fields = ["partner_ref_id"]
    search_help_text = "Name, mobile, PAN, account number, reference or id"
    actions = ["submit_selected", "export_selected", "act_on_selected"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LeadChangeList]:
        return LeadChangeList

    def for_list(self, ids: Sequence[UUID]) -> list[Any]:
        """The rows of a page, with all that their columns show, in the order of their ids."""
        found = {each.pk: each for each in read(LISTED(list(ids)))}
        return [found[pk] for pk in ids if pk in found]

    @admin.display(description="Lead")
    def name_of(self, lead: Lead) -> str:
        return lead.reference

    @admin.display(description="Applicant")
    def borrower(self, lead: Any) -> str:
        return lead.borrower_name or ""

    @admin.display(description="Mobile")
    def mobile(self, lead: Lead) -> str:
        return masking.dotted(lead.primary_mobile)

    @admin.display(description="Status")
    def shown_status(self, lead: Lead) -> SafeString:
        return format_html("{} {}", status_chip(lead), same_borrower.duplicate_chip(lead))

    @admin.display(description="In hand")
    def in_hand(self, lead: Lead) -> SafeString:
        return format_html("{} {}", lead.owner or "", clock_chip(lead))

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """Where the clocks are asked for, the most urgent first: their index has them in this order."""
        return ["due_at"] if request.GET.get(DueFilter.parameter_name) in BY_CLOCK else ["-id"]

    @admin.display(description="Age", ordering="-id")
    def age(self, lead: Lead) -> SafeString:
        when = lead.created_at
        words = timesince(when, depth=1) if timezone.now() - when >= timedelta(minutes=1) else _("just now")
        return format_html('<time datetime="{}">{}</time>', when.isoformat(), words)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        within = None if officer_of(request).sees_all else self.get_queryset(request)
        text = opened(search_term)  # empty where it can't be opened: then nobody knows what was searched for
        return (
            queryset.filter(pk__in=search.lead_ids(text, within=within)) if text else queryset.none()
        ), False

    def has_submit_permission(self, request: HttpRequest) -> bool:
        """Who may hand a lead on: to the vendors that its program sends it to."""
        return request.user.has_perm(MAY_SUBMIT)

    @admin.action(description="Submit", permissions=["submit"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse | None:
        chosen = list(queryset.order_by("pk")[:1000])
        ready = [lead for lead in chosen if not lead.is_stopped]
        over = approvals.needed_over("push", len(ready))
        if not over:
            officer = officer_of(request)
            self.tell_sent(request, ready, leads.submit(ready, by=officer))
            LogEntry.objects.log_actions(officer.pk, ready, CHANGE, change_message=str(_("Submitted.")))
        if left := len(chosen) - len(ready):
            words = _("%(leads)s left out: dropped and declined leads are not sent.")
            self.message_user(request, words % {"leads": counted(left, Lead)}, messages.WARNING)
        return held(request, "push", pushes.push_of(ready)) if over else None

    @admin.action(description=_("Assign, drop, tag…"), permissions=["act"])
    def act_on_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return HttpResponseRedirect(chosen.url_of("admin:leadops_bulkaction_start", "lead", queryset))

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the officer may do anything to many leads at once."""
        return request.user.has_perm("leadops.add_bulkaction")

    def tell_sent(self, request: HttpRequest, sent: list[Lead], made: int) -> None:
        """Say how many deliveries submitting `sent` made; a warning where it made none."""
        if sent:
            level = messages.SUCCESS if made else messages.WARNING
            self.message_user(request, sent_in_words(made), level)


def status_chip(lead: Lead) -> SafeString:
    """The lender's own word for where the lead stands."""
    status = Lead.Status(lead.status)  # Django's own look-up would put all the labels into words for each row
    return chip(TONES[status], status.label)
