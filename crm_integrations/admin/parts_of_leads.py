"""What of a lead a delivery is about, where that is neither the lead nor an account of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from crm_integrations.connector import Kind
from crm_integrations.models import Delivery
from leadops.models import Document


def documents_of(leads: Collection[UUID | None]) -> dict[UUID, str]:
    """The types of these leads' documents, by what a delivery of one is about."""
    found = Document.objects.filter(lead__in=leads) if leads else ()
    return {each.sent_as: each.document_type for each in found}


def part_of(delivery: Delivery, documents: Mapping[UUID, str]) -> str:
    """In words what `delivery` is about; empty for a lead or an account."""
    if delivery.kind == Kind.BANK:
        return _("of a bank account")
    if delivery.kind != Kind.DOCUMENT:
        return ""
    if known := documents.get(delivery.record_id):
        return _("document %(type)s") % {"type": known}
    return _("of a document that was changed or deleted")
