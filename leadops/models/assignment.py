"""Who gets which new leads, and who is away."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadops.models.branch import Branch
from leadops.models.officer import Officer
from leadops.models.program import Program
from leadops.models.record import Record


class AssignmentRuleQuerySet(models.QuerySet["AssignmentRule"]):
    def visible_to(self, officer: Officer) -> Self:
        """All, or those of the branches of `officer`: a rule for every branch names officers of each."""
        return self if officer.sees_all else self.filter(branch__in=officer.branch_ids)


class AssignmentRule(Record):
    """Officers who take new leads by turns; of several rules that fit a lead the most exact one counts."""

    program = models.ForeignKey(
        Program,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="assignment_rules",
        help_text=_("Empty: leads of every program."),
    )
    branch = models.ForeignKey(
        Branch,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="assignment_rules",
        help_text=_("Empty: leads of every branch."),
    )
    officers = models.ManyToManyField(Officer, related_name="assignment_rules")
    cap = models.PositiveIntegerField(
        _("open leads each"),
        null=True,
        blank=True,
        help_text=_("Who has so many open leads is passed over. Empty: no limit."),
    )
    active = models.BooleanField(default=True)
    last = models.ForeignKey(
        Officer,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Whose turn was the last one.",
    )

    objects = AssignmentRuleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "branch"],
                nulls_distinct=False,
                name="one_assignment_rule_each",
                violation_error_message=_("There is a rule for this program and branch already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program or _('every program')}, {self.branch or _('every branch')}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def visible_to(self, officer: Officer) -> Self:
        """All, or those of the colleagues whom `officer` sees."""
        return self if officer.sees_all else self.filter(officer__in=Officer.objects.visible_to(officer))


class Absence(Record):
    """Days on which an officer is given no new leads, both included."""

    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    away_from = models.DateField(_("away from"))
    away_until = models.DateField(_("away until"), help_text=_("The last day."))

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["-away_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(away_until__gte=F("away_from")), name="absence_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer}, {self.away_from} – {self.away_until}"

    def clean(self) -> None:
        ends, begins = self.away_until, self.away_from
        if isinstance(ends, date) and isinstance(begins, date) and ends < begins:
            raise ValidationError({"away_until": _("The last day is before the first one.")})


class NewLeads(Record):
    """New leads of one intake that wait to be given an owner and a clock, in a worker of their own."""

    leads = ArrayField(models.UUIDField(), help_text="Their ids.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{len(self.leads)} new leads"
