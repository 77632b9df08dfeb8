"""What leads still miss for a connection: readiness, kept so that it can be searched."""

from __future__ import annotations

from django.db import models

from crm_integrations.models.connection import Connection
from leadops.models import Lead


class Gap(models.Model):
    """One thing `lead` still misses for `connection`; a lead without gaps there has a row for none.

    Made by the connector that sends (`missing_lead`), after the fact, from the lead's newest version.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="gaps")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(
        max_length=100, help_text="Without positions: `applicants.identity_document.series`."
    )
    message = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "connection", "field"], name="one_gap_per_field")
        ]
        indexes = [models.Index(fields=["connection", "field", "-lead"], name="gap_by_field")]

    def __str__(self) -> str:
        return self.message
