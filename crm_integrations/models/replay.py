"""Sending many deliveries again: what was chosen, and how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from crm_integrations.models.connection import Connection
from crm_integrations.models.delivery import Delivery
from leadops.models.record import Record
from leadops.models.sight import SeenByItsOfficer


class Replay(Record):
    """An officer's order to send a set of deliveries again, oldest first, a few at a time, so that new leads pass."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waits for approval"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    what = models.CharField(max_length=500, help_text="The choice in words: “ISPCRM · refused since 14:00”.")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    total = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    objects = SeenByItsOfficer["Replay"].as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.what


class ReplayItem(models.Model):
    """One delivery of a replay; `taken_at` is when it was queued, `left` why it was not."""

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="items")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="replay_items")
    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        help_text="The delivery's: each connection is fed at its own pace.",
    )
    taken_at = models.DateTimeField(null=True)
    left = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "delivery"], name="once_in_a_replay")]
        indexes = [
            models.Index(
                fields=["replay", "connection", "delivery"],
                condition=Q(taken_at__isnull=True, left=""),
                name="replay_item_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.delivery_id)
