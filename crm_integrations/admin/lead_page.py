"""What the integrations tell on the page of a lead: each call and answer, what vendors said since, and next steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_integrations.admin.chips import why_of
from crm_integrations.admin.standing import standing_of
from crm_integrations.admin.steering import MAY_SEE, MAY_STEER
from crm_integrations.models import NEEDS_PERSON, REPEATABLE, Delivery, Exchange, State
from crm_integrations.shown_calls import BEGINNING, what_was_said
from leadops.admin.lead_timeline import log_of, logged_too
from leadops.admin.next_steps import Step, ended, steps
from leadops.admin.page_urls import page_url
from leadops.admin.timeline import Entry, source
from leadops.kept_queries import Kept, read
from leadops.languages.said import said
from leadops.models import Lead

CALLS, STATUSES, DECISIONS = "calls", "statuses", "decisions"


LIGHT = (
    "created_at",
    "purpose",
    "operation",
    "version",
    "status",
    "response_headers",
    "error",
    "duration_ms",
    "finished_at",
    "delivery_id",
)


@cache
def _calls(limit: int) -> Kept[Any]:
    """The newest calls of these deliveries; there are as many limits as pages of a timeline."""
    answered = {"answered": Left("response_body", BEGINNING)}
    light: QuerySet[Any] = Exchange.objects.order_by("-id").only(*LIGHT).annotate(**answered)
    return Kept(lambda deliveries: light.filter(delivery__in=deliveries)[:limit], [UUID])


@source({CALLS: gettext_lazy("Vendor calls")}, "crm_integrations.view_exchange")
def calls(lead: Lead, limit: int) -> Iterator[Entry]:
    """Each call about the lead or its loan accounts, and what was answered."""
    told = _deliveries(lead)
    for call in read(_calls(limit)(list(told))) if told else []:
        connection = told[call.delivery_id].connection
        answer = what_was_said(call, connection, call.answered)
        version = _(", version %(number)s") % {"number": call.version} if call.version else ""
        took = f", {call.duration_ms} ms" if call.duration_ms is not None else ""
        words = f"{call.operation}{version}: {said(answer.words)}{took}"
        yield Entry(call.created_at, connection.name, CALLS, words, page_url(Exchange, call.pk), answer.tone)


@source({STATUSES: gettext_lazy("Vendor status")}, MAY_SEE)
def statuses(lead: Lead, limit: int) -> Iterator[Entry]:
    """That a vendor has it or why it has not, and each of its words for it since."""
    named = {sent.delivery.pk: row.name for row in standing_of(lead).rows for sent in row.deliveries}
    for each in _deliveries(lead).values():
        name = named[each.pk]
        url = page_url(Delivery, each.pk)
        yield Entry(each.created_at, name, STATUSES, _("Queued for %(name)s") % {"name": name}, url, "busy")
        if each.sent_again_at:
            words = _("%(name)s: an officer had it sent again") % {"name": name}
            yield Entry(each.sent_again_at, name, STATUSES, words, url, "busy")
        if each.state in NEEDS_PERSON:
            yield Entry(each.updated_at, name, STATUSES, f"{name}: {why_of(each)}", url, "bad")
        if each.state == State.DELIVERED and each.delivered_at:
            told = {"name": name, "reference": each.reference}
            words = (_("%(name)s has it as %(reference)s") if each.reference else _("%(name)s has it")) % told
            yield Entry(each.delivered_at, name, STATUSES, words, url, "good")
        for change in each.status_changes.all():
            words = f"{change.before or '–'} → {change.after} ({said(change.in_our_words)})"
            yield Entry(change.created_at, name, STATUSES, words, url)


@source({DECISIONS: gettext_lazy("Decisions")}, MAY_SEE)
def decisions(lead: Lead, limit: int) -> Iterator[Entry]:
    """What an officer decided about a delivery that nobody could be sure of."""
    told = {str(pk): each for pk, each in _deliveries(lead).items()}
    for entry in log_of(lead, limit):
        if (about := told.get(entry.object_id or "")) is not None:
            words = f"{about.connection.name}: {said(entry.get_change_message())}"
            yield Entry(entry.action_time, str(entry.user), DECISIONS, words, tone="warn")


@logged_too
def delivery_ids(lead: Lead) -> Iterable[str]:
    """The lead's deliveries, about which decisions are logged."""
    return map(str, _deliveries(lead))


def _deliveries(lead: Lead) -> dict[object, Delivery]:
    """All of the lead's, as the panel has read them."""
    shown = [sent for row in standing_of(lead).rows for sent in row.deliveries]
    return {each.delivery.pk: each.delivery for each in shown}


@steps
def send(request: HttpRequest, lead: Lead) -> Iterable[Step]:
    """Send it to connections of one's choice."""
    if not request.user.has_perm(MAY_SEE):
        return
    may = request.user.has_perm(MAY_STEER) and request.user.has_perm("leadops.change_lead")
    why_not = ended(lead) if may else _("You may not send leads to more connections.")
    yield Step(_("Send to…"), f"{reverse('admin:leadops_lead_send')}?lead={lead.pk}", why_not=why_not)


@steps
def decide(request: HttpRequest, lead: Lead) -> Iterable[Step]:
    """Go to what only a person can tell, or can have sent again."""
    if not request.user.has_perm(MAY_SEE):
        return
    states = {delivery.state for delivery in standing_of(lead).sent}
    if State.REVIEW in states:
        yield Step(_("Decide about a delivery"), "#deliveries", main=True)
    if states & set(REPEATABLE) - {State.SKIPPED, State.CANCELLED}:
        yield Step(_("Retry a delivery"), "#deliveries", why_not=ended(lead))
