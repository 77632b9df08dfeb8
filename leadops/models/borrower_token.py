"""The tokens by which borrowers open their own lead."""

from __future__ import annotations

from django.db import models

from leadops.models.lead import Lead
from leadops.models.partner import ApiKey
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class BorrowerToken(Record):
    """One token that a key had made for the borrower of one lead, and what was done with it.

    The token itself is this row's id, signed; the row is what an auditor reads.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="borrower_tokens")
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="borrower_tokens")
    expires_at = models.DateTimeField()
    made_from = models.GenericIPAddressField("made from", null=True)
    calls = models.PositiveIntegerField(default=0, help_text="Calls made with it.")
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True)

    objects = SeenWithLead["BorrowerToken"].as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"for {self.lead}"
