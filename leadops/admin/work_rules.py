"""What the work goes by: rules of assignment, absences, clocks, holidays, and the reasons for dropping."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from leadops.admin.choosing import OnlyChosen
from leadops.admin.scoped import Scoped, seen
from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.models import Absence, AssignmentRule, DropReason, Holiday, Officer, SlaRule
from leadops.services import assignment, sla_clocks
from leadops.sign_in.sessions import officer_of


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(Scoped, OnlyChosen, SeenAdmin, ModelAdmin):
    """Who takes the new leads of a program and a branch, by turns."""

    when_empty = _(
        "A rule gives new leads to officers by turns; without one they are nobody's until somebody takes them."
    )
    form = SeenForm
    list_display = ["__str__", "who", "cap", "active"]
    list_filter = ["active"]
    list_select_related = ["program", "branch"]
    fieldsets = [(None, {"fields": [("program", "branch"), "officers", ("cap", "active")]})]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Officers to tick: who sets the rules may not see officers' own pages, which a search would need."""
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        rules = seen(AssignmentRule.objects.all(), request)
        # Also who is in a rule already: storing it must not take out an officer of the head office.
        known = Q(pk__in=assignment.may_be_given(officer_of(request)).values("pk")) | Q(
            pk__in=Officer.objects.filter(assignment_rules__in=rules).values("pk")
        )
        field.queryset = Officer.objects.filter(known, is_active=True, is_staff=True)
        field.help_text = ""
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[AssignmentRule]:
        return super().get_queryset(request).prefetch_related("officers")

    @admin.display(description=_("Officers"))
    def who(self, rule: AssignmentRule) -> str:
        return ", ".join(str(officer) for officer in rule.officers.all())


@admin.register(Absence)
class AbsenceAdmin(Scoped, OnlyChosen, SeenAdmin, ModelAdmin):
    """Who is given no new leads, and until when."""

    when_empty = _("Nobody is away. Who is written down here gets no new leads for so long.")
    form = SeenForm
    list_display = ["officer", "away_from", "away_until"]
    list_select_related = ["officer"]
    fieldsets = [(None, {"fields": ["officer", "away_from", "away_until"]})]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.related_model is Officer:
            field.queryset = assignment.may_be_given(officer_of(request))
        return field


@admin.register(SlaRule)
class SlaRuleAdmin(OnlyChosen, SeenAdmin, ModelAdmin):
    """How long a lead may stand in a status; leads that are here get their clock within a minute."""

    when_empty = _("No clock runs. A rule here says how long a lead may stay in a status.")
    form = SeenForm
    list_display = ["__str__", "program", "status", "hours", "business_hours"]
    list_select_related = ["program"]
    fieldsets = [(None, {"fields": [("program", "status"), ("hours", "business_hours")]})]

    def save_model(self, request: HttpRequest, obj: SlaRule, form: Any, change: bool) -> None:
        if change and {"program", "status"} & set(form.changed_data):
            sla_clocks.withdrawn(SlaRule.objects.get(pk=obj.pk))
        sla_clocks.changed(obj)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: SlaRule) -> None:
        sla_clocks.withdrawn(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SlaRule]) -> None:
        for rule in queryset:
            self.delete_model(request, rule)


@admin.register(Holiday)
class HolidayAdmin(SeenAdmin, ModelAdmin):
    """Days that count for no clock."""

    when_empty = _("Days on which business hours stand still are written down here.")
    form = SeenForm
    list_display = ["day", "name"]
    fieldsets = [(None, {"fields": ["day", "name"]})]


@admin.register(DropReason)
class DropReasonAdmin(SeenAdmin, ModelAdmin):
    """Why leads are dropped; reports count by them."""

    when_empty = _("Leads are dropped for one of the reasons that stand here.")
    form = SeenForm
    list_display = ["name", "active"]
    list_filter = ["active"]
    fieldsets = [(None, {"fields": ["name", "active"]})]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A reason is made inactive, not deleted: leads were dropped for it."""
        return False
