"""What an officer chooses for a report: its days, what it is narrowed to, and whether it is mailed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadops.admin.reasons import ReasonForm
from leadops.models import Branch, Officer, Partner, Program, ReportSubscription
from leadops.reports.asked import Asked
from leadops.reports.tables import Report

DAYS = 84
MOST_DAYS = 731


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _partners(officer: Officer) -> QuerySet[Partner]:
    """Those whose leads the officer may see; one of the head office brings leads to any branch."""
    real = Partner.objects.filter(test_of=None)
    if officer.sees_all:
        return real
    return real.filter(Q(branch__isnull=True) | Q(branch__in=officer.branch_ids))


class FilterForm(forms.Form):
    """Of a GET: `asked` is what it asks for, with the last twelve weeks where no day is named."""

    first = _day(_("From"))
    last = _day(_("To"))
    program = forms.ModelChoiceField(
        Program.objects.all(), label=_("Program"), required=False, empty_label=_("All")
    )
    branch = forms.ModelChoiceField(
        Branch.objects.none(), label=_("Branch"), required=False, empty_label=_("All")
    )
    partner = forms.ModelChoiceField(
        Partner.objects.none(), label=_("Partner"), required=False, empty_label=_("All")
    )
    by = forms.ChoiceField(label=_("Grouped by"), required=False)

    def __init__(self, report: Report, officer: Officer, data: Any) -> None:
        given = {name: data[name] for name in self.base_fields if name in data}
        today = timezone.localdate()
        given.setdefault("first", (today - timedelta(days=DAYS - 1)).isoformat())
        given.setdefault("last", today.isoformat())
        if report.groups:
            given.setdefault("by", next(iter(report.groups)))
        super().__init__(given)
        self.officer = officer
        branches: Any = self.fields["branch"]
        branches.queryset = Branch.objects.all() if officer.sees_all else officer.branches.all()
        partners: Any = self.fields["partner"]
        partners.queryset = _partners(officer)
        if not report.of_a_period:
            del self.fields["first"], self.fields["last"]
        if report.groups:
            grouped: Any = self.fields["by"]
            grouped.choices = list(report.groups.items())
        else:
            del self.fields["by"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        first, last = said.get("first"), said.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))
        elif first and last and (last - first).days >= MOST_DAYS:
            self.add_error("last", _("At most two years at a time."))
        return said

    @property
    def asked(self) -> Asked:
        """Once it is valid."""
        said = self.cleaned_data
        last = said.get("last") or timezone.localdate()
        first = said.get("first") or last - timedelta(days=DAYS - 1)
        chosen = {name: said.get(name) for name in ("program", "branch", "partner")}
        return Asked(self.officer, first, last, said.get("by") or "", **chosen)


class MailForm(ReasonForm):
    """When a report is mailed, and why."""

    field_order = ("rhythm", "hour", "reason")
    rhythm = forms.ChoiceField(label=_("When"), choices=ReportSubscription.Rhythm.choices, initial="weekly")
    hour = forms.TypedChoiceField(
        label=_("Hour"), coerce=int, choices=[(at, f"{at:02}:00") for at in range(24)], initial=8
    )
