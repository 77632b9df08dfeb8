"""What leads have in common with leads that came before them."""

from __future__ import annotations

from typing import Self, TypedDict
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.models.lead import Lead
from leadops.models.officer import Officer
from leadops.models.record import Record


class Common(TypedDict):
    """One thing that two leads have in common: `field` is its path in the later one, `shown` the value masked."""

    key: str
    field: str
    shown: str


class DuplicateQuerySet(models.QuerySet["Duplicate"]):
    def visible_to(self, officer: Officer) -> Self:
        """Those of which `officer` sees both leads."""
        if officer.sees_all:
            return self
        seen = Lead.objects.visible_to(officer)
        return self.filter(lead__in=seen, earlier__in=seen)

    def about(self, lead: Lead | UUID) -> Self:
        """The pairs that `lead` is one of."""
        return self.filter(models.Q(lead=lead) | models.Q(earlier=lead))


class Duplicate(Record):
    """A lead that was taken although an earlier one has the same PAN, mobile or bank account."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="repeats", db_index=False)
    earlier = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="repeated_by")
    common: models.JSONField[list[Common], list[Common]] = models.JSONField(default=list)
    only_mobile = models.BooleanField(
        default=False, help_text="Nothing but a mobile, and the PANs differ: perhaps a family's telephone."
    )

    objects = DuplicateQuerySet.as_manager()

    class Meta:
        ordering = ["lead_id", "earlier_id"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "earlier"], name="a_pair_of_duplicates_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} repeats {self.earlier_id}"


class Merge(Record):
    """A repeat that was not made a lead: what it told beyond the first lead was filled in there."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges")
    intake = models.CharField(max_length=10, choices=Lead.Intake)
    partner_ref_id = models.CharField("partner reference", max_length=100, blank=True)
    common: models.JSONField[list[Common], list[Common]] = models.JSONField(default=list)
    filled = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"into {self.lead_id}"
