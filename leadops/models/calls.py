"""What is counted of partners' calls: for the limits, and for the partner's page."""

from __future__ import annotations

from typing import Self

from django.db import models

from leadops.models.officer import Officer
from leadops.models.partner import ApiKey


class CallWindow(models.Model):
    """How many calls a key, a partner or an address made since its minute began.

    The table is unlogged: it is written at every call, and what a crash takes from it is a minute old at most.
    """

    subject = models.CharField(max_length=100, primary_key=True)
    began_at = models.DateTimeField()
    calls = models.IntegerField()

    class Meta:
        ordering = ["subject"]

    def __str__(self) -> str:
        return f"{self.subject}: {self.calls}"


class CallCountQuerySet(models.QuerySet["CallCount"]):
    def visible_to(self, officer: Officer) -> Self:
        """Those of the keys that `officer` sees."""
        return self if officer.sees_all else self.filter(api_key__in=ApiKey.objects.visible_to(officer))


class CallCount(models.Model):
    """How many calls of a key were answered alike on one day.

    `finding` is empty in the row that counts the calls; a further row counts in how many of them each error stood.
    """

    # Without an index of its own: that of the constraint begins with it.
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="call_counts", db_index=False)
    day = models.DateField()
    status = models.PositiveSmallIntegerField()
    problem = models.CharField("kind of problem", max_length=40, blank=True)
    finding = models.CharField("error", max_length=60, blank=True)
    calls = models.IntegerField()

    objects = CallCountQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "api_key", "status", "problem", "finding"]
        constraints = [
            models.UniqueConstraint(
                fields=["api_key", "day", "status", "problem", "finding"], name="calls_alike_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.status} {self.problem}"
