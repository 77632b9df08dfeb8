"""Two leads of one borrower side by side, at the desk: picking each value, merging, and undoing it."""

from __future__ import annotations

from typing import Any, NamedTuple, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import DecimalField, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from leadops.admin.amounts import shown_grouped
from leadops.admin.field_names import spoken
from leadops.admin.page_urls import page_url
from leadops.errors import Invalid, LeadopsError
from leadops.languages.said import said
from leadops.models import Lead, LeadMerge
from leadops.models.lead import LeadQuerySet
from leadops.personal_data import mask_of
from leadops.services import lead_merging, lead_unmerging
from leadops.services.lead_comparison import Couple, Difference, couples, strangers
from leadops.sign_in.sessions import officer_of


class Line(NamedTuple):
    """A field in which the two differ, its values as they may be shown."""

    path: str
    label: str
    kept: str
    other: str
    take_other: bool


class Part(NamedTuple):
    title: str
    lines: list[Line]


class Mergeable(ModelAdmin):
    """Mixed into the admin of leads."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<uuid:kept>/merge/<uuid:other>/", view(self.merge_view), name="leadops_lead_merge"),
            path("merges/<uuid:key>/undo/", view(require_POST(self.undo_view)), name="leadops_lead_unmerge"),
        ]
        return own + super().get_urls()

    def merge_view(self, request: HttpRequest, kept: UUID, other: UUID) -> HttpResponse:
        """Show how the two differ, and make them one with the values that were picked."""
        seen = cast(LeadQuerySet, self.get_queryset(request)).with_parties()
        mine, theirs = get_object_or_404(seen, pk=kept), get_object_or_404(seen, pk=other)
        self._refuse_who_may_not(request, mine, theirs)
        problem = lead_merging.why_not(mine, theirs)
        if request.method == "POST" and not problem:
            try:
                lead_merging.merge(mine.pk, theirs.pk, _taken(request), officer_of(request))
                words = _("Lead %(lead)s was merged into this one.") % {"lead": theirs.reference}
                self.log_change(request, mine, words)
                self.message_user(request, words, messages.SUCCESS)
                return HttpResponseRedirect(page_url(Lead, mine.pk))
            except LeadopsError as refusal:
                problem = _in_words(refusal)
        found = couples(mine, theirs)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "problem": problem}
        context |= {"title": _("Merge two leads"), "kept": mine, "other": theirs}
        context |= {"parts": _parts(found, request), "strangers": strangers(theirs, found)}
        context |= {"can_merge": not lead_merging.why_not(mine, theirs)}
        context |= {"can_swap": not lead_merging.why_not(theirs, mine)}
        return TemplateResponse(request, "admin/leadops/lead/merge.html", context)

    def merges_panel(self, request: HttpRequest, lead: Lead) -> list[SafeString]:
        """The leads that were merged into this one; a lead of the first version has none."""
        if lead.version == 1:
            return []
        merges = LeadMerge.objects.filter(kept=lead, undone_at=None)
        if not (found := list(merges.select_related("kept", "merged__partner", "by"))):
            return []
        may = {each.pk for each in found if each.can_be_undone and self._may(request, *_both(each))}
        context = {"merges": found, "may_undo": may}
        return [render_to_string("admin/leadops/lead/merges.html", context, request)]

    def undo_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        seen = self.get_queryset(request).values("pk")
        merged = get_object_or_404(LeadMerge.objects.select_related("merged", "kept"), pk=key, kept__in=seen)
        self._refuse_who_may_not(request, *_both(merged))
        try:
            stayed = lead_unmerging.undo(merged.pk, officer_of(request))
        except LeadopsError as refusal:
            self.message_user(request, _in_words(refusal), messages.ERROR)
            return HttpResponseRedirect(page_url(Lead, merged.kept_id))
        words = _("They are two leads again.")
        self.log_change(request, merged.kept, words)
        self.message_user(request, words, messages.SUCCESS)
        if stayed:
            names = ", ".join(spoken(name) for name in stayed)
            kept = _("Changed since, and left as it is now: %(names)s.") % {"names": names}
            self.message_user(request, kept, messages.WARNING)
        return HttpResponseRedirect(page_url(Lead, merged.merged_id))

    def _may(self, request: HttpRequest, *leads: Lead) -> bool:
        """Whether the officer may change each of them: the lead that goes is altered as much as the one that stays."""
        return all(self.has_change_permission(request, lead) for lead in leads)

    def _refuse_who_may_not(self, request: HttpRequest, *leads: Lead) -> None:
        if not self._may(request, *leads):
            raise PermissionDenied


def _both(merge: LeadMerge) -> tuple[Lead, Lead]:
    """The lead that stayed, and the other as undoing would bring it back."""
    return merge.kept, lead_unmerging.as_it_was(merge)


def _taken(request: HttpRequest) -> list[str]:
    """The paths of the fields whose value is taken from the lead that goes."""
    return [name.removeprefix("pick:") for name, value in request.POST.items() if value == "other"]


def _parts(found: list[Couple], request: HttpRequest) -> list[Part]:
    parts = []
    for couple in found:
        title = _("The lead") if isinstance(couple.kept, Lead) else str(couple.kept)
        lines = [_line(couple, each, request) for each in couple.differing()]
        if lines:
            parts.append(Part(title, lines))
    return parts


def _line(couple: Couple, each: Difference, request: HttpRequest) -> Line:
    picked = request.POST.get(f"pick:{each.path}")
    take_other = each.other_by_default if picked is None else picked == "other"
    kept, other = (_shown(row, each.name, getattr(row, each.name)) for row in (couple.kept, couple.other))
    label = spoken(each.name)
    return Line(each.path, label[:1].upper() + label[1:], kept, other, take_other)


def _shown(row: Model, name: str, value: Any) -> str:
    """A value as the desk shows it: personal numbers masked, choices by their labels."""
    field: Any = row._meta.get_field(name)
    if value in (None, "", []):
        return "–"
    if (mask := mask_of(field)) is not None:
        return mask(value)
    if isinstance(field, DecimalField):
        return shown_grouped(field)(row)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(dict(field.flatchoices).get(value, localize(value)))


def _in_words(refusal: LeadopsError) -> str:
    if not isinstance(refusal, Invalid):
        return refusal.shown
    told = "; ".join(f"{spoken(each.field)}: {said(each.message)}" for each in refusal.findings)
    return _("The merged lead would not be right: %(told)s") % {"told": told}
