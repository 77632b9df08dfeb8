"""Letting go of tallies that nobody looks at any more."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from crm_integrations.models import Tally

KEPT = timedelta(days=90)
"""Notices and the connection's page look back eight days at most; the rest is for whoever asks the table."""


def prune() -> int:
    """Delete the tallies that are older than `KEPT`; returns how many.

    Read from end to end once a day: with 90 days of hours for each connection the table stays small.
    """
    deleted, _ = Tally.objects.filter(hour__lt=timezone.now() - KEPT).delete()
    return deleted
