"""After a database was restored from a backup: what stands as not sent may have been sent in the time that was lost."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from crm_integrations import summary
from crm_integrations.connector import Kind
from crm_integrations.models import REPEATABLE, Connection, Delivery, Exchange, State
from crm_integrations.models.exchange import UNANSWERED
from crm_integrations.outbox.decisions import NOT_ASKED_YET, change
from crm_integrations.outbox.doubting import AT_ONCE

NO_ID = UUID(int=0)
IN_DOUBT = (State.QUEUED, State.SENDING, State.RETRYING, State.UNKNOWN, State.REVIEW)
"""What may have gone on in that time, or been decided; what had been found out of it before is of another time."""


def at_work() -> int:
    """How many deliveries workers have in hand just now."""
    return Delivery.objects.filter(leased_until__gt=Now()).count()


def doubt_unsent(reason: str) -> Counter[str]:
    """Take all that stands as not sent for perhaps sent; how many by connection. No worker may be at work meanwhile.

    Each is looked up at its vendor before anything is sent; where the vendor can't be asked, a person decides. So is
    what waits for another record or ended without success, should it ever go on; and what has no delivery yet, once it
    gets one, if its lead is older than the restore.
    """
    Connection.objects.of_vendors().update(restored_at=Now())
    pushed = Delivery.objects.exclude(kind=Kind.EVENT)  # who gets an event twice knows it by its id
    pushed.filter(state__in=(State.WAITING, *REPEATABLE)).update(once_unknown=True)
    standing = pushed.filter(state__in=IN_DOUBT).order_by("pk")
    doubted, last = Counter[str](), NO_ID
    while ids := list(standing.filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE]):
        doubted.update(Delivery.objects.filter(pk__in=ids).values_list("connection__name", flat=True))
        _doubt(ids, reason)
        last = ids[-1]
    return doubted


def _doubt(ids: list[UUID], reason: str) -> None:
    anew = {"due_at": Now(), "once_unknown": True, **NOT_ASKED_YET}
    with transaction.atomic():
        rows = Delivery.objects.filter(pk__in=ids)
        summary.lock({lead_id for lead_id in rows.values_list("lead_id", flat=True) if lead_id})
        rows.update(lease=None, leased_until=None)
        Exchange.objects.filter(delivery__in=ids, finished_at=None).update(
            error=UNANSWERED, finished_at=Now()
        )
        change(ids, IN_DOUBT, state=State.UNKNOWN, reason=reason, **anew)
