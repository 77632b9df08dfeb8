"""What officers have to do about leads, and what they write on them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadops.fields import EncryptedTextField
from leadops.models.lead import Lead
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class Note(Record):
    """What an officer wrote on a lead; sealed, because it may tell of a person."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="notes"
    )
    text = EncryptedTextField(blank=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"note of {self.by}"


class Task(Record):
    """Something that one officer has to do about a lead, or, where it has a note, that one has to read."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="tasks")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tasks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    title = EncryptedTextField(blank=False)
    due_at = models.DateTimeField(_("due"))
    note = models.ForeignKey(
        Note,
        on_delete=models.CASCADE,
        null=True,
        related_name="tasks",
        help_text="The note that mentions its owner.",
    )
    done_at = models.DateTimeField(_("done"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reminded_at = models.DateTimeField(null=True, help_text="When its owner was mailed that it is due.")

    objects = SeenWithLead["Task"].as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(
                fields=["owner", "due_at"], condition=Q(done_at__isnull=True), name="open_task_by_owner"
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(done_at__isnull=True, reminded_at__isnull=True),
                name="task_to_remind_of",
            ),
        ]

    def __str__(self) -> str:
        return f"task of {self.owner}"
