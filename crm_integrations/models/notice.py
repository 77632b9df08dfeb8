"""What operations should know of: one row for each trouble, not for each time it was seen."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm_integrations.models.connection import Connection
from leadops.models import Officer
from leadops.models.record import Record


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, officer: Officer) -> Self:
        """All; without those about a single record, or a partner's webhook, to who sees some leads only."""
        if officer.sees_all:
            return self
        return self.exclude(kind=Notice.Kind.POISON).filter(connection__in=Connection.objects.of_vendors())


class Notice(Record):
    """Open until an officer puts it away or its cause is gone; of a kind and subject there is one open notice."""

    class Kind(models.TextChoices):
        BREAKER = "breaker", "Vendor does not answer"
        SLOWED = "slowed", "Vendor asks for less"
        PAUSED = "paused", "Connection paused"
        NEW_FIELD = "new_field", "Answer with unknown fields"
        NEW_STATUS = "new_status", "Unknown status word"
        REASONS = "reasons", "Other reasons than usual"
        SLOWER = "slower", "Slower than usual"
        POISON = "poison", "A record kills workers"
        DIFFERS = "differs", "Records differ at the vendor"
        WEBHOOK = "webhook", "Webhook refused"
        DISABLED = "disabled", "Partner's webhook disabled"
        REVEALS = "reveals", "Too many reveals"

    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        null=True,
        related_name="notices",
        help_text="Empty where it is about no vendor.",
    )
    kind = models.CharField(max_length=12, choices=Kind)
    subject = models.CharField(
        max_length=200, blank=True, help_text="What it is about, such as the status word."
    )
    text = models.CharField(max_length=500)
    seen = models.PositiveIntegerField("times seen", default=1)
    last_seen_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    told_at = models.DateTimeField(null=True, blank=True, help_text="When it was mailed to operations.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "subject"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="one_open_notice_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection or 'leadops'}: {self.get_kind_display()}"
