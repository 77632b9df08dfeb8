"""The whole numbers by which some systems know leads."""

from __future__ import annotations

import secrets
from uuid import UUID

from leadops.models import LeadNumber


def number_of(lead_id: UUID) -> int:
    """The lead's number, always the same; drawn when it is first asked for."""
    known = LeadNumber.objects.filter(lead_id=lead_id).values_list("number", flat=True)
    while (number := known.first()) is None:
        drawn = LeadNumber(lead_id=lead_id, number=secrets.randbelow(LeadNumber.LARGEST) + 1)
        # A number that another lead has is no error: the next one is drawn.
        LeadNumber.objects.bulk_create([drawn], ignore_conflicts=True)
    return number
