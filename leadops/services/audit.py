"""The audit as others use it: noting what is done, and keeping it up."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from leadops.audit import chain, heads, months
from leadops.audit.acting import acting
from leadops.audit.noting import note, note_all
from leadops.audit.verifying import verify

__all__ = ["acting", "keep_up", "note", "note_all", "verify"]


def keep_up() -> None:
    """Close the events that are over, write the newest seal down, and let go of months whose time is over."""
    months.make_ahead()
    chain.close()
    heads.write_down(chain.head())
    months.drop_before(timezone.now() - timedelta(days=settings.AUDIT_KEEP_DAYS))
