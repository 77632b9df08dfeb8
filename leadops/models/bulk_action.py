"""One thing that is done to many leads on an officer's order."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadops.models.record import Record
from leadops.models.sight import SeenByItsOfficer


class BulkAction(Record):
    """An order and how far it is: done + left = total once it has ended, unless somebody stopped it."""

    class Deed(models.TextChoices):
        ASSIGN = "assign", _("Assign")
        DROP = "drop", _("Drop")
        REOPEN = "reopen", _("Reopen")
        SUBMIT = "submit", _("Submit")
        TAG = "tag", _("Add a tag")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Stopped")
        FAILED = "failed", _("Failed")

    GOING_ON = (State.QUEUED, State.RUNNING)

    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bulk_actions"
    )
    deed = models.CharField(_("what"), max_length=6, choices=Deed)
    what = models.CharField(_("which leads"), max_length=500, help_text="The filter in words.")
    detail = models.CharField(
        max_length=120, blank=True, help_text="The owner, the reason or the tag, in words."
    )
    values = models.JSONField(default=dict, help_text="The ids that the deed needs, by their names.")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    problem = models.TextField(blank=True)
    chosen = models.BinaryField(default=b"", help_text="The ids of the leads, until it has ended.")
    total = models.PositiveIntegerField(_("leads"), default=0)
    done = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(_("left out"), default=0)
    why_left = models.JSONField(default=dict, help_text="How many were left out for which reason.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Turns since it last got on.")
    ended_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True, help_text="A worker has it in hand until then.")

    objects = SeenByItsOfficer["BulkAction"].as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("bulk action")
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state__in=["queued", "running"]), name="bulk_action_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_deed_display()}: {self.what}"

    @property
    def finished(self) -> bool:
        return self.state not in self.GOING_ON

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return 100 * (self.done + self.left) // self.total if self.total else 0
