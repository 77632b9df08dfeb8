"""Personal data that was erased, and what must not be."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadops.models.lead import Lead
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class LegalHold(Record):
    """While it stands, nothing of its lead is erased: a court, a regulator or a dispute needs it."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="legal_holds")
    reason = models.CharField(max_length=300)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    lifting_reason = models.CharField("why lifted", max_length=300, blank=True, db_default="", default="")

    objects = SeenWithLead["LegalHold"].as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(lifted_at__isnull=True), name="one_legal_hold_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.reason


class Erasure(Record):
    """That the personal data of a lead was erased: by whom, why, and how much of what. Nothing of what it said."""

    class Cause(models.TextChoices):
        AGE = "age", _("Its time was over")
        REQUEST = "request", _("An officer erased it")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="erasures")
    cause = models.CharField("why", max_length=7, choices=Cause)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField("in the officer's words", max_length=300, blank=True)
    what = models.JSONField(default=dict, help_text="How many records of each kind were emptied or deleted.")

    files = models.JSONField(
        default=list, help_text="What is yet to be deleted: each the name of a store and a file."
    )

    objects = SeenWithLead["Erasure"].as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=~Q(files=[]), name="erasure_with_files")]

    def __str__(self) -> str:
        return f"{self.lead}"
