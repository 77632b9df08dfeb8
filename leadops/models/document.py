"""Files that belong to a lead, an applicant or a bank account."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.models.files import random_path
from leadops.models.lead import Lead
from leadops.models.record import Record


class Document(Record):
    """A file and what it is about: `related_model` and `related_model_id` name its owner."""

    FOLDER = "documents"

    class RelatedModel(models.TextChoices):
        LEAD = "lead", "Lead"
        APPLICANT = "applicant", "Applicant"
        BANK = "bank", "Bank account"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="documents")
    related_model = models.CharField("about", max_length=9, choices=RelatedModel, default=RelatedModel.LEAD)
    related_model_id = models.UUIDField("about which", db_index=True)
    document_type = models.CharField("type", max_length=50)
    file = models.FileField(upload_to=random_path, max_length=200)
    file_name = models.CharField(max_length=200, editable=False)
    content_type = models.CharField(max_length=100, editable=False)
    size = models.PositiveIntegerField(editable=False, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, editable=False)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["lead_id", "id"]

    def __str__(self) -> str:
        return f"{self.document_type}: {self.file_name}"
