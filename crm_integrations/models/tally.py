"""Counted calls and known answers: what a vendor usually does, so that a change of it is seen."""

from __future__ import annotations

from django.db import models

from crm_integrations.models.connection import Connection


class Tally(models.Model):
    """The calls of one connection in one hour; `causes` counts the causes of what was not delivered."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="tallies")
    hour = models.DateTimeField(help_text="Its first moment.")
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="Calls without a 2xx answer.")
    p50_ms = models.PositiveIntegerField(default=0)
    p95_ms = models.PositiveIntegerField(default=0)
    causes = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "hour"], name="one_tally_per_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h: {self.calls} calls"


class AnswerShape(models.Model):
    """The fields and the status words a vendor was seen to answer with, by operation."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    operation = models.CharField(max_length=30)
    answers = models.PositiveIntegerField(default=0, help_text="How many were looked at.")
    fields = models.JSONField(default=list)
    words = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "operation"], name="one_shape_per_operation")
        ]

    def __str__(self) -> str:
        return self.operation
