"""Exports of leads: the log of who took what out, and the workbook while it can be fetched."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from leadops.models.files import random_path
from leadops.models.partner import Partner
from leadops.models.record import Record
from leadops.models.sight import SeenByItsOfficer

KEPT = timedelta(days=1)
"""How long a finished workbook can be fetched; what is told of it stays."""


class Export(Record):
    """Leads that an officer or a partner took out; the row stays, the file goes after a day."""

    FOLDER = "exports"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Being written"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Road(models.TextChoices):
        ADMIN = "admin", "Back office"
        API = "api", "API"

    class Shown(models.TextChoices):
        MASKED = "masked", "Masked"
        NUMBERS_MASKED = "numbers", "Numbers masked"
        WHOLE = "whole", "Unmasked"

    road = models.CharField("by", max_length=5, choices=Road)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="exports"
    )
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="exports")
    key_prefix = models.CharField(
        "API key", max_length=16, blank=True, help_text="The start of the key that asked."
    )
    ip_address = models.GenericIPAddressField("from address", null=True)
    what = models.CharField(
        "which leads",
        max_length=500,
        help_text="The filter in words: “Status: Submitted · Partner: Sunrise”.",
    )
    reason = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text="The officer's words; a partner's is what it asked for.",
    )
    leads = models.PositiveIntegerField(default=0)
    shown = models.CharField("personal data", max_length=7, choices=Shown, default=Shown.MASKED)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    problem = models.TextField(blank=True)
    done = models.PositiveIntegerField(default=0, help_text="Leads that are written so far.")
    attempts = models.PositiveSmallIntegerField(default=0)
    chosen = models.BinaryField(default=b"", help_text="The ids of the leads, until they are written.")
    taken = models.BinaryField(
        default=b"", db_default=b"", editable=False, help_text="The ids of the leads that went out."
    )
    file = models.FileField(upload_to=random_path, max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    finished_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True, help_text="A worker has it in hand until then.")

    objects = SeenByItsOfficer["Export"].as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("export_unmasked", "Can export personal data unmasked")]
        constraints = [
            models.CheckConstraint(
                condition=Q(officer__isnull=False) | Q(partner__isnull=False), name="export_has_its_maker"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state__in=["queued", "running"]), name="export_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return 100 * self.done // self.leads if self.leads else 0

    @property
    def kept_until(self) -> datetime | None:
        """Until when its workbook can be fetched; None when there is none."""
        return self.finished_at + KEPT if self.file and self.finished_at else None

    @property
    def can_be_fetched(self) -> bool:
        until = self.kept_until
        return until is not None and timezone.now() < until
