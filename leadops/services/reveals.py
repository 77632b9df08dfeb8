"""Showing personal data unmasked: to who may, for a reason, on record, and at most thirty times an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from leadops import signals
from leadops.errors import LeadopsError
from leadops.models import Address, Applicant, AuditEvent, Bank, Lead, Officer, Reveal
from leadops.personal_data import mask_of
from leadops.services import audit

MOST, SPAN = 30, timedelta(hours=1)
RECORDS: dict[str, tuple[type[Model], str]] = {
    "lead": (Lead, "pk"),
    "applicant": (Applicant, "lead"),
    "address": (Address, "applicant__lead"),
    "bank": (Bank, "applicant__lead"),
}
"""What can be revealed, by the word for it, and the way from there to its lead."""


class TooManyReveals(LeadopsError):
    """You have seen as much unmasked as anybody may within an hour. Operations were told; try again later."""


class Masked(NamedTuple):
    """A masked field of a record, as far as an officer sees its lead."""

    row: Model
    lead: Lead
    record: str
    field: str
    label: str


class Why(NamedTuple):
    """The officer's reason, and where they sit."""

    reason: str
    words: str
    ip_address: str | None = None


def find(officer: Officer, record: str, record_id: UUID, field: str) -> Masked | None:
    """The masked field, None where there is no such one within the reach of `officer`."""
    if record not in RECORDS or (label := _label(record, field)) is None:
        return None
    model, way = RECORDS[record]
    row = model._default_manager.filter(pk=record_id).first()
    lead_id = model._default_manager.filter(pk=record_id).values_list(way, flat=True).first()
    lead = Lead.objects.visible_to(officer).filter(pk=lead_id).first() if lead_id else None
    return Masked(row, lead, record, field, label) if row and lead else None


def _label(record: str, field: str) -> str | None:
    """What the field is called; None where it is not one that is masked."""
    try:
        found: Any = RECORDS[record][0]._meta.get_field(field)
    except FieldDoesNotExist:
        return None
    return capfirst(str(found.verbose_name)) if mask_of(found) else None


def reveal(masked: Masked, officer: Officer, why: Why) -> str:
    """What stands in the field; that `officer` saw it is on record, before they do.

    Raises TooManyReveals, of which operations are told, after MOST of them within SPAN. They are counted in the
    database while the officer's row is locked, so that calls at the same time are counted too.
    """
    with transaction.atomic():
        Officer.objects.select_for_update(no_key=True).get(pk=officer.pk)
        lately = Reveal.objects.filter(officer=officer, created_at__gt=timezone.now() - SPAN)
        allowed = lately.count() < MOST
        if allowed:
            told = {"record": masked.record, "record_id": masked.row.pk, "field": masked.field}
            Reveal.objects.create(officer=officer, lead=masked.lead, **told, **why._asdict())
            audit.note(AuditEvent.Action.REVEALED, masked.row, why.reason, of=masked.lead, field=masked.field)
    if not allowed:
        signals.reveals_refused.send(Officer, officer=officer)
        raise TooManyReveals(str(_(TooManyReveals.__doc__ or "")))
    return str(localize(getattr(masked.row, masked.field)))


def left_for(officer: Officer) -> int:
    """How many more `officer` may see now."""
    lately = Reveal.objects.filter(officer=officer, created_at__gt=timezone.now() - SPAN)
    return max(0, MOST - lately.count())
