"""How a lead came from status to status, and why the lender dropped it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadops.models.lead import Lead
from leadops.models.record import Record


class DropReason(Record):
    """Why leads are dropped; officers choose from these."""

    name = models.CharField(max_length=100, unique=True)
    active = models.BooleanField(default=True, help_text=_("An inactive reason is offered no more."))

    class Meta:
        ordering = ["name"]
        verbose_name = _("reason for dropping")
        verbose_name_plural = _("reasons for dropping")

    def __str__(self) -> str:
        return self.name


class StatusStep(Record):
    """One change of a lead's status.

    A lead's first status is not a step: it has it since `lead.created_at`, and it is the `from_status` of the lead's
    first step, or `lead.status` where there is none. A row for each imported lead would cost every import.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="status_steps")
    from_status = models.CharField(_("from"), max_length=12, choices=Lead.Status)
    to_status = models.CharField(_("to"), max_length=12, choices=Lead.Status)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Empty: by itself, or by its partner.",
    )
    reason = models.ForeignKey(DropReason, on_delete=models.PROTECT, null=True, related_name="steps")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"
