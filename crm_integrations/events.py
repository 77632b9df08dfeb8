"""Writing what happened to what is a partner's, in the transaction in which it did.

Only for partners who asked for events: for all others an import of a hundred thousand leads writes none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection as database

from crm_integrations import doorbell
from crm_integrations.connector import Kind
from crm_integrations.models import Delivery, EventType, State
from leadops import statements
from leadops.ids import uuid7
from leadops.models import ImportBatch, Lead
from leadops.prepared import Statement, run

TOLD = {
    State.DELIVERED: EventType.LEAD_DELIVERED,
    State.REJECTED: EventType.LEAD_REJECTED,
    State.REVIEW: EventType.LEAD_NEEDS_REVIEW,
    State.DEAD: EventType.LEAD_NEEDS_REVIEW,
    State.FAILED: EventType.LEAD_NEEDS_REVIEW,
}
"""The states of a lead's delivery that its partner is told of."""

# Events, and a note of them where somebody subscribed. `{rows}`: id, partner, type and data of each.
WRITE = """
made AS (
    INSERT INTO crm_integrations_partnerevent (id, partner_id, type, data) {rows}
    RETURNING number, partner_id, type
), noted AS (
    INSERT INTO crm_integrations_untold (partner_id, first, last)
    SELECT m.partner_id, min(m.number), max(m.number) FROM made m WHERE EXISTS (
        SELECT 1 FROM crm_integrations_subscription s JOIN crm_integrations_connection c ON c.id = s.connection_id
        WHERE s.partner_id = m.partner_id AND c.enabled AND m.type = ANY(s.events)
    ) GROUP BY m.partner_id RETURNING 1
)
"""
ANY_NOTED = "SELECT 1 FROM noted"
OF_LEADS = """
SELECT given.id, l.partner_id, %(type)s,
    jsonb_build_object('lead_id', l.id, 'program_id', l.program_id, 'status', l.status, 'version', l.version)
FROM unnest(%(ids)s::uuid[], %(about)s::uuid[]) WITH ORDINALITY given(id, lead, place)
JOIN leadops_lead l ON l.id = given.lead JOIN leadops_partner p ON p.id = l.partner_id AND p.keeps_events
ORDER BY given.place
"""
OF_ACCOUNTS = """
SELECT given.id, l.partner_id, %(type)s,
    jsonb_build_object('account_id', a.id, 'lead_id', a.lead_id, 'status', a.status)
FROM unnest(%(ids)s::uuid[], %(about)s::uuid[]) WITH ORDINALITY given(id, account, place)
JOIN leadops_loanaccount a ON a.id = given.account JOIN leadops_lead l ON l.id = a.lead_id
JOIN leadops_partner p ON p.id = l.partner_id AND p.keeps_events ORDER BY given.place
"""
OF_IMPORTS = """
SELECT given.id, b.partner_id, %(type)s, jsonb_build_object('import_id', b.id, 'state', b.state, 'created', b.created,
    'updated', b.updated, 'skipped', b.skipped, 'failed', b.failed)
FROM unnest(%(ids)s::uuid[], %(about)s::uuid[]) given(id, batch)
JOIN leadops_importbatch b ON b.id = given.batch JOIN leadops_partner p ON p.id = b.partner_id AND p.keeps_events
"""
DELIVERY_DATA = """jsonb_build_object('lead_id', d.lead_id, 'delivery_id', d.id, 'connection', c.name,
    'state', d.state, 'reference', d.reference)"""
OF_DELIVERIES = f"""
SELECT given.id, l.partner_id, %(type)s, {DELIVERY_DATA}
FROM unnest(%(ids)s::uuid[], %(about)s::uuid[]) WITH ORDINALITY given(id, delivery, place)
JOIN crm_integrations_delivery d ON d.id = given.delivery AND d.kind = 'lead' AND d.state = %(state)s
JOIN crm_integrations_connection c ON c.id = d.connection_id JOIN leadops_lead l ON l.id = d.lead_id
JOIN leadops_partner p ON p.id = l.partner_id AND p.keeps_events ORDER BY given.place
"""  # noqa: S608 (our own words only)
OF_SETTLED = f"""
SELECT d.event, l.partner_id, d.told, {DELIVERY_DATA} FROM written d
JOIN crm_integrations_connection c ON c.id = d.connection_id JOIN leadops_lead l ON l.id = d.lead_id
JOIN leadops_partner p ON p.id = l.partner_id AND p.keeps_events WHERE d.event IS NOT NULL
"""  # noqa: S608 (our own words only)
WRITE_SETTLED = WRITE.format(rows=OF_SETTLED)
"""To follow the change of deliveries, `written`, in the same statement; with the columns of SETTLED."""
SETTLED = "event uuid, told text"

LISTENING = "SELECT 1 FROM leadops_partner WHERE id = ANY(%s) AND keeps_events LIMIT 1"
LEAD_CREATED = Statement(
    "lead_created",
    f"WITH {WRITE.format(rows=OF_LEADS)} {ANY_NOTED}",
    type="text",
    ids="uuid[]",
    about="uuid[]",
)


def of_new_leads(leads: Sequence[Lead]) -> None:
    """These leads were made."""
    if _some_listen(leads):
        ids = [lead.pk for lead in leads]
        with database.cursor() as cursor:
            run(cursor, _named(EventType.LEAD_CREATED, ids), LEAD_CREATED)
            _ring(cursor.rowcount)


def _some_listen(leads: Sequence[Lead]) -> bool:
    """Whether a partner of these asked for events.

    Of a single lead the partner was read a moment ago, with the key; an import reads it once, perhaps long ago.
    """
    if len(leads) == 1 and Lead.partner.is_cached(leads[0]):
        return leads[0].partner.keeps_events
    return bool(statements.rows(LISTENING, [list({lead.partner_id for lead in leads})]))


def of_changed_leads(leads: Sequence[Lead]) -> None:
    """What these leads say was changed."""
    _write(OF_LEADS, EventType.LEAD_UPDATED, [lead.pk for lead in leads])


def of_accounts(account_ids: Sequence[UUID]) -> None:
    """These loan accounts have another status."""
    _write(OF_ACCOUNTS, EventType.ACCOUNT_STATUS_CHANGED, account_ids)


def of_imports(batches: Sequence[ImportBatch]) -> None:
    """These imports have ended."""
    _write(OF_IMPORTS, EventType.IMPORT_FINISHED, [batch.pk for batch in batches])


def of_deliveries(delivery_ids: Collection[UUID], state: State) -> None:
    """Those of these deliveries that are in `state` now came into it in this transaction."""
    if state in TOLD and delivery_ids:
        _write(OF_DELIVERIES, TOLD[state], sorted(delivery_ids), state=state.value)


def of_settled(delivery: Delivery, state: State) -> dict[str, str]:
    """What WRITE_SETTLED asks for, nothing where its partner is told nothing of the delivery in this state.

    For who did not ask the statement would write nothing either, and take a fifth of a millisecond for it.
    """
    if delivery.kind != Kind.LEAD or not delivery.partner_listens or state not in TOLD:
        return {}
    return {"event": uuid7().hex, "told": TOLD[state].value}


def _write(rows: str, what: EventType, about: Sequence[UUID], **more: str) -> None:
    found = statements.rows(f"WITH {WRITE.format(rows=rows)} {ANY_NOTED}", _named(what, about) | more)
    _ring(len(found))


def _named(what: EventType, about: Sequence[UUID]) -> dict[str, Any]:
    return {"type": what.value, "ids": _array(uuid7() for _ in about), "about": _array(about)}


def _array(ids: Iterable[UUID]) -> str:
    """As PostgreSQL reads it: the driver takes ten times as long to write many ids."""
    return f"{{{','.join(map(str, ids))}}}"


def _ring(noted: int) -> None:
    if noted:
        doorbell.ring_on_commit()


# Reading ----------------------------------------------------------------------------------------------------------

WRITTEN = "SELECT last_value FROM crm_integrations_partnerevent_number_seq"
# The locks of those that write just now, by what the trigger gave them for a number. Our own hides nothing from us.
WRITING = """
SELECT min(((classid::bigint & 255) << 32) | objid::bigint) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint >> 8) = x'657674'::bigint AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def last_readable() -> int:
    """The number up to which every event that will ever be is there to be read: none with a lower one comes later.

    In two statements, because what was written last has to be known before it is seen who writes.
    """
    [(written,)] = statements.rows(WRITTEN)
    [(writing,)] = statements.rows(WRITING)
    return int(written if writing is None else min(written, writing))
