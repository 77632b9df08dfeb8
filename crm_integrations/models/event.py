"""What partners are told of their leads: the events, who subscribed to them, and what is to be sent out yet."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from crm_integrations.models.connection import Connection
from leadops.ids import uuid7
from leadops.models import Officer, Partner
from leadops.models.record import Record


class EventType(models.TextChoices):
    """What a partner may subscribe to; docs/api.md tells when each is written, and what stands in it."""

    LEAD_CREATED = "lead.created", "A lead was made"
    LEAD_UPDATED = "lead.updated", "A lead was changed"
    LEAD_DELIVERED = "lead.delivered", "A vendor took a lead"
    LEAD_REJECTED = "lead.rejected", "A vendor refused a lead"
    LEAD_NEEDS_REVIEW = "lead.needs_review", "A delivery needs the lender"
    ACCOUNT_STATUS_CHANGED = "account.status_changed", "A loan account stands otherwise"
    IMPORT_FINISHED = "import.finished", "An import has ended"


TEST = "webhook.test"
"""Sent to one subscription on request; nobody subscribes to it."""


class PartnerEvent(models.Model):
    """Something that happened to what is a partner's: written in the transaction in which it did, and never changed.

    `number` is the order in which a partner reads them; decision 0029 tells why none is overtaken.
    """

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    type = models.CharField(max_length=30)
    data = models.JSONField(default=dict, help_text="Ids and states: no personal data.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["number"]
        verbose_name = "event"
        indexes = [
            models.Index(fields=["partner", "number"], name="event_by_partner"),
            models.Index(fields=["partner", "created_at"], name="event_by_moment"),
        ]

    def __str__(self) -> str:
        return self.type


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def visible_to(self, officer: Officer) -> SubscriptionQuerySet:
        """Those of the partners that `officer` sees."""
        return self if officer.sees_all else self.filter(partner__in=Partner.objects.visible_to(officer))

    def kept(self) -> SubscriptionQuerySet:
        """Those that were not deleted."""
        return self.filter(deleted_at=None)

    def of_partner(self, partner: Partner) -> SubscriptionQuerySet:
        return self.kept().filter(partner=partner)


class Subscription(Record):
    """Which events of a partner are sent where. Its connection says where, and whether it is enabled."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="subscriptions")
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="subscription")
    events = ArrayField(models.CharField(max_length=30, choices=EventType))
    failing_since = models.DateTimeField(
        null=True, editable=False, help_text="No event was taken since then."
    )
    disabled_at = models.DateTimeField(
        null=True, editable=False, help_text="When we disabled it by ourselves."
    )
    disabled_reason = models.CharField(max_length=200, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "event subscription"

    def __str__(self) -> str:
        return self.url

    @property
    def url(self) -> str:
        """Where events are sent."""
        return f"{self.connection.base_url}{self.connection.settings.get('path', '/')}"

    @property
    def state(self) -> str:
        """`enabled`, `failing`, `paused`, `disabled` or `deleted`."""
        if self.deleted_at is not None:
            return "deleted"
        if not self.connection.enabled:
            return "disabled"
        if self.connection.paused:
            return "paused"
        return "failing" if self.failing_since else "enabled"

    @property
    def former_secret_until(self) -> datetime | None:
        """Until when the secret before the present one signs too."""
        until = self.connection.settings.get("former_until", 0)
        found = datetime.fromtimestamp(until, timezone.get_current_timezone()) if until else None
        return found if found and found > timezone.now() else None


class Untold(models.Model):
    """Events of a partner whose deliveries are to be made: written with them, deleted with the last delivery.

    `connection`: a replay to this one alone, which makes what was delivered before due again.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="+")
    first = models.BigIntegerField(help_text="Number of the first event.")
    last = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"events {self.first} to {self.last}"
