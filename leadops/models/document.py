"""Files that belong to a lead, an applicant or a bank account."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import UUID, uuid5

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.fields import EncryptedTextField
from leadops.models.files import document_store, random_path
from leadops.models.lead import Lead
from leadops.models.partner import Partner
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class DocumentQuerySet(SeenWithLead["Document"]):
    def of_partner(self, partner: Partner) -> Self:
        """Those that `partner` handed in itself: what officers add to its leads is the lender's own."""
        return self.filter(lead__partner=partner, lead__deleted_at__isnull=True, road=Document.Road.API)


class Document(Record):
    """A file and what it is about: `related_model` and `related_model_id` name its owner."""

    FOLDER: ClassVar[str] = "documents"

    class RelatedModel(models.TextChoices):
        LEAD = "lead", "Lead"
        APPLICANT = "applicant", "Applicant"
        BANK = "bank", "Bank account"

    class Road(models.TextChoices):
        ADMIN = "admin", "Back office"
        API = "api", "API"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="documents")
    related_model = models.CharField("about", max_length=9, choices=RelatedModel, default=RelatedModel.LEAD)
    related_model_id = models.UUIDField("about which", db_index=True)
    document_type = models.CharField("type", max_length=50)
    file = models.FileField(upload_to=random_path, storage=document_store, max_length=200)
    file_name = models.CharField(max_length=200, editable=False)
    content_type = models.CharField(max_length=100, editable=False)
    size = models.PositiveIntegerField(editable=False, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, editable=False)
    pages = models.PositiveIntegerField(null=True, editable=False, help_text="Of a PDF.")
    password = EncryptedTextField(help_text="What the PDF opens with.")
    scanned_at = models.DateTimeField("found clean of viruses", null=True, editable=False)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    road = models.CharField("came by", max_length=5, choices=Road, default=Road.ADMIN, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["lead_id", "id"]

    def __str__(self) -> str:
        return f"{self.document_type}: {self.file_name}"

    @property
    def sent_as(self) -> UUID:
        """What a sending of it is about: this file as a document of this type of this lead; any other is another."""
        return uuid5(self.pk, f"{self.lead_id} {self.sha256} {self.document_type}")

    @property
    def is_locked(self) -> bool:
        """Whether it opens with a password alone, which is kept with it."""
        return bool(self.password)


class DocumentEvent(Record):
    """One thing that was done with a document, and by whom; it stays when the document is deleted."""

    class Deed(models.TextChoices):
        ADDED = "added", "Added"
        CHANGED = "changed", "Changed"
        DOWNLOADED = "downloaded", "Downloaded"
        PASSWORD = "password", "Password shown"
        DELETED = "deleted", "Deleted"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="document_events")
    document_id = models.UUIDField()
    document = models.CharField(max_length=260, help_text="Its type and file name at the time.")
    deed = models.CharField("what", max_length=10, choices=Deed)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    key_prefix = models.CharField("API key", max_length=16, blank=True, help_text="The start of the key.")
    ip_address = models.GenericIPAddressField("from address", null=True)

    objects = SeenWithLead["DocumentEvent"].as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.document}: {self.get_deed_display().lower()}"

    @property
    def who(self) -> str:
        """The officer, or the partner with the start of its key."""
        if self.partner is not None:
            return f"{self.partner}, key {self.key_prefix}…"
        return str(self.officer or "an officer who is gone")
