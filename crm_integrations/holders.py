"""Which vendors have data of a lead, or may have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast
from uuid import UUID

from django.db.models import Q

from crm_integrations.connector import Kind
from crm_integrations.models import MAY_BE_THERE, Delivery, State
from leadops.models import Holder, Lead
from leadops.services.holders import Held


def of(leads: Sequence[Lead]) -> Iterator[Held]:
    """What was delivered of `leads`, or perhaps was; events to partners tell no personal data."""
    found = Delivery.objects.filter(Q(state=State.DELIVERED) | MAY_BE_THERE, lead__in=leads).exclude(
        kind=Kind.EVENT
    )
    for each in found.select_related("connection").order_by("id"):
        certain = each.state == State.DELIVERED or each.accepted
        known_as = each.reference or each.ref
        since = each.delivered_at or each.created_at
        name = f"{each.connection.name} ({each.get_kind_display().lower()})"
        lead_id = cast(UUID, each.lead_id)  # it was found by its lead
        yield Held(lead_id, Holder.Kind.VENDOR, each.pk, name, known_as, since, certain)
