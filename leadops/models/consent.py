"""What an applicant agreed to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.models.lead import Lead
from leadops.models.record import Record


class Consent(Record):
    """Consent to one purpose; `connections` names who may receive the data, empty for all.

    It is evidence: kept, shown and given back, but not enforced. Where a lead goes is decided by routes and
    officers alone, and a connection's `jurisdiction` is not asked either; the reasons are in
    docs/decisions/0009-consent-and-jurisdiction-are-kept.md.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=100)
    granted_at = models.DateTimeField()
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    text_version = models.CharField(max_length=50, blank=True)
    connections = ArrayField(models.CharField(max_length=50), default=list, blank=True)

    class Meta:
        ordering = ["granted_at"]

    def __str__(self) -> str:
        return self.purpose
