"""Who else has the data of a lead, and has to be told when it may no longer be kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadops.models.lead import Lead
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class Holder(Record):
    """One task: tell this vendor, partner or officer to let go of the data of a lead."""

    class Kind(models.TextChoices):
        VENDOR = "vendor", _("Vendor")
        PARTNER = "partner", _("Partner")
        EXPORT = "export", _("Export")

    class Cause(models.TextChoices):
        WITHDRAWAL = "withdrawal", _("Consent withdrawn")
        ERASURE = "erasure", _("Data erased here")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="holders", db_index=False)
    cause = models.CharField(max_length=10, choices=Cause)
    kind = models.CharField(max_length=7, choices=Kind)
    holder_id = models.UUIDField(help_text="Of the delivery, the partner or the export.")
    name = models.CharField("who", max_length=200)
    known_as = models.CharField(max_length=200, blank=True, help_text="What they call the lead.")
    since = models.DateTimeField("has it since")
    certain = models.BooleanField(default=True, help_text="False: nobody knows whether it arrived there.")
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True, help_text="What they answered.")

    objects = SeenWithLead["Holder"].as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "who has the data"
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "cause", "kind", "holder_id"],
                condition=Q(told_at__isnull=True),
                name="one_open_task_for_a_holder",
            )
        ]
        indexes = [
            models.Index(fields=["lead", "-id"], name="holder_by_lead"),
            models.Index(fields=["-id"], condition=Q(told_at__isnull=True), name="holder_to_tell"),
        ]

    def __str__(self) -> str:
        return self.name
