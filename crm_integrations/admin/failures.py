"""The page "Failures": what needs a person, grouped by connection and cause, each group a press away from a replay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection as database
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from crm_integrations.models import Connection
from leadops.admin.dashboard import list_url
from leadops.admin.pages import MOST, in_words
from leadops.admin.sealed_search import sealed

MOST_GROUPS = 200
DELIVERIES = "admin:crm_integrations_delivery_changelist"
# From one group to the next by the index `delivery_by_cause`, never over the rows between: a million failures of ten
# causes cost ten steps, and each count stops at 10,001.
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
SELECT g.connection_id, g.cause, counted.deliveries, oldest.updated_at, newest.updated_at FROM groups g
CROSS JOIN LATERAL (
    SELECT count(*) AS deliveries FROM (
        SELECT 1 FROM crm_integrations_delivery d
        WHERE d.connection_id = g.connection_id AND d.cause = g.cause AND d.cause <> '' AND d.state <> 'skipped'
        LIMIT %(most)s
    ) first
) counted
CROSS JOIN LATERAL (
    SELECT d.updated_at FROM crm_integrations_delivery d
    WHERE d.connection_id = g.connection_id AND d.cause = g.cause AND d.cause <> '' AND d.state <> 'skipped'
    ORDER BY d.updated_at LIMIT 1
) oldest
CROSS JOIN LATERAL (
    SELECT d.updated_at FROM crm_integrations_delivery d
    WHERE d.connection_id = g.connection_id AND d.cause = g.cause AND d.cause <> '' AND d.state <> 'skipped'
    ORDER BY d.updated_at DESC LIMIT 1
) newest
"""


@dataclass(frozen=True)
class Group:
    """Deliveries to one connection that failed alike; `count` stops at 10,001, `share` is of the largest group."""

    connection: str
    cause: str
    count: int
    share: int
    oldest: datetime
    newest: datetime
    query: str
    """The filter of the delivery list that shows them."""

    @property
    def words(self) -> str:
        return in_words(self.count)

    @property
    def url(self) -> str:
        return f"{reverse(DELIVERIES)}?{self.query}"


class FailuresPage(ModelAdmin):
    """Mixed into the admin of deliveries."""

    def failures_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = groups()
        context = {**self.admin_site.each_context(request), "title": "Failures", "content_title": "Failures"}
        context |= {"groups": found, "may_steer": self.has_steer_permission(request)}
        context |= {"cut": len(found) == MOST_GROUPS, "most": MOST_GROUPS}
        return TemplateResponse(request, "admin/crm_integrations/failures.html", context)


def groups() -> list[Group]:
    """What needs a person, by connection and cause, the most first."""
    with database.cursor() as cursor:
        cursor.execute(GROUPS, {"groups": MOST_GROUPS, "most": MOST + 1})
        rows: list[tuple[UUID, str, int, datetime, datetime]] = cursor.fetchall()
    names = dict(Connection.objects.values_list("pk", "name"))
    most = max((row[2] for row in rows), default=1)
    made = [
        Group(names[key], cause, count, max(1, 100 * count // most), oldest, newest, _query(key, cause))
        for key, cause, count, oldest, newest in rows
    ]
    return sorted(made, key=lambda each: (-each.count, each.connection, each.cause))


def _query(connection_id: UUID, cause: str) -> str:
    shown = list_url(DELIVERIES, connection__id__exact=connection_id, cause=sealed(cause))
    return shown.partition("?")[2]
