"""Putting new deliveries into the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from django.db import connection as database
from django.db import transaction

from crm_integrations import doorbell, summary
from crm_integrations.connector import Connector
from crm_integrations.models import REPEATABLE, Connection, State
from leadops import statements
from leadops.models import Lead, LoanAccount


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


REFERENCES = 0x726566
"""The first half of our advisory locks; those of others in leadops are of one number."""
MOST_LOCKS = 4096
"""PostgreSQL keeps all locks of all sessions in one table of some 6,400."""
# Two transactions that give out one reference see nothing of each other: the second waits here for the first to end,
# and then looks, in a statement of its own, whether the reference is taken. In one order, so that nobody deadlocks.
ONE_AFTER_THE_OTHER = (
    f"SELECT pg_advisory_xact_lock({REFERENCES}, given.number) FROM unnest(%s::int[]) given(number)"
)
# A reference that another record has at that connection is not given twice: the record's own id takes its place.
TAKEN = """
SELECT EXISTS (
    SELECT 1 FROM crm_integrations_delivery o
    WHERE o.connection_id = {connection} AND o.ref = {ref} AND o.record_id <> {record}
) AS ref
"""

# A lead that is on its way, or may be at the vendor, is not enqueued again: what is sent is the newest version anyway.
ENQUEUE = f"""
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
CROSS JOIN LATERAL ({TAKEN.format(connection="n.connection_id", ref="n.ref", record="n.record_id")}) taken
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


def reference_of(record: Lead | LoanAccount, vendor: type[Connector]) -> str:
    """The reference `vendor` is to be told: the partner's own where there is one and it is told those, else ours."""
    told = record.partner_ref_id if vendor.tells_partner_reference and isinstance(record, Lead) else ""
    return told or record.pk.hex


def reference_at(connection: Connection, record: Lead | LoanAccount) -> str:
    """The reference that `enqueue` would give `record` at `connection` now."""
    ref = reference_of(record, connection.connector_class)
    taken = TAKEN.format(connection="%s", ref="%s", record="%s")
    [(is_taken,)] = statements.rows(taken, [connection.pk, ref, record.pk])
    return record.pk.hex if is_taken else ref


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
    named = list(_one_reference_each(deliveries))
    columns = [list(column) for column in zip(*named, strict=True)]
    again = [*REPEATABLE, State.SUPERSEDED]
    with transaction.atomic(savepoint=False):
        locked = summary.lock({each.lead_id for each in deliveries})
        with database.cursor() as cursor:
            cursor.execute(f"{ONE_AFTER_THE_OTHER}; {ENQUEUE}", [_locks(named), *columns, again])
            cursor.nextset()
            made = int(cursor.rowcount)
        _supersede(deliveries)
        words = summary.derive(locked)
    doorbell.ring_on_commit()
    return Enqueued(made, words)


def _one_reference_each(deliveries: Sequence[New]) -> Iterator[New]:
    """`deliveries` where no two records have one reference at one connection."""
    owners: dict[tuple[UUID, str], UUID] = {}
    for each in deliveries:
        owner = owners.setdefault((each.connection_id, each.ref), each.record_id)
        yield each if owner == each.record_id else each._replace(ref=each.record_id.hex)


def _locks(deliveries: Sequence[New]) -> list[int]:
    """Numbers for the references that another record could be given too; a record's own id is nobody else's."""
    told = (f"{each.connection_id} {each.ref}" for each in deliveries if each.ref != each.record_id.hex)
    return sorted({crc32(each.encode()) % MOST_LOCKS for each in told})


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
