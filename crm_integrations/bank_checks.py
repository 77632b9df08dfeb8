"""Having a bank account verified: a delivery of its own, of the account as it is."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from crm_integrations import outbox, registry
from crm_integrations.connector import Kind
from crm_integrations.models import Connection, Delivery, Route, State
from leadops.errors import NotInThisState
from leadops.ids import uuid7
from leadops.models import Bank, Lead

CHANGED_MEANWHILE = (State.CANCELLED, State.SUPERSEDED)
"""It was another account when it was to be sent, or when its bank told of it."""
_NOBODY = "The lender verifies no bank accounts of this program."
_NOTHING = "An account without a number or an IFSC can't be verified."


def ask(bank: Bank) -> Delivery:
    """Have `bank` verified, once for each account number and IFSC; returns the delivery as it stands.

    Raises NotInThisState where there is nothing to verify, or nobody who does, or the lead was dropped or declined.
    """
    lead = bank.applicant.lead
    if lead.is_stopped:
        word = lead.get_status_display().lower()
        raise NotInThisState(f"This lead is {word}, so its bank accounts are not verified.")
    if (key := bank.verification_key) is None:
        raise NotInThisState(_NOTHING)
    connection = _verifier(lead)
    new = outbox.New(uuid7(), connection.pk, Kind.BANK, lead.pk, None, key, lead.version, key.hex)
    with transaction.atomic():
        asked = Delivery.objects.filter(connection=connection, kind=Kind.BANK, record_id=key)
        if not asked.exclude(state__in=CHANGED_MEANWHILE).exists():
            outbox.enqueue([new])
        return asked.select_related("connection__health").latest("version")


def _verifier(lead: Lead) -> Connection:
    """The first service on the routes of the lead's program that verifies accounts without an officer's word."""
    vendors = [slug for slug, vendor in registry.vendors().items() if Kind.BANK in vendor.kinds()]
    routes = Route.objects.filter(
        Q(program=None) | Q(program=lead.program_id),
        automatic=True,
        connection__enabled=True,
        connection__test_space=lead.partner.is_test_space,
        connection__vendor__in=vendors,
    )
    route = routes.select_related("connection").first()
    if route is None:
        raise NotInThisState(_NOBODY)
    return route.connection
