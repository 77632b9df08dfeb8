"""What is done for new leads once they are stored: an owner by turns, and a clock.

Not where they are taken in, so that no import waits for it and no two intakes wait for each other's turn.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from leadops import doorbell
from leadops.faults import place_of
from leadops.ids import uuid7
from leadops.models import NewLeads
from leadops.prepared import Statement, run
from leadops.services import assignment, sla_clocks

logger = logging.getLogger(__name__)
TAKE_UP = "leadops.tasks.take_up_new_leads"
# Where the lender has no rule there is nothing to do, and this is all that an intake pays.
MARK = Statement(
    "mark_new_leads",
    """
    INSERT INTO leadops_newleads (id, created_at, updated_at, leads)
    SELECT %(id)s, now(), now(), %(leads)s
    WHERE EXISTS (SELECT FROM leadops_assignmentrule WHERE active) OR EXISTS (SELECT FROM leadops_slarule)
    """,
    id="uuid",
    leads="uuid[]",
)


def told(lead_ids: Iterable[UUID]) -> dict[str, Any]:
    """The parameters of `MARK`."""
    return {"id": uuid7(), "leads": f"{{{','.join(map(str, lead_ids))}}}"}


def mark(lead_ids: Sequence[UUID]) -> None:
    """Have these leads taken up after the caller's transaction; the clock finds a single one within seconds."""
    with connection.cursor() as cursor:
        run(cursor, told(lead_ids), MARK)
        marked = cursor.rowcount
    if marked and len(lead_ids) > 1:
        transaction.on_commit(lambda: doorbell.ring(TAKE_UP), robust=True)


def take_up() -> int:
    """Give all leads that wait for it an owner and a clock; returns how many there were."""
    done, last = 0, None
    while (found := _next(last)) is not None:
        last, count = found
        done += count
    return done


def _next(after: UUID | None) -> tuple[UUID, int] | None:
    """Take up the next intake that nobody else has in hand; one that breaks does not keep the others from it."""
    key = None
    try:
        with transaction.atomic():
            left = NewLeads.objects.select_for_update(skip_locked=True).order_by("pk")
            row = (left if after is None else left.filter(pk__gt=after)).first()
            if row is None:
                return None
            key = row.pk
            assignment.give_out(row.leads)
            sla_clocks.start(row.leads)
            row.delete()
            return key, len(row.leads)
    except DatabaseError:
        raise
    except Exception as error:
        if key is None:
            raise
        logger.error("New leads %s could not be taken up: %s.", key, place_of(error))
        return key, 0
