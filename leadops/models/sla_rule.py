"""How long a lead may stand in a status."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadops.models.lead import Lead
from leadops.models.program import Program
from leadops.models.record import Record


class SlaRule(Record):
    """The hours that a lead of a program has in a status; a program's own rule goes before that for all programs."""

    program = models.ForeignKey(
        Program,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="sla_rules",
        help_text=_("Empty: every program that has no rule of its own."),
    )
    status = models.CharField(max_length=12, choices=[(status.value, status.label) for status in Lead.OPEN])
    hours = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    business_hours = models.BooleanField(
        default=True, help_text=_("Nights, days off and holidays do not count.")
    )
    seen_up_to = models.UUIDField(
        null=True,
        editable=False,
        help_text="Leads that were here before the rule: how far they have a clock.",
    )
    settled = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["status", "id"]
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.UniqueConstraint(
                fields=["program", "status"],
                nulls_distinct=False,
                name="one_clock_per_status",
                violation_error_message=_("There is a clock for this program and status already."),
            ),
            models.CheckConstraint(condition=models.Q(hours__gte=1), name="clock_has_hours"),
        ]

    def __str__(self) -> str:
        return f"{self.program or _('every program')}, {self.get_status_display()}: {self.hours} h"


class Holiday(Record):
    """A day that is no business day, whatever day of the week it is."""

    day = models.DateField(unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.name}"
