"""What an officer said a partner's columns are, to be taken next time without a question."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from leadops.models.import_batch import Layout
from leadops.models.partner import Partner
from leadops.models.record import Record


class ColumnMapping(Record):
    """The decision for one partner and one set of headers; headers alone, no values."""

    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, related_name="column_mappings", db_index=False
    )  # the constraint's index begins with it
    headers = models.CharField(max_length=64, help_text="SHA-256 of the normalised headers, in their order.")
    mapping = models.JSONField(help_text="Our column for each of the headers, empty where it is left out.")
    layout = models.CharField(max_length=10, choices=Layout, default=Layout.FLAT)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["partner_id", "-updated_at"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "headers"], name="one_mapping_per_header_set"),
        ]

    def __str__(self) -> str:
        return f"columns of {self.partner}"
