"""Approvals: the checkers' inbox, and the page on which one change is looked at and decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip
from leadops.admin.page_urls import button_paths, page_url
from leadops.admin.pages import CappedList
from leadops.admin.pending_filters import KindFilter, StateFilter, WhoseFilter
from leadops.admin.reasons import LogField
from leadops.errors import LeadopsError
from leadops.models import Bank, Lead, PendingChange
from leadops.models.pending_change import PendingChangeQuerySet
from leadops.services import approvals
from leadops.services.approvals import pushes
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

State = PendingChange.State
TONES: dict[str, str] = {
    State.PENDING: "warn",
    State.APPROVED: "good",
    State.REFUSED: "bad",
    State.WITHDRAWN: "calm",
    State.STALE: "calm",
}
SHOWN_LEADS = 50
MOST_NAMED = 5
MAY_SEE = ("leadops.view_pendingchange", approvals.MAY_APPROVE)


class WordsForm(forms.Form):
    """What is said with a decision, or with what is asked for; which of them need a word their services say."""

    words = LogField(min_length=None, max_length=500, required=False)


def waiting_ones(request: HttpRequest) -> PendingChangeQuerySet:
    """Those that wait for this officer: how many stands beside the menu's entry. None, where all pass at once."""
    if not approvals.needed():
        return PendingChange.objects.none()
    return approvals.inbox.waiting_for(officer_of(request))


@admin.register(PendingChange)
class PendingChangeAdmin(ReadOnly, CappedList, ModelAdmin):
    """Nobody edits one: it is explained, approved, refused or withdrawn, each with its button."""

    list_display = ["what", "kind_label", "asked_by", "asked_at", "shown_state", "decided"]
    list_display_links = ["what"]
    list_select_related = ["made_by", "decided_by"]
    list_filter = [WhoseFilter, StateFilter, KindFilter]
    ordering = ["-id"]
    fields = ["what"]
    when_empty = gettext_lazy(
        "Nothing waits for a second person. What you ask for, and what others decide, is found by the filters."
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Also who asked for it may look at it."""
        own = obj is not None and obj.made_by_id == request.user.pk
        return own or any(request.user.has_perm(each) for each in MAY_SEE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> PendingChangeQuerySet:
        found = approvals.inbox.visible_to(officer_of(request))
        return found.select_related("made_by", "decided_by").defer("sealed_data")

    @admin.display(description=gettext_lazy("Kind"))
    def kind_label(self, change: PendingChange) -> str:
        return label_of(change)

    @admin.display(description=gettext_lazy("State"))
    def shown_state(self, change: PendingChange) -> SafeString:
        return state_chip(change)

    @admin.display(description=gettext_lazy("Asked by"))
    def asked_by(self, change: PendingChange) -> str:
        return str(change.made_by)

    @admin.display(description=gettext_lazy("When"))
    def asked_at(self, change: PendingChange) -> datetime:
        return change.created_at

    @admin.display(description=gettext_lazy("Decided by"))
    def decided(self, change: PendingChange) -> str:
        return str(change.decided_by or "–")

    # The page of one -----------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        change = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if change is not None and self.has_view_permission(request, change):
            shown = {"pending": change, "chip": state_chip(change), "kind_label": label_of(change)}
            shown |= {"title": _("Approval"), "subtitle": None, "subject_url": subject_url(change)}
            shown |= self._deciding(request, change) if change.waits else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def _deciding(self, request: HttpRequest, change: PendingChange) -> dict[str, Any]:
        """Who decides, whether this officer does, and the leads it is about as far as this officer sees them."""
        held = approvals.Held.of(change)
        why_not = held.why_not(officer_of(request))
        able = approvals.those_who_may(held, MOST_NAMED + 1)
        return {
            "mine": change.made_by_id == request.user.pk,
            "may_decide": why_not is None,
            "why_not": why_not.shown if why_not else "",
            "able": able[:MOST_NAMED],
            "more_able": len(able) > MOST_NAMED,
            "moved": held.moved,
            "leads": _leads(request, held),
        }

    # Buttons -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponse]] = {
            "explain": self.explain_view,
            "approve": fresh_factor(self.approve_view),
            "refuse": self.refuse_view,
            "withdraw": self.withdraw_view,
        }
        return button_paths(self, "change_id", views) + super().get_urls()

    def explain_view(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        return self._told(request, change_id, approvals.explain, _("Kept. Now it can be approved."))

    def approve_view(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        return self._decided(request, change_id, approvals.approve, _("Approved, and done."))

    def refuse_view(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        return self._decided(request, change_id, approvals.refuse, _("Refused. Nothing was done."))

    def withdraw_view(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        return self._told(request, change_id, approvals.withdraw, _("Withdrawn. Nothing was done."))

    def _decided(
        self, request: HttpRequest, change_id: UUID, decide: Callable[..., PendingChange], done: str
    ) -> HttpResponse:
        if not request.user.has_perm(approvals.MAY_APPROVE):
            raise PermissionDenied
        return self._told(request, change_id, decide, done)

    def _told(
        self, request: HttpRequest, change_id: UUID, tell: Callable[..., PendingChange], done: str
    ) -> HttpResponse:
        change = self.get_queryset(request).filter(pk=change_id).first()
        if change is None:
            raise Http404
        form = WordsForm(request.POST)
        try:
            if not form.is_valid():
                raise LeadopsError(" ".join(map(str, form.errors["words"])))
            tell(change.pk, officer_of(request), form.cleaned_data["words"])
            self.message_user(request, done, messages.SUCCESS)
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.ERROR)
        return HttpResponseRedirect(page_url(PendingChange, change.pk))


def state_chip(change: PendingChange) -> SafeString:
    """Its state; of what nobody is asked to decide yet that it is so."""
    if change.waits and not change.reason:
        return chip("calm", _("Not asked yet"))
    return chip(TONES[change.state], change.get_state_display())


def label_of(change: PendingChange) -> str:
    """The kind in words; of one that no app has any more its name."""
    known = {each.name: each for each in approvals.kinds()}
    return str(known[change.kind].label) if change.kind in known else change.kind


def subject_url(change: PendingChange) -> str:
    """The page of what is changed; empty where there is none."""
    model, key = change.subject_model, change.subject_id
    if model == "leadops.bank":
        model, key = "leadops.lead", str(_lead_of(key) or "")
    elif model == "leadops.apikey":
        return ""
    if not key:
        return ""
    try:
        return reverse(f"admin:{model.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return ""


def _lead_of(bank_id: str) -> UUID | None:
    return Bank.objects.filter(pk=bank_id).values_list("applicant__lead", flat=True).first()


def _leads(request: HttpRequest, held: approvals.Held) -> dict[str, Any] | None:
    """The first leads of a push."""
    if held.change.kind != pushes.Push.name:
        return None
    seen = pushes.Push.leads(held.data).visible_to(officer_of(request))
    first: list[Lead] = list(seen.select_related("program").order_by("pk")[: SHOWN_LEADS + 1])
    return {"first": first[:SHOWN_LEADS], "more": max(len(held.data["leads"]) - SHOWN_LEADS, 0)}
