"""What needs a person, grouped by connection and cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import BoolAnd
from django.db.models import Count, Max, Min, Q

from crm_integrations.models import Delivery, State
from leadops import statements
from leadops.models import Officer

# From one group to the next by the index `delivery_by_cause`, never over the rows between: a million failures of ten
# causes cost ten steps, and each count stops where it is told to.
GROUPS = """
WITH RECURSIVE found AS (
    (SELECT connection_id, cause FROM crm_integrations_delivery WHERE cause <> '' AND state <> 'skipped'
        ORDER BY connection_id, cause LIMIT 1)
    UNION ALL
    SELECT next.connection_id, next.cause FROM found CROSS JOIN LATERAL (
        SELECT d.connection_id, d.cause FROM crm_integrations_delivery d
        WHERE d.cause <> '' AND d.state <> 'skipped' AND (d.connection_id, d.cause) > (found.connection_id, found.cause)
        ORDER BY d.connection_id, d.cause LIMIT 1
    ) next
), groups AS (SELECT connection_id, cause FROM found LIMIT %(groups)s)
SELECT g.connection_id, g.cause, counted.deliveries, oldest.updated_at, newest.updated_at,
    oldest.state = 'review' AND newest.state = 'review'
FROM groups g
CROSS JOIN LATERAL (
    SELECT count(*) AS deliveries FROM (
        SELECT 1 FROM crm_integrations_delivery d
        WHERE d.connection_id = g.connection_id AND d.cause = g.cause AND d.cause <> '' AND d.state <> 'skipped'
        LIMIT %(most)s
    ) first
) counted
CROSS JOIN LATERAL (
    SELECT d.updated_at, d.state FROM crm_integrations_delivery d
    WHERE d.connection_id = g.connection_id AND d.cause = g.cause AND d.cause <> '' AND d.state <> 'skipped'
    ORDER BY d.updated_at LIMIT 1
) oldest
CROSS JOIN LATERAL (
    SELECT d.updated_at, d.state FROM crm_integrations_delivery d
    WHERE d.connection_id = g.connection_id AND d.cause = g.cause AND d.cause <> '' AND d.state <> 'skipped'
    ORDER BY d.updated_at DESC LIMIT 1
) newest
"""


@dataclass(frozen=True)
class Group:
    """Deliveries to one connection that failed alike, the oldest and the newest by their last change.

    `undecided` tells that these two wait for a decision, as then all do: a cause is that of one state.
    """

    connection_id: UUID
    cause: str
    count: int
    oldest: datetime
    newest: datetime
    undecided: bool


def groups(officer: Officer, at_most: int, count_to: int) -> list[Group]:
    """The first `at_most` groups by connection and cause; each counts no further than `count_to`.

    For who sees some leads only, they are made of the newest `count_to` failures of those.
    """
    if not officer.sees_all:
        return _of_some_leads(officer, at_most, count_to)
    return [Group(*row) for row in statements.rows(GROUPS, {"groups": at_most, "most": count_to})]


def _of_some_leads(officer: Officer, at_most: int, count_to: int) -> list[Group]:
    failed = Delivery.objects.visible_to(officer).exclude(cause="").exclude(state=State.SKIPPED)
    newest = Delivery.objects.filter(pk__in=failed.order_by("-id").values("pk")[:count_to]).order_by()
    counted = newest.values("connection_id", "cause").annotate(
        count=Count("id"),
        oldest=Min("updated_at"),
        newest=Max("updated_at"),
        undecided=BoolAnd(Q(state=State.REVIEW)),
    )
    return [Group(**row) for row in counted.order_by("connection_id", "cause")[:at_most]]
