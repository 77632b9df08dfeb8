"""What an applicant agreed to."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.models.lead import Lead
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class Consent(Record):
    """Consent to one purpose; `connections` names who may receive the data, empty for all.

    It is evidence, so one that was withdrawn stays and says so. What it lets through is decided where records are
    sent: docs/decisions/0041-no-consent-no-push.md.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=100)
    granted_at = models.DateTimeField()
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    text_version = models.CharField(max_length=50, blank=True)
    connections = ArrayField(models.CharField(max_length=50), default=list, blank=True)

    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    withdrawal_reason = models.CharField(max_length=300, blank=True, editable=False)

    objects = SeenWithLead["Consent"].as_manager()

    class Meta:
        ordering = ["granted_at"]

    def __str__(self) -> str:
        return self.purpose
