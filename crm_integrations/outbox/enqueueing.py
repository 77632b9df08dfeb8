"""Putting new deliveries into the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now

from crm_integrations import summary
from crm_integrations.models import REPEATABLE, Delivery, State

# A lead that is on its way, or may be at the vendor, is not enqueued again: what is sent is the newest version anyway.
ENQUEUE = """
INSERT INTO crm_integrations_delivery (
    id, created_at, updated_at, connection_id, kind, lead_id, loan_account_id, record_id, version, ref, state,
    accepted, attempts, lookups, absences, due_at, depends_on, reference, vendor_status, reason
)
SELECT n.id, now(), now(), n.connection_id, n.kind, n.lead_id, n.loan_account_id, n.record_id, n.version, n.ref,
    n.state, false, 0, 0, 0, now(), n.depends_on, '', '', n.reason
FROM unnest(
    %s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::text[],
    %s::text[], %s::text[]
) AS n(id, connection_id, kind, lead_id, loan_account_id, record_id, version, ref, state, depends_on, reason)
WHERE NOT EXISTS (
    SELECT 1 FROM crm_integrations_delivery d WHERE d.connection_id = n.connection_id AND d.kind = n.kind
    AND d.record_id = n.record_id AND d.state <> ALL (%s)
)
ON CONFLICT DO NOTHING
"""


def enqueue(deliveries: Sequence[Delivery]) -> int:
    """Put new deliveries into the outbox, in the caller's transaction; returns how many were new.

    One is left out when its record is already on its way to that connection, or may already be there.
    """
    if not deliveries:
        return 0
    lead_ids = {each.lead_id for each in deliveries}
    names = ("id", "connection_id", "kind", "lead_id", "loan_account_id", "record_id", "version", "ref", "state",
             "depends_on", "reason")  # fmt: skip
    columns = [[getattr(each, name) for each in deliveries] for name in names]
    again = [*REPEATABLE, State.SUPERSEDED]
    with transaction.atomic():
        held = summary.lock(lead_ids)
        with database.cursor() as cursor:
            cursor.execute(ENQUEUE, [*columns, again])
            enqueued = int(cursor.rowcount)
        _supersede(deliveries)
        summary.derive(held)
    return enqueued


def _supersede(deliveries: Sequence[Delivery]) -> None:
    """Close earlier versions that a newer one replaces; only an officer's change makes a version above 1."""
    for each in deliveries:
        if each.version > 1:
            earlier = Delivery.objects.filter(
                connection_id=each.connection_id, kind=each.kind, record_id=each.record_id
            )
            earlier = earlier.filter(version__lt=each.version, state__in=REPEATABLE)
            earlier.update(
                state=State.SUPERSEDED, reason=f"Version {each.version} took its place.", updated_at=Now()
            )
