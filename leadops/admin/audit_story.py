"""What the audit adds to a lead's timeline: what was done past the desk's own log, and what changed nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from leadops.admin.audit_sight import REVEALS, seen_without, unseen_by
from leadops.admin.timeline import Entry, source_for_reader
from leadops.kept_queries import Kept, read
from leadops.models import AuditEvent
from leadops.services import audit_words
from leadops.services.audit_words import Change, Told

PAST = "past"
RECORDS = ("leadops.lead", "leadops.applicant", "leadops.address", "leadops.bank")
CONSENT, HOLD = "leadops.consent", "leadops.legalhold"
ABOUT = (*RECORDS, CONSENT, HOLD, REVEALS)
WANTED = (
    Q(action=AuditEvent.Action.UPDATE, act__officer_id=None, model__in=RECORDS)
    | Q(action=AuditEvent.Action.UPDATE, model=CONSENT)
    | Q(action=AuditEvent.Action.REVEALED)
    | Q(model=HOLD)
)
"""What officers change on a page is in the desk's log already."""
TOLD_ELSEWHERE = {
    "status",
    "sync_status",
    "submitted_at",
    "waiting_for",
    "due_at",
    "drop_reason",
    "drop_note",
}
"""Columns of a lead that have entries or clocks of their own."""


@cache
def _events(limit: int, unseen: frozenset[str]) -> Kept[AuditEvent]:
    """The newest ones about records of these ids, and about what belongs to them: kept by length and role."""
    wanted = AuditEvent.objects.filter(WANTED, seen_without(unseen))
    found = wanted.select_related("act").order_by("-act_id", "-id")
    return Kept(lambda ids: found.filter(Q(record__in=ids) | Q(parent__in=ids))[:limit], [str])


@source_for_reader({PAST: gettext_lazy("By other ways")})
def past(lead: Any, limit: int, request: HttpRequest) -> Iterator[Entry]:
    """Changes by partners, by many at once and by the clock; consents withdrawn, data shown, and legal holds."""
    ids = [str(lead.pk), *(str(each.pk) for each in lead.applicants.all())]
    found = read(_events(limit, unseen_by(request, ABOUT))(ids))
    events = [each for each in found if not TOLD_ELSEWHERE.issuperset(each.changes or {"": 0})]
    url = reverse("admin:leadops_lead_history", args=[lead.pk])
    for each in audit_words.told(events):
        yield Entry(each.at, each.on_behalf_of or each.who, PAST, _in_words(each), url)


def _in_words(event: Told) -> str:
    said = f"{event.deed}: {event.what}"
    fields = ", ".join(map(_field, event.changes))
    return f"{said} ({fields})" if fields else said


def _field(change: Change) -> str:
    return f"{change.field}: {change.before} → {change.after}" if change.after else change.field
