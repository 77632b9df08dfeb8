"""Counted calls and known answers: what a vendor usually does, so that a change of it is seen."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm_integrations.models.connection import Connection


class Tally(models.Model):
    """The calls of one connection in one hour; `causes` counts the causes of what was not delivered.

    What they took is told of calls that carried a record and were answered: a question about a status is quicker.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="tallies")
    hour = models.DateTimeField(help_text="Its first moment.")
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="Calls without a 2xx answer.")
    sent = models.PositiveIntegerField(default=0, help_text="Calls that carried a record.")
    p50_ms = models.PositiveIntegerField(default=0)
    p95_ms = models.PositiveIntegerField(default=0)
    durations = models.JSONField(
        default=dict, help_text="How many took how long; `watching.durations` reads it."
    )
    causes = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "hour"], name="one_tally_per_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h: {self.calls} calls"


class AnswerShape(models.Model):
    """The fields and the status words a vendor was seen to answer with, by operation.

    The one without an operation holds the words that an officer has put away.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    operation = models.CharField(max_length=30)
    answers = models.PositiveIntegerField(default=0, help_text="How many were looked at.")
    fields = models.JSONField(default=list)
    words = models.JSONField(default=list)
    unknown = models.JSONField(
        default=list, help_text="Fields that came later, until an officer knows of them."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "operation"], name="one_shape_per_operation")
        ]

    def __str__(self) -> str:
        return self.operation

    @classmethod
    def has_word(cls, connection: Connection, word: str) -> bool:
        """Whether `word` is one that the vendor was seen to use, or that an officer has put away."""
        return cls.objects.filter(connection=connection, words__contains=[word]).exists()


class Lookout(models.Model):
    """How far the calls of `connection` were counted: all with ids up to `after`, but for those in `late`.

    Those were under way when they were passed, and are counted once they are over.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    after = models.UUIDField()
    late = ArrayField(models.UUIDField(), default=list)

    def __str__(self) -> str:
        return f"{self.connection}: {len(self.late)} late"
