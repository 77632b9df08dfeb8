"""Who may steer deliveries, how it is told, and the way back to where a button was pressed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from crm_integrations.models import Connection, Delivery, Subscription
from leadops.admin.page_urls import page_url
from leadops.models import Lead

MAY_SEE = "crm_integrations.view_delivery"
MAY_STEER = "crm_integrations.change_delivery"
MAY_REPLAY = "crm_integrations.add_replay"
DELIVERIES = "admin:crm_integrations_delivery_changelist"
DECISIONS = "admin:crm_integrations_delivery_decisions"
RETRY = "admin:crm_integrations_replay_retry"


def how_it_went(done: int) -> int:
    """The level of the message about what was done: a warning where it was nothing."""
    return messages.SUCCESS if done else messages.WARNING


def record_url(delivery: Delivery) -> str:
    """The page of what is delivered."""
    if delivery.event_id is not None:
        return connection_url(delivery.connection)
    return page_url(type(delivery.record), delivery.record.pk)


def connection_url(connection: Connection) -> str:
    """The page of a connection; of a partner's webhook that of its subscription."""
    if connection.connector_class.is_partners:
        return page_url(Subscription, connection.subscription.pk)
    return page_url(Connection, connection.pk)


def way_back(request: HttpRequest, delivery: Delivery) -> str:
    """The page with the button that was pressed: the lead's, the list of decisions, else the record's own."""
    if request.POST.get("back") == "lead":
        return page_url(Lead, delivery.lead_id)
    return reverse(DECISIONS) if request.POST.get("back") == "queue" else record_url(delivery)
