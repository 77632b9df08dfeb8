"""What the integrations add to the first page: deliveries by connection and state, and what needs a person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from crm_integrations.admin.chips import tone_of
from crm_integrations.admin.steering import DECISIONS
from crm_integrations.models import NEEDS_PERSON, Connection, Delivery, Notice, State
from leadops.admin import dashboard
from leadops.admin.dashboard import Number, list_url
from leadops.admin.pages import MOST, capped_counts

DELIVERIES = "admin:crm_integrations_delivery_changelist"
NOTICES = "notices"
SHOWN = [
    State.DELIVERED,
    State.QUEUED,
    State.SENDING,
    State.WAITING,
    State.RETRYING,
    State.UNKNOWN,
    State.REVIEW,
    State.REJECTED,
    State.DEAD,
    State.FAILED,
    State.SKIPPED,
]


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The core's first page, and the deliveries for those who may see them."""
    context = dashboard.context(request, context)
    if not request.user.has_perm("crm_integrations.view_delivery"):
        return context
    connections = list(Connection.objects.of_vendors().only("id", "name", "paused_until"))
    counts = _counts(connections)
    told = _notices(request, counts)
    return {
        **context,
        "delivery_states": [state.label for state in SHOWN],
        "delivery_rows": [{"connection": each, "numbers": _numbers(each, counts)} for each in connections],
        "needs_person": [*_needs_person(connections, counts), *told],
    }


def _counts(connections: list[Connection]) -> dict[str, int]:
    """By connection and state, in one query over the index of both."""
    cells = {(each, state) for each in connections for state in SHOWN}
    rows = {
        f"{each.pk} {state}": Delivery.objects.filter(connection=each, state=state) for each, state in cells
    }
    return capped_counts({**rows, NOTICES: Notice.objects.filter(closed_at=None)})


def _notices(request: HttpRequest, counts: dict[str, int]) -> list[Number]:
    """The open notices, for those who may see them."""
    if not counts[NOTICES] or not request.user.has_perm("crm_integrations.view_notice"):
        return []
    label = "Open notice" if counts[NOTICES] == 1 else "Open notices"
    return [Number(label, counts[NOTICES], reverse("admin:crm_integrations_notice_changelist"), "bad")]


def _numbers(connection: Connection, counts: dict[str, int]) -> list[Number]:
    return [
        Number(
            str(state.label),
            counts[f"{connection.pk} {state}"],
            list_url(DELIVERIES, connection__id__exact=connection.pk, state__exact=state.value),
            tone_of(state),
        )
        for state in SHOWN
    ]


def _needs_person(connections: list[Connection], counts: dict[str, int]) -> list[Number]:
    """What goes no further by itself; a state whose count is 0 is left out."""
    found = []
    for state in NEEDS_PERSON:
        total = sum(min(counts[f"{each.pk} {state}"], MOST + 1) for each in connections)
        decided = state == State.REVIEW  # on a page of their own
        url = reverse(DECISIONS) if decided else list_url(DELIVERIES, state__exact=state.value)
        found.append(Number(str(state.label), total, url, "bad"))
    for each in connections:
        if each.paused:
            url = reverse("admin:crm_integrations_connection_change", args=[each.pk])
            found.append(Number(f"{each} is paused", 1, url, "warn"))
    return [number for number in found if number.count]
