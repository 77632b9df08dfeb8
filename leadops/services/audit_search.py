"""Finding events: all that was done with a record and what belongs to it, and all that anybody did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from leadops import statements
from leadops.audit.scope import belonging_to
from leadops.ids import midnight
from leadops.models import AuditAct, AuditEvent, Lead, Officer
from leadops.services.audit_words import Told, told

KINDS = ("officer", "partner", "task", "command", "database role")
"""What `who` begins with: a search names an officer without it, too."""
OF_LEAD = """
WITH people AS (
    SELECT id::text FROM leadops_applicant WHERE lead_id = %(lead)s
    UNION SELECT record FROM leadops_auditevent WHERE parent = %(lead)s::text AND model = 'leadops.applicant'
)
SELECT id FROM people UNION ALL SELECT id::text FROM leadops_consent WHERE lead_id = %(lead)s
UNION ALL SELECT id::text FROM leadops_document WHERE lead_id = %(lead)s
UNION ALL SELECT id::text FROM leadops_loanaccount WHERE lead_id = %(lead)s
UNION ALL SELECT a.id::text FROM leadops_address a JOIN people p ON a.applicant_id::text = p.id
UNION ALL SELECT b.id::text FROM leadops_bank b JOIN people p ON b.applicant_id::text = p.id
"""


class Cursor(NamedTuple):
    """Where a page ends: what is older follows."""

    act: int
    id: int


class Wanted(NamedTuple):
    """What is searched for; empty parts narrow nothing."""

    who: str = ""
    model: str = ""
    record: str = ""
    action: str = ""
    request_id: str = ""
    first: date | None = None
    last: date | None = None


def history(
    record: Model, reader: Officer, before: Cursor | None, limit: int, seen: Q | None = None
) -> list[Told]:
    """What was done with a record, and with what belongs to it and `reader` sees, newest first; `seen` narrows it."""
    seen = seen or Q()
    if isinstance(record, Lead):
        return told(_page(_of_lead(record.pk).filter(seen), before, limit))
    own = Q(record=str(record.pk), model=record._meta.label_lower)
    parts = Q(parent=str(record.pk)) & (Q() if reader.sees_all else _in_sight(record, reader))
    return told(_page(AuditEvent.objects.filter(own | parts, seen), before, limit))


def _in_sight(record: Model, reader: Officer) -> Q:
    """Which events of what belongs to `record` are shown: what all branches share is no way into another one's."""
    shown = Q()
    for model, to_record in belonging_to(type(record)):
        rows: Any = model._default_manager.filter(**{to_record: record})
        if hasattr(rows, "visible_to"):
            keys = rows.visible_to(reader).order_by().annotate(key=Cast("pk", TextField())).values("key")
            shown &= ~Q(model=model._meta.label_lower) | Q(record__in=keys)
    return shown


def _of_lead(pk: UUID) -> QuerySet[AuditEvent]:
    family = [str(pk), *(key for (key,) in statements.rows(OF_LEAD, {"lead": pk}))]
    return AuditEvent.objects.filter(Q(record__in=family) | Q(parent__in=family))


def search(wanted: Wanted, before: Cursor | None, limit: int) -> list[Told]:
    """What was done by anybody, newest first."""
    return told(_page(_found(wanted), before, limit))


def every(wanted: Wanted, most: int, at_once: int = 2_000) -> Iterator[Told]:
    """All that `search` finds, up to so many, read a few thousand at a time."""
    before = None
    while most > 0 and (page := search(wanted, before, min(at_once, most))):
        yield from page
        most -= len(page)
        before = Cursor(page[-1].act, page[-1].id)


def _page(events: QuerySet[AuditEvent], before: Cursor | None, limit: int) -> QuerySet[AuditEvent]:
    if before is not None:
        older = Q(act_id__lt=before.act) | Q(id__lt=before.id)
        events = events.filter(older, act_id__lte=before.act)
    return events.select_related("act").order_by("-act_id", "-id")[:limit]


def _found(wanted: Wanted) -> QuerySet[AuditEvent]:
    exact = {"model": wanted.model, "record": wanted.record, "action": wanted.action}
    given: dict[str, Any] = {name: value for name, value in exact.items() if value}
    if wanted.first:
        given["at__gte"] = midnight(wanted.first)
    if wanted.last:
        given["at__lt"] = midnight(wanted.last + timedelta(days=1))
    events = AuditEvent.objects.filter(**given)
    if wanted.who or wanted.request_id:
        events = events.filter(act__in=_acts(wanted).values("id"))
    return events


def _acts(wanted: Wanted) -> QuerySet[AuditAct]:
    acts = AuditAct.objects.all()
    if wanted.request_id:
        acts = acts.filter(request_id=wanted.request_id)
    if wanted.who:
        named = Q(who__startswith=wanted.who)
        for kind in KINDS:
            named |= Q(who__startswith=f"{kind} {wanted.who}")
        acts = acts.filter(named)
    return acts
