"""What reports are read from, and who gets one by mail."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadops.models.branch import Branch
from leadops.models.partner import Partner
from leadops.models.program import Program
from leadops.models.record import Record


def _seconds() -> ArrayField[list[int], list[int]]:
    return ArrayField(models.IntegerField(), default=list)


class ReportDay(models.Model):
    """The leads that came on one day of one program, branch and partner, and how far they have come since.

    Made of the records by the clock, and of nothing else: it may be emptied at any time. The arrays hold how many
    seconds each of these leads took for a step.
    """

    day = models.DateField()
    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="+", db_index=False)
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    leads = models.PositiveIntegerField()
    submitted = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    delivered = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    decided = models.PositiveIntegerField()
    account = models.PositiveIntegerField()
    to_submitted = _seconds()
    to_answered = _seconds()
    to_decided = _seconds()
    to_account = _seconds()
    whole = _seconds()

    class Meta:
        default_permissions = ()
        permissions = [("view_reports", "Can view reports")]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "program", "branch", "partner"],
                nulls_distinct=False,
                name="one_line_per_day_and_group",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.leads}"


class ReportClock(models.Model):
    """How far the days are counted: one row, locked by whoever counts."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    changes_until = models.DateTimeField(null=True, help_text="What changed up to then is counted.")
    whole_on = models.DateField(null=True, help_text="The day on which all days were last counted anew.")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_report_clock")]

    def __str__(self) -> str:
        return str(self.changes_until)


class ReportSubscription(Record):
    """A report that an officer gets by mail; `due_at` is the schedule and the claim in one."""

    class Rhythm(models.TextChoices):
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every Monday")
        MONTHLY = "monthly", _("On the first of the month")

    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports")
    report = models.CharField(_("report"), max_length=30)
    filters = models.JSONField(default=dict)
    rhythm = models.CharField(_("when"), max_length=7, choices=Rhythm, default=Rhythm.WEEKLY)
    hour = models.PositiveSmallIntegerField(_("hour"), default=8, validators=[MaxValueValidator(23)])
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was asked for.")
    language = models.CharField(max_length=10, blank=True)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    trouble = models.CharField(
        max_length=200, blank=True, help_text="Why the last one was not sent; empty when it was."
    )

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["due_at"], name="report_due")]

    def __str__(self) -> str:
        return f"{self.report}, {self.get_rhythm_display()}"
