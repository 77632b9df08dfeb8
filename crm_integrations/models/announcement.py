"""Leads of an import that are ready to go, and not in the outbox yet."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.ids import uuid7


class Announcement(models.Model):
    """Written in the transaction that made the leads, deleted in the one that made their deliveries.

    `tries`: how often that broke; what breaks waits behind all others.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    leads = ArrayField(models.UUIDField())
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["tries", "id"]

    def __str__(self) -> str:
        return f"{len(self.leads)} leads"
