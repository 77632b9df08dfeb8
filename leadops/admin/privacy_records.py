"""The lists over all leads: who has to be told, what was erased, what must not be."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from leadops.admin.condition_filters import OpenFilter
from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip, link
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped
from leadops.models import Erasure, Holder, Lead, LegalHold


class OfLeads(Scoped, ReadOnly, CappedList, ModelAdmin):
    """Mixed into the admin of what belongs to leads, as far as the officer's reach goes; nobody alters it by hand."""

    list_display_links = None

    @admin.display(description=gettext_lazy("Lead"))
    def lead_link(self, row: Any) -> str:
        """A deleted one has no page."""
        if row.lead.deleted_at is not None:
            return str(row.lead.reference)
        return link(page_url(Lead, row.lead_id), row.lead.reference)


class ToldFilter(OpenFilter):
    field = "told_at"


class LiftedFilter(OpenFilter):
    field = "lifted_at"


@admin.register(Holder)
class HolderAdmin(OfLeads):
    list_display = [
        "task_link",
        "lead_link",
        "kind",
        "known_as",
        "shown_cause",
        "since",
        "told_at",
        "told_by",
    ]
    list_filter = [ToldFilter, ("kind", ChoicesDropdownFilter), ("cause", ChoicesDropdownFilter)]
    list_select_related = ["lead", "told_by"]
    none_yet = gettext_lazy("There are no tasks to tell anybody yet.")
    when_empty = gettext_lazy(
        "Nobody has to be told of anything. Withdrawn consents and erased data make tasks here."
    )

    @admin.display(description=gettext_lazy("Who"))
    def task_link(self, task: Holder) -> SafeString:
        return link(reverse("admin:leadops_lead_holders", args=[task.lead_id]), task.name)

    @admin.display(description=gettext_lazy("Why"))
    def shown_cause(self, task: Holder) -> SafeString:
        return chip("calm" if task.told_at else "warn", task.get_cause_display())


@admin.register(Erasure)
class ErasureAdmin(OfLeads):
    list_display = ["created_at", "lead_link", "cause", "officer", "reason", "in_words"]
    list_filter = [("cause", ChoicesDropdownFilter)]
    list_select_related = ["lead", "officer"]
    when_empty = gettext_lazy(
        "Nothing was erased yet. A program says how long it keeps the data of its leads."
    )

    @admin.display(description=gettext_lazy("What"))
    def in_words(self, erasure: Erasure) -> str:
        return ", ".join(f"{count} {name}" for name, count in erasure.what.items() if count)


@admin.register(LegalHold)
class LegalHoldAdmin(OfLeads):
    list_display = [
        "created_at",
        "lead_link",
        "reason",
        "placed_by",
        "lifted_at",
        "lifted_by",
        "lifting_reason",
    ]
    list_filter = [LiftedFilter]
    list_select_related = ["lead", "placed_by", "lifted_by"]
    when_empty = gettext_lazy("No legal hold stands. It is placed on the page of a lead.")
