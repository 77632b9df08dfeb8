"""Every HTTP call we make."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models.functions import Left

from crm_integrations import errors
from crm_integrations.models.connection import Connection
from crm_integrations.models.delivery import Delivery
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead

TOO_LATE = "Not sent: too little of the lease was left."
UNANSWERED = "The worker died during the call; nobody knows whether the vendor got it."
OF_OURS = (TOO_LATE, UNANSWERED, errors.CANT_BE_SENT)
"""How the ends of calls begin that tell nothing of the vendor."""


class ExchangeQuerySet(SeenWithLead["Exchange"]):
    to_lead = "delivery__lead"

    def left_us(self) -> Self:
        """Those that the vendor may have got."""
        stayed = models.Q()
        for beginning in (TOO_LATE, errors.NO_CONNECTION, errors.CANT_BE_SENT):
            stayed |= models.Q(error__startswith=beginning)
        return self.exclude(stayed, status=None)

    def with_cut_bodies(self, length: int) -> Self:
        """With the first `length` characters of the bodies as `sent` and `answered`, cut by the database."""
        cut = {"sent": Left("request_body", length), "answered": Left("response_body", length)}
        return self.defer("request_body", "response_body").annotate(**cut)


class Exchange(Record):
    """One HTTP call: opened before its first byte, completed after its last; then only ever emptied.

    `delivery` is NULL for calls that are about no single record. Headers and bodies are redacted before they are
    stored. `finished_at` is NULL while it is under way; when the worker dies in it, the reaper completes it with an
    error, because nobody knows whether the vendor got it.
    """

    class Purpose(models.TextChoices):
        CREATE = "create", "Create"
        FIND = "find", "Look up"
        TOKEN = "token", "Sign in"
        STATUS = "status", "Ask for its status"
        LIST = "list", "List"
        HEALTH = "health", "Health"

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="exchanges", db_constraint=False, db_index=False
    )  # unchecked: each call of a delivery is checked by that, and this is written before every first byte
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, null=True, related_name="exchanges")
    purpose = models.CharField(max_length=6, choices=Purpose)
    version = models.PositiveIntegerField(
        null=True, help_text="The version of the record that a create call carried."
    )
    operation = models.CharField(max_length=30)
    method = models.CharField(max_length=7)
    url = models.CharField(max_length=500)
    request_headers = models.JSONField(default=dict)
    request_body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    error = models.CharField(max_length=500, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ExchangeQuerySet.as_manager()

    # Known only to the process that makes the call: what `health` has to be told besides the answer.
    fault: errors.DeliveryError | None = None
    troubled: bool = True
    """The connection had failures in a row, or an open breaker, when the call began."""
    again: bool = False
    """The call before it was refused for its token alone: both are one try."""
    probe: bool = False
    """The call is the trial at a vendor whose breaker opened."""

    class Meta:
        ordering = ["id"]
        verbose_name = "HTTP call"
        # None has what an answer brings, so that the server keeps it without writing their entries anew.
        indexes = [models.Index(fields=["connection", "-id"], name="exchange_by_connection")]

    @property
    def is_list(self) -> bool:
        """Whether the vendor answered with its records of many people; of those the values are not kept."""
        return self.purpose == self.Purpose.LIST and self.status is not None and self.status < 300

    def __str__(self) -> str:
        return f"{self.operation} {self.status or self.error or 'under way'}"
