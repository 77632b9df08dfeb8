"""Putting new deliveries into the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from crm_integrations import doorbell, summary
from crm_integrations.models import REPEATABLE, State


class New(NamedTuple):
    """A delivery to be put into the outbox; its fields are those of `Delivery`, in the order of the statement.

    `waiting_for`: the reason to show while the vendor in `depends_on` does not know the lead.
    """

    id: UUID
    connection_id: UUID
    kind: str
    lead_id: UUID
    loan_account_id: UUID | None
    record_id: UUID
    version: int
    ref: str
    depends_on: str = ""
    waiting_for: str = ""


# A lead that is on its way, or may be at the vendor, is not enqueued again: what is sent is the newest version anyway.
# A reference that another record has at that connection is not given twice: the record's own id takes its place.
ENQUEUE = """
INSERT INTO crm_integrations_delivery (
    id, created_at, updated_at, connection_id, kind, lead_id, loan_account_id, record_id, version, ref, state,
    accepted, attempts, lookups, absences, due_at, depends_on, reference, vendor_status, reason
)
SELECT n.id, now(), now(), n.connection_id, n.kind, n.lead_id, n.loan_account_id, n.record_id, n.version,
    CASE WHEN taken.ref THEN replace(n.record_id::text, '-', '') ELSE n.ref END,
    CASE WHEN waits.yes THEN 'waiting' ELSE 'queued' END, false, 0, 0, 0, now(), n.depends_on, '', '',
    CASE WHEN waits.yes THEN n.waiting_for ELSE '' END
FROM unnest(
    %s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::text[],
    %s::text[]
) AS n(id, connection_id, kind, lead_id, loan_account_id, record_id, version, ref, depends_on, waiting_for)
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM crm_integrations_delivery o
        WHERE o.connection_id = n.connection_id AND o.ref = n.ref AND o.record_id <> n.record_id
    ) AS ref
) taken
CROSS JOIN LATERAL (
    SELECT n.depends_on <> '' AND NOT EXISTS (
        SELECT 1 FROM crm_integrations_delivery l JOIN crm_integrations_connection c ON c.id = l.connection_id
        WHERE l.lead_id = n.lead_id AND l.kind = 'lead' AND l.state = 'delivered' AND l.reference <> ''
            AND c.vendor = n.depends_on
    ) AS yes
) waits
WHERE NOT EXISTS (
    SELECT 1 FROM crm_integrations_delivery d WHERE d.connection_id = n.connection_id AND d.kind = n.kind
    AND d.record_id = n.record_id AND d.state <> ALL (%s)
)
ON CONFLICT DO NOTHING
"""


class Enqueued(NamedTuple):
    """How many deliveries were new, and each lead's summary from now on."""

    made: int
    words: Mapping[UUID, str]


def enqueue(deliveries: Sequence[New]) -> Enqueued:
    """Put new deliveries into the outbox, in the caller's transaction.

    One is left out when its record is already on its way to that connection, or may already be there.
    """
    if not deliveries:
        return Enqueued(0, {})
    columns = [list(column) for column in zip(*deliveries, strict=True)]
    again = [*REPEATABLE, State.SUPERSEDED]
    with transaction.atomic(savepoint=False):
        locked = summary.lock({each.lead_id for each in deliveries})
        with database.cursor() as cursor:
            cursor.execute(ENQUEUE, [*columns, again])
            made = int(cursor.rowcount)
        _supersede(deliveries)
        words = summary.derive(locked)
    doorbell.ring_on_commit()
    return Enqueued(made, words)


SUPERSEDE = """
UPDATE crm_integrations_delivery d SET state = 'superseded', cause = '', updated_at = now(),
    reason = 'Version ' || n.version || ' took its place.'
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::int[]) AS n(connection_id, kind, record_id, version)
WHERE d.connection_id = n.connection_id AND d.kind = n.kind AND d.record_id = n.record_id
    AND d.version < n.version AND d.state = ANY(%s)
"""


def _supersede(deliveries: Sequence[New]) -> None:
    """Close earlier versions that a newer one replaces; only an officer's change makes a version above 1."""
    newer = [
        (each.connection_id, each.kind, each.record_id, each.version)
        for each in deliveries
        if each.version > 1
    ]
    if newer:
        with database.cursor() as cursor:
            cursor.execute(
                SUPERSEDE, [*(list(column) for column in zip(*newer, strict=True)), list(REPEATABLE)]
            )
