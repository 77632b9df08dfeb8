"""What leads still miss for a connection: readiness, kept so that it can be searched."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm_integrations.models.connection import Connection
from leadops.ids import uuid7
from leadops.models import Lead
from leadops.models.sight import SeenWithLead


class Gap(models.Model):
    """One thing `lead` still misses for `connection`; a lead without gaps there has a row for none.

    Made by the connector that sends (`missing_lead`), after the fact, from the lead's newest version.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="gaps")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(
        max_length=100, help_text="Without positions: `applicants.identity_document.series`."
    )
    message = models.CharField(max_length=500)

    objects = SeenWithLead["Gap"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "connection", "field"], name="one_gap_per_field")
        ]
        indexes = [models.Index(fields=["connection", "field", "-lead"], name="gap_by_field")]

    def __str__(self) -> str:
        return self.message


class Recheck(models.Model):
    """Leads whose gaps have to be found anew.

    Written in the transaction that changed the leads, deleted in the one that found their gaps: whoever dies in
    between, nothing is missed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    leads = ArrayField(models.UUIDField())

    def __str__(self) -> str:
        return f"{len(self.leads)} leads"


class GapWalk(models.Model):
    """How far all leads were walked through, newest first, since what `connection` needs last changed.

    `rules` is a digest of what decides about its gaps. Leads with ids from `below` on are done.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    rules = models.CharField(max_length=64)
    below = models.UUIDField(null=True)
    done = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.connection}: {'done' if self.done else 'under way'}"
