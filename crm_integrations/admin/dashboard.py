"""What the integrations add to the first page: deliveries by connection and state, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm_integrations import why
from crm_integrations.admin.chips import connection_state, tone_of
from crm_integrations.admin.steering import DECISIONS, DELIVERIES, MAY_SEE
from crm_integrations.models import NEEDS_PERSON, Connection, Delivery, Notice, State
from leadops.admin import dashboard, queue
from leadops.admin.listed import rows_of
from leadops.admin.page_urls import list_url, page_url
from leadops.admin.pages import Ids, ids_of
from leadops.admin.queue import Counted, Number
from leadops.models import Lead
from leadops.sign_in.sessions import officer_of

NOTICES = "notices"
SOME_CONNECTION, SOME_STATE = UUID(int=0), "some state"
"""What stands in a query where a connection and a state are put in."""
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
    if not request.user.has_perm(MAY_SEE):
        return dashboard.context(request, context)
    # Of test leads' connections nothing is counted: they have pages of their own.
    real = Connection.objects.of_vendors().filter(test_space=False).select_related("health")
    connections = list(real.only("name", "enabled", "paused_until", "pause_reason", "paused_by", "health"))
    more = _of_deliveries(request, connections) | _of_notices(request)
    context = dashboard.context(request, context, more)
    if (numbers := context.get("numbers")) is None:
        return context
    return {
        **context,
        "delivery_states": [state.label for state in SHOWN],
        "delivery_rows": [_row(each, numbers) for each in connections],
        "needs_person": _needs_person(connections, numbers),
    }


@queue.provider
def own_doubts(request: HttpRequest) -> Iterable[Counted]:
    """Deliveries of the officer's own leads of which nobody can tell whether they arrived."""
    if request.user.has_perm(MAY_SEE):
        doubtful = rows_of(request, Delivery).filter(state=State.REVIEW, lead__owner_id=request.user.pk)
        url = list_url(DELIVERIES, state__exact=State.REVIEW.value, whose="me")
        yield Counted(_("Your deliveries that need a decision"), doubtful, url, "bad")


def _of_deliveries(request: HttpRequest, connections: Sequence[Connection]) -> dict[str, Counted]:
    """By connection and state, over the index of both.

    They differ in these two values alone, and the ORM would be longer about a hundred queries than PostgreSQL.
    """
    some = {"connection": SOME_CONNECTION, "state": SOME_STATE}
    found, stuck = (ids_of(each.filter(**some)) for each in (rows_of(request, Delivery), _stuck(request)))

    def rows(connection: Connection, state: State) -> Ids:
        sql, params = stuck if state in NEEDS_PERSON else found
        given = {SOME_CONNECTION: connection.pk, SOME_STATE: state.value}
        # Looked for in a tuple: a list among the values has no hash.
        return Ids(sql, tuple(given[each] if each in (*given,) else each for each in params))

    return {
        f"{each.pk} {state}": Counted(
            str(state.label),
            rows(each, state),
            list_url(DELIVERIES, connection__id__exact=each.pk, state__exact=state.value),
            tone_of(state),
        )
        for each in connections
        for state in SHOWN
    }


def _stuck(request: HttpRequest) -> QuerySet[Delivery]:
    """The deliveries among which all are that need a person: for who sees some leads, those of leads that say so.

    Each lead is told under its lock what its deliveries come to. So the few that are stuck are read from an index of
    their own, where every delivery that was ever refused would be looked up among all leads.
    """
    if (officer := officer_of(request)).sees_all:
        return rows_of(request, Delivery)
    leads = Lead.objects.visible_to(officer).filter(sync_status=Lead.SyncStatus.NEEDS_PERSON)
    return Delivery.objects.filter(lead__in=leads)


def _of_notices(request: HttpRequest) -> dict[str, Counted]:
    """The open notices, for those who may see them."""
    if not request.user.has_perm("crm_integrations.view_notice"):
        return {}
    url = reverse("admin:crm_integrations_notice_changelist")
    return {NOTICES: Counted(_("Open notices"), rows_of(request, Notice).filter(closed_at=None), url, "bad")}


def _row(connection: Connection, numbers: Mapping[str, Number]) -> dict[str, Any]:
    """A connection, how it stands, and its deliveries by state."""
    return {
        "connection": connection,
        "url": page_url(Connection, connection.pk),
        "standing": connection_state(connection),
        "why": why.held_up(connection, timezone.now()),
        "numbers": [numbers[f"{connection.pk} {state}"] for state in SHOWN],
    }


def _needs_person(connections: Sequence[Connection], numbers: Mapping[str, Number]) -> list[Number]:
    """What goes no further by itself; a state whose count is 0 is left out."""
    found = []
    for state in NEEDS_PERSON:
        total = sum(numbers[f"{each.pk} {state}"].count for each in connections)
        decided = state == State.REVIEW  # on a page of their own
        listed = {} if decided else {"state__exact": state.value}
        url = list_url(DECISIONS if decided else DELIVERIES, **listed, space="real")
        label = _("Deliveries: %(state)s") % {"state": str(state.label).lower()}
        found.append(Number(label, total, url, "bad"))
    for each in connections:
        if each.paused:
            url = page_url(Connection, each.pk)
            found.append(Number(_("%(name)s is paused") % {"name": each}, 1, url, "warn"))
    if told := numbers.get(NOTICES):
        label = _("Open notice") if told.count == 1 else told.label
        found.append(Number(label, told.count, told.url, told.tone))
    return [number for number in found if number.count]
