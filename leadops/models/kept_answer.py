"""Answers that are kept for a while, so that a call which is sent again is not carried out again."""

from __future__ import annotations

from django.db import models

from leadops.fields import EncryptedTextField
from leadops.models.record import Record


class KeptAnswer(Record):
    """The first answer to a POST with an Idempotency-Key; its body holds personal data and is sealed."""

    called_as = models.BinaryField(unique=True, help_text="HMAC of the caller and the key.")
    request = models.BinaryField(help_text="HMAC of the path and the body.")
    status = models.PositiveSmallIntegerField()
    body = EncryptedTextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.status} of {self.created_at:%Y-%m-%d %H:%M}"
