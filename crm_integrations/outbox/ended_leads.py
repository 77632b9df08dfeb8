"""Leads that the lender has ended: nothing of them is sent any more, however it came to be due."""

from __future__ import annotations

from django.db.models import Q

from leadops.models import Lead

IS_ENDED = "(l.erased_at IS NOT NULL OR l.status IN ({}))".format(
    ", ".join(f"'{status.value}'" for status in Lead.STOPPED)
)
"""Of a row `l` of the leads, in SQL."""
OF_ERASED = "EXISTS (SELECT FROM leadops_lead l WHERE l.id = e.lead AND l.erased_at IS NOT NULL OFFSET 0)"
"""Of a row `e` about a lead, or about none, in SQL: nothing more is learned of it.

By OFFSET the lead is looked for by itself: by a plan made while the table was small, all leads would be read.
"""
ENDED = Q(status__in=Lead.STOPPED) | Q(erased_at__isnull=False)
ERASED = "Its personal data was erased."
DELETED = "The lead was deleted."
OPEN_AGAIN = "The lead was brought back and submitted again"


class LeadEnded(Exception):
    """The lender dropped or declined the lead after its delivery was claimed; nothing was sent. Its text says which."""


def said_of(lead: Lead) -> str:
    """Why nothing of `lead` is sent."""
    if lead.erased_at is not None:
        return ERASED
    return DELETED if lead.deleted_at else said(lead.status)


def said(status: str) -> str:
    """Why nothing of a lead in this status is sent."""
    return f"The lead was {Lead.Status(status).label.lower()}."


REASONS = (DELETED, *map(said, Lead.STOPPED))
"""All that may be said of a lead which can come back."""
