"""Personal data that an officer saw unmasked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadops.models.lead import Lead
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class Reveal(Record):
    """Who saw which field of which record unmasked, when and why; never what stood in it."""

    class Reason(models.TextChoices):
        CALL = "call", _("To speak with the borrower")
        CHECK = "check", _("To compare it with a document")
        VENDOR = "vendor", _("A vendor or a bank asked")
        COMPLAINT = "complaint", _("A complaint or a request of the borrower")
        CASE = "case", _("An audit or a legal case")

    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reveals")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="reveals")
    record = models.CharField(max_length=9, help_text="The kind of record, as lead or bank.")
    record_id = models.UUIDField()
    field = models.CharField(max_length=50)
    reason = models.CharField(max_length=9, choices=Reason)
    words = models.CharField("in the officer's words", max_length=300)
    ip_address = models.GenericIPAddressField("from address", null=True)

    objects = SeenWithLead["Reveal"].as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["officer", "created_at"], name="reveal_by_officer")]

    def __str__(self) -> str:
        return f"{self.record} {self.field}"
