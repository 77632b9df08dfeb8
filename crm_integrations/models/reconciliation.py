"""Comparing what we delivered with what the vendor lists."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models

from crm_integrations.models.connection import Connection
from crm_integrations.models.delivery import Delivery
from leadops.models import Officer
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    def visible_to(self, officer: Officer) -> Self:
        """All, to who sees all leads; none to others: it counts the leads of every branch."""
        return self if officer.sees_all else self.none()


class DifferenceQuerySet(SeenWithLead["Difference"]):
    to_lead = "delivery__lead"


class Reconciliation(Record):
    """One comparison of one connection over the records of one day (or a few)."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="reconciliations")
    first_on = models.DateField()
    last_on = models.DateField()
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=500, blank=True)
    ours = models.PositiveIntegerField(default=0)
    theirs = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.connection} {self.first_on}"

    @property
    def listed_nothing(self) -> bool:
        """Whether the vendor told of no record at all, though we delivered some."""
        return self.state == self.State.DONE and self.ours > 0 and not self.theirs


class Difference(models.Model):
    """One record the two sides do not agree about."""

    class Kind(models.TextChoices):
        MISSING_THERE = "missing_there", "Missing at the vendor"
        MISSING_HERE = "missing_here", "Missing here"
        DIFFERS = "differs", "Differs"

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="differences")
    kind = models.CharField(max_length=13, choices=Kind)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, null=True, related_name="+")
    reference = models.CharField("vendor's id", max_length=200, blank=True)
    ref = models.CharField("our reference", max_length=100, blank=True)
    field = models.CharField(max_length=100, blank=True)
    ours = models.CharField(max_length=200, blank=True, help_text="Masked where it is personal.")
    theirs = models.CharField(max_length=200, blank=True, help_text="Masked where it is personal.")

    objects = DifferenceQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["reconciliation", "kind", "id"], name="difference_by_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.ref or self.reference}"
