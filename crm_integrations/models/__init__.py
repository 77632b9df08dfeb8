"""Connections, deliveries and their calls, and what is kept about how vendors behave."""

from crm_integrations.models.announcement import Announcement
from crm_integrations.models.connection import Connection, Route
from crm_integrations.models.delivery import (
    CLAIMABLE,
    MAY_BE_THERE,
    NEEDS_PERSON,
    REPEATABLE,
    UNFINISHED,
    UNSENT,
    Delivery,
    DeliveryQuerySet,
    State,
)
from crm_integrations.models.event import TEST, EventType, PartnerEvent, Subscription, Untold
from crm_integrations.models.exchange import Exchange
from crm_integrations.models.gap import Gap, GapWalk, Recheck
from crm_integrations.models.health import Health
from crm_integrations.models.lease import Lease
from crm_integrations.models.notice import Notice
from crm_integrations.models.reconciliation import Difference, Reconciliation
from crm_integrations.models.replay import Replay, ReplayItem
from crm_integrations.models.status_change import Inbound, StatusChange
from crm_integrations.models.tally import AnswerShape, Lookout, Tally

__all__ = [
    "CLAIMABLE",
    "MAY_BE_THERE",
    "NEEDS_PERSON",
    "REPEATABLE",
    "TEST",
    "UNFINISHED",
    "UNSENT",
    "Announcement",
    "AnswerShape",
    "Connection",
    "Delivery",
    "DeliveryQuerySet",
    "Difference",
    "EventType",
    "Exchange",
    "Gap",
    "GapWalk",
    "Health",
    "Inbound",
    "Lease",
    "Lookout",
    "Notice",
    "PartnerEvent",
    "Recheck",
    "Reconciliation",
    "Replay",
    "ReplayItem",
    "Route",
    "State",
    "StatusChange",
    "Subscription",
    "Tally",
    "Untold",
]
