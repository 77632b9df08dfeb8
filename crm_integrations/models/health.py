"""How a connection is doing, as the engine sees it: whether it holds back, and how fast it goes."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from crm_integrations.models.connection import Connection


class Health(models.Model):
    """The breaker and the pace of one connection: kept in the database, so that all workers share them.

    `hold_until` stops every claim until then. Once a breaker that opened (`opened_at`) has held long enough, one
    delivery goes ahead as a probe. `pace` is the share of the connection's own limits that is used just now: halved
    when the vendor says 429, and grown again by a tenth for each minute without one.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="health"
    )
    failures = models.PositiveIntegerField(default=0, help_text="Calls in a row that failed at the vendor.")
    opened_at = models.DateTimeField(null=True)
    openings = models.PositiveSmallIntegerField(
        default=0, help_text="Times it opened since it last worked; each doubles the hold."
    )
    hold_until = models.DateTimeField(null=True)
    hold_reason = models.CharField(max_length=500, blank=True)
    pace = models.FloatField(default=1.0)
    paced_at = models.DateTimeField(default=timezone.now, help_text="When `pace` was last changed.")
    tokens = models.FloatField(default=0.0, help_text="Calls that may be made at once, at `filled_at`.")
    filled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "health"

    def __str__(self) -> str:
        return f"Health of {self.connection}"

    def held_until(self, now: datetime) -> datetime | None:
        """Until when nothing is sent; None when that is over, or nothing is held."""
        return self.hold_until if self.hold_until is not None and self.hold_until > now else None
