"""The page "Failures": what needs a person, grouped by connection and cause, each group a press away from a replay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from crm_integrations import failures
from crm_integrations.admin.steering import DELIVERIES
from crm_integrations.models import Connection
from leadops.admin.page_urls import list_url
from leadops.admin.pages import MOST, in_words
from leadops.admin.sealed_search import sealed
from leadops.models import Officer
from leadops.sign_in.sessions import officer_of

MOST_GROUPS = 200


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
    left_to_you: bool
    """Whether no replay helps: they may be at a vendor that can't be asked."""

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
        found = groups(officer_of(request))
        context = {**self.admin_site.each_context(request), "title": gettext("Failures")}
        context["content_title"] = context["title"]
        context |= {"groups": found, "may_steer": self.has_replay_permission(request)}
        context |= {"cut": len(found) == MOST_GROUPS, "most": MOST_GROUPS}
        return TemplateResponse(request, "admin/crm_integrations/failures.html", context)


def groups(officer: Officer) -> list[Group]:
    """What needs a person and is in the officer's sight, by connection and cause, the most first."""
    found = failures.groups(officer, at_most=MOST_GROUPS, count_to=MOST + 1)
    connections = Connection.objects.in_bulk()
    most = max((each.count for each in found), default=1)
    return sorted(
        (_shown(each, connections[each.connection_id], most) for each in found),
        key=lambda each: (-each.count, each.connection, each.cause),
    )


def _shown(found: failures.Group, connection: Connection, most: int) -> Group:
    share = max(1, 100 * found.count // most)
    query = _query(found.connection_id, found.cause)
    undecided = found.undecided and not connection.connector_class.can_find
    shown = (connection.name, found.cause, found.count, share, found.oldest, found.newest, query)
    return Group(*shown, left_to_you=undecided)


def _query(connection_id: UUID, cause: str) -> str:
    shown = list_url(DELIVERIES, connection__id__exact=connection_id, cause=sealed(cause))
    return shown.partition("?")[2]
