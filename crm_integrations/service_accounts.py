"""What the services that a lead is connected with hold of it, and sending it to one of them on its partner's word."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from crm_integrations.connector import Kind
from crm_integrations.models import REPEATABLE, Connection, Delivery, Route, State
from crm_integrations.models.delivery import newest_versions
from crm_integrations.records import MAIN_KINDS
from leadops.errors import LeadopsError, NotInThisState
from leadops.models import Lead
from leadops.services import leads

KINDS = {"crm": Kind.LEAD, "los": Kind.LOAN_ACCOUNT}
"""Crego's words for services, by what such a one takes."""
_OFFICERS = "Only the lender's officers send leads to this service."
_LENDERS = "This was not taken there before; whether it is sent again is the lender's decision."


class UnknownService(LeadopsError):
    """No route of the lead names such a service."""


class NoLeadsThere(LeadopsError):
    """This service takes no leads."""


class SeveralServices(LeadopsError):
    """Routes of the lead name several services of this kind."""


class NotTheLeads(LeadopsError):
    """The lead's is another one; `field` says of what."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(field)


class Asked(NamedTuple):
    """What a partner says of where a lead is to go, in Crego's words: a service by its name or kind, and of what."""

    service: str = ""
    program_id: UUID | None = None
    ref_id: str = ""


class ServiceAccount(NamedTuple):
    """A service and a record that it holds or is to hold; without a delivery it was sent nothing yet."""

    connection: Connection
    kind: str
    delivery: Delivery | None


def of_lead(lead: Lead) -> list[ServiceAccount]:
    """All of one lead: what was sent anywhere, and where its program's routes lead besides, by the services' names."""
    sent = Delivery.objects.filter(lead=lead, kind__in=MAIN_KINDS).select_related(
        "connection", "loan_account"
    )
    found = [ServiceAccount(each.connection, each.kind, each) for each in newest_versions(sent)]
    known = {each.connection.pk for each in found}
    routed = {route.connection.pk: route.connection for route in _routes(lead)}
    for key, connection in routed.items():
        kinds = [kind for kind in connection.connector_class.kinds() if kind in MAIN_KINDS]
        if key not in known and kinds:
            found.append(ServiceAccount(connection, kinds[0], None))
    return sorted(found, key=lambda each: (each.connection.name, each.kind))


def _routes(lead: Lead) -> list[Route]:
    """The routes of its program to services that are switched on, in their order."""
    own = {"connection__enabled": True, "connection__test_space": lead.partner.is_test_space}
    routed = Route.objects.filter(Q(program=None) | Q(program=lead.program_id), **own)
    return list(routed.select_related("connection"))


def send(lead: Lead, asked: Asked) -> ServiceAccount:
    """Send `lead` to the service that is asked for; one that has it, or is being sent it, is left as it is.

    Raises UnknownService, SeveralServices, NoLeadsThere, NotTheLeads, and NotInThisState where the lead is not to be
    sent, or where that is not its partner's to say.
    """
    connection = _named(lead, asked.service)
    _check(lead, connection, asked)
    if lead.is_stopped or lead.status == Lead.Status.DRAFT:
        raise NotInThisState(f"This lead is {lead.get_status_display().lower()}, so it is not sent.")
    made = leads.submit([lead], [connection.pk])
    sent = Delivery.objects.filter(lead=lead, connection=connection, kind=Kind.LEAD)
    delivery = sent.select_related("connection", "loan_account").order_by("-version").first()
    if not made and (delivery is None or delivery.state in (*REPEATABLE, State.SUPERSEDED)):
        raise NotInThisState(_LENDERS)
    return ServiceAccount(connection, Kind.LEAD, delivery)


def _named(lead: Lead, service: str) -> Connection:
    """The connection of this name, or the one of this kind, when a route sends leads there by itself.

    Others wait for an officer's word.
    """
    routed = _routes(lead)
    routes = [route for route in routed if route.connection.name == service] or _of_kind(routed, service)
    if not routes:
        raise UnknownService
    if Kind.LEAD not in routes[0].connection.connector_class.kinds():
        raise NoLeadsThere
    if not any(route.automatic for route in routes):
        raise NotInThisState(_OFFICERS)
    return routes[0].connection


def _of_kind(routes: list[Route], word: str) -> list[Route]:
    """The routes to the one service of this kind."""
    kind = KINDS.get(word)
    found = [route for route in routes if kind in route.connection.connector_class.kinds()]
    if len({route.connection.pk for route in found}) > 1:
        raise SeveralServices
    return found


def _check(lead: Lead, connection: Connection, asked: Asked) -> None:
    """Hold the program and the reference that come along against the lead's own: another lead may be meant."""
    if asked.program_id not in (None, lead.program_id):
        raise NotTheLeads("program_id")
    if asked.ref_id in ("", lead.partner_ref_id):
        return
    told = Delivery.objects.filter(lead=lead, connection=connection, kind=Kind.LEAD, ref=asked.ref_id)
    if not told.exists():
        raise NotTheLeads("ref_id")
