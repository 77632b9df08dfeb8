"""A whole number for a lead, for systems that know a lead by nothing else."""

from __future__ import annotations

from django.db import models

from leadops.models.lead import Lead


class LeadNumber(models.Model):
    """What a lead is called in a dialect whose ids are numbers. Drawn by lot, so it tells nobody how many there are."""

    LARGEST = 2**31 - 1
    """So that it fits wherever the vendor's own, small numbers did."""

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, primary_key=True, related_name="number")
    number = models.PositiveIntegerField(unique=True)

    def __str__(self) -> str:
        return str(self.number)
