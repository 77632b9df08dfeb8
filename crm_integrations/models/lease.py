"""How many workers are at a connection just now."""

from __future__ import annotations

from django.db import models

from crm_integrations.models.connection import Connection


class Lease(models.Model):
    """A worker has deliveries of `connection` in hand until then, and makes one call at a time.

    The deliveries name it in `lease`, and only they prove anything; this is what claims count. A row for each claim:
    counted by deliveries, what an idle transaction keeps of them would make every claim slow.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["connection", "until"], name="lease_by_connection")]

    def __str__(self) -> str:
        return f"{self.connection} until {self.until}"
