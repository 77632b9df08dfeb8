"""Two leads of one borrower that an officer made one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from leadops.fields import EncryptedTextField
from leadops.models.lead import Lead
from leadops.models.record import Record

UNDOABLE_FOR = timedelta(days=1)


class LeadMerge(Record):
    """`merged` went out of sight for `kept`; what that takes to undo is kept for a day."""

    kept = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="took_over")
    merged = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="went_into")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    taken = models.JSONField(default=list, help_text="The fields whose value was taken from the merged lead.")
    before = EncryptedTextField(help_text="What the two leads were before, as JSON.")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="a_lead_is_merged_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"

    @property
    def undoable_until(self) -> datetime:
        return self.created_at + UNDOABLE_FOR

    @property
    def can_be_undone(self) -> bool:
        """Not once it was undone, nor where erasing took what undoing would need."""
        return self.undone_at is None and bool(self.before) and timezone.now() < self.undoable_until
