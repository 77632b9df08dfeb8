"""What vendors tell of a record after they took it."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from crm_integrations.connector import Meaning
from crm_integrations.models.connection import Connection
from crm_integrations.models.delivery import Delivery
from leadops.models import Officer
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class StatusChangeQuerySet(SeenWithLead["StatusChange"]):
    to_lead = "delivery__lead"


class StatusChange(Record):
    """A vendor's word for a record changed: the word verbatim, and what it means to us if we know."""

    class Source(models.TextChoices):
        ANSWER = "answer", "Answer to our call"
        POLL = "poll", "Asked"
        WEBHOOK = "webhook", "Webhook"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="status_changes")
    source = models.CharField(max_length=7, choices=Source)
    before = models.CharField(max_length=100, blank=True)
    after = models.CharField(max_length=100)
    meaning = models.CharField(max_length=20, blank=True, help_text="Empty when the word is unknown to us.")

    objects = StatusChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.before or '–'} → {self.after}"

    @property
    def in_our_words(self) -> str:
        """What `after` means, as people say it."""
        meaning = Meaning.named(self.meaning)
        return meaning.words if meaning else "not a word we know"


class InboundQuerySet(models.QuerySet["Inbound"]):
    def visible_to(self, officer: Officer) -> Self:
        """Those that tell of a record in their sight, by the vendor's id for it; all, to who sees all leads."""
        if officer.sees_all:
            return self
        meant = Delivery.objects.exclude(reference="").visible_to(officer)
        return self.filter(
            Exists(meant.filter(connection=OuterRef("connection"), reference=OuterRef("reference")))
        )


class Inbound(Record):
    """A webhook call that a vendor made to us: stored first, answered at once, understood later."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="inbound")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the raw body: the same call twice is one.")
    event = models.CharField(max_length=100, blank=True)
    reference = models.CharField(
        "vendor's id",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Of a record that we sent.",
    )
    status = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="The vendor's word for it now."
    )
    body = models.TextField(help_text="Redacted.")
    times = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    objects = InboundQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "webhook"
        constraints = [models.UniqueConstraint(fields=["connection", "digest"], name="one_inbound_per_body")]
        indexes = [
            models.Index(fields=["id"], condition=Q(processed_at__isnull=True), name="inbound_to_read")
        ]

    def __str__(self) -> str:
        return self.event or "webhook"
