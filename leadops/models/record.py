"""What every record of ours has."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from leadops.ids import uuid7


class Record(models.Model):
    """A row with a UUIDv7 id and the moments it was made and last changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True
