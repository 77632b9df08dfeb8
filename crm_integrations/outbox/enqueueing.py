"""Putting new deliveries into the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

from django.db import connection as database
from django.db import transaction
from django.db.backends.utils import CursorWrapper

from crm_integrations import doorbell, summary
from crm_integrations.connector import Connector
from crm_integrations.models import REPEATABLE, Connection, State
from crm_integrations.outbox import bars
from leadops import statements
from leadops.models import Lead, LoanAccount
from leadops.prepared import AS_BEFORE, IN_ORDER, Along, Statement, run, width


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


INSERT = "enqueue_"
IDS = ("id", "connection_id", "lead_id", "loan_account_id", "record_id")
REFERENCES = 0x726566
"""The first half of our advisory locks; those of the duplicates have another, all others are of one number."""
MOST_LOCKS = 4096
"""PostgreSQL keeps all locks of all sessions in one table of some 6,400."""
# Two transactions that give out one reference see nothing of each other: the second waits here for the first to end,
# and then looks, in a statement of its own, whether the reference is taken. In one order, so that nobody deadlocks.
ONE_AFTER_THE_OTHER = Statement(
    "lock_references",
    f"SELECT pg_advisory_xact_lock({REFERENCES}, given.number) FROM unnest(%(locks)s) given(number)",
    locks="int[]",
)
# A reference that another record has at that connection is not given twice: the record's own id takes its place.
TAKEN = """
SELECT EXISTS (
    SELECT 1 FROM crm_integrations_delivery o
    WHERE o.connection_id = {connection} AND o.ref = {ref} AND o.record_id <> {record}
) AS ref
"""

# What can't be is not asked: of many deliveries, the answers take longer than putting them in. A record's own id is
# nobody else's reference, and only a record that needs another first can wait.
NEVER_TAKEN, NEVER_WAITS = "SELECT false AS ref", "SELECT false AS yes"
NEVER_BARRED = "SELECT NULL::text AS by, NULL::text AS said WHERE false"
TAKEN_BY_ANOTHER = TAKEN.format(connection="n.connection_id", ref="n.ref", record="n.record_id")
WAITS = """
SELECT n.depends_on <> '' AND NOT EXISTS (
    SELECT 1 FROM crm_integrations_delivery l JOIN crm_integrations_connection c ON c.id = l.connection_id
    WHERE l.lead_id = n.lead_id AND l.kind = 'lead' AND l.state = 'delivered' AND l.reference <> ''
        AND c.vendor = n.depends_on
) AS yes
"""
# Of a lead that was there when the database was restored, all may have been sent in the time that was lost, unless it
# was sent since; but an account is rather verified twice than by a person.
RESTORED = """
n.kind <> 'bank' AND coalesce((
    SELECT coalesce(earlier.made_at, (SELECT l.created_at FROM leadops_lead l WHERE l.id = n.lead_id)) < c.restored_at
    FROM crm_integrations_connection c WHERE c.id = n.connection_id AND c.restored_at IS NOT NULL
), false)
"""
PERHAPS_THERE = "It may be at the vendor since before."
# A lead that is on its way, or may be at the vendor, is not enqueued again: what is sent is the newest version anyway.
# Asked also of a first version: whoever announces it may have read it before another officer sent the second.
# What an earlier version may have left at the vendor is looked up first, and would not be found by another reference;
# the newest says, as an officer may have made sure since.
# Each is looked for by its own key, as the order says that no other index has: a plan made while the table was small
# would read all that a connection has been sent.
ENQUEUE = """
INSERT INTO crm_integrations_delivery (
    id, created_at, updated_at, connection_id, kind, lead_id, loan_account_id, record_id, version, ref, state,
    accepted, attempts, lookups, absences, due_at, depends_on, reference, vendor_status, reason, cause, no_consent,
    once_unknown
)
SELECT n.id, now(), now(), n.connection_id, n.kind, n.lead_id, n.loan_account_id, n.record_id, n.version,
    CASE WHEN earlier.doubted THEN earlier.ref WHEN taken.ref THEN replace(n.record_id::text, '-', '') ELSE n.ref END,
    CASE WHEN bar.by = 'border' THEN 'skipped' WHEN bar.by = 'consent' OR waits.yes THEN 'waiting'
        WHEN doubt.yes THEN 'unknown' ELSE 'queued' END,
    false, 0, 0, 0, now(), n.depends_on, '', '',
    CASE WHEN bar.by IS NOT NULL THEN bar.said WHEN waits.yes THEN n.waiting_for
        WHEN doubt.yes THEN %(perhaps_there)s ELSE '' END,
    CASE WHEN bar.by = 'border' THEN %(across)s ELSE '' END, coalesce(bar.by = 'consent', false),
    doubt.yes
FROM unnest(
    %(id)s::uuid[], %(connection_id)s::uuid[], %(kind)s::text[], %(lead_id)s::uuid[], %(loan_account_id)s::uuid[],
    %(record_id)s::uuid[], %(version)s::int[], %(ref)s::text[], %(depends_on)s::text[], %(waiting_for)s::text[]
) AS n(id, connection_id, kind, lead_id, loan_account_id, record_id, version, ref, depends_on, waiting_for)
CROSS JOIN LATERAL (
    SELECT bool_or(d.state <> ALL (%(again)s)) AS stays,
        max(d.created_at) AS made_at, (array_agg(d.ref ORDER BY d.version DESC))[1] AS ref,
        (array_agg(d.once_unknown ORDER BY d.version DESC))[1] AS doubted
    FROM (
        SELECT d.state, d.ref, d.version, d.once_unknown, d.created_at FROM crm_integrations_delivery d
        WHERE d.connection_id = n.connection_id AND d.kind = n.kind AND d.record_id = n.record_id
        ORDER BY d.version OFFSET 0
    ) d
) earlier
CROSS JOIN LATERAL (SELECT earlier.doubted IS TRUE OR {restored} AS yes) doubt
CROSS JOIN LATERAL ({taken}) taken
CROSS JOIN LATERAL ({waits}) waits
LEFT JOIN LATERAL ({bar}) bar ON true
WHERE earlier.stays IS NOT TRUE
ON CONFLICT DO NOTHING
"""
# Earlier versions that a newer one replaces are closed; only an officer's change makes a version above 1.
SUPERSEDE = """
UPDATE crm_integrations_delivery d SET state = 'superseded', cause = '', updated_at = now(),
    reason = 'Version ' || n.version || ' took its place.'
FROM unnest(
    %(connection_id)s::uuid[], %(kind)s::text[], %(record_id)s::uuid[], %(version)s::int[]
) AS n(connection_id, kind, record_id, version)
WHERE d.connection_id = n.connection_id AND d.kind = n.kind AND d.record_id = n.record_id
    AND d.version < n.version AND d.state = ANY(%(repeatable)s)
"""


def reference_of(record: Lead | LoanAccount, vendor: type[Connector]) -> str:
    """The reference `vendor` is to be told: the partner's own where there is one and it is told such, else ours."""
    told, theirs = vendor.partner_references, record.partner_ref_id if isinstance(record, Lead) else ""
    return theirs if told and told.fullmatch(theirs) else record.pk.hex


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


def enqueue(deliveries: Sequence[New], *, guarded: bool = True) -> Enqueued:
    """Put new deliveries into the outbox, in the caller's transaction.

    One is left out when its record is already on its way to that connection, or may already be there. `guarded`: False
    where it is known that no program asks for consents and no connection names its law, so there is nothing to ask.
    """
    if not deliveries:
        return Enqueued(0, {})
    given = list(_one_reference_each(deliveries))
    with transaction.atomic(savepoint=False), database.cursor() as cursor:
        run(cursor, _values(given), *_script(given, guarded))
        made, words = _answers(cursor)
    doorbell.ring_on_commit()
    return Enqueued(made, words)


def along_with(deliveries: Sequence[New], guarded: bool) -> list[Along]:
    """The deliveries of one new lead, to be made in one string with its rows; for `enqueued`."""
    if not deliveries:
        return []
    given = list(_one_reference_each(deliveries))
    named = _values(given)
    return [Along(each, **named) for each in _script_of_one(given, guarded)]


def enqueued(along: Sequence[Along]) -> Enqueued | None:
    """What was made by `along_with`; None where that is not among what was done."""
    of_deliveries = [each for each in along if each.statement in (summary.LOCK_ONE, summary.DERIVE_ONE)]
    if not of_deliveries:
        return None
    doorbell.ring_on_commit()
    made = next(each.count for each in along if each.statement.name.startswith(INSERT))
    return Enqueued(made, {pk: word for each in of_deliveries for pk, word in each.rows})


def _answers(cursor: CursorWrapper) -> tuple[int, dict[UUID, str]]:
    """How many deliveries the script made, and the leads' words: as the lock found them, and as they were derived."""
    made, words, answered = 0, dict[UUID, str](), cursor.cursor
    while True:
        if answered.statusmessage.startswith("INSERT"):
            made = answered.rowcount
        elif width(cursor) == len(("id", "word")):
            words |= dict(answered.fetchall())
        if not answered.nextset():
            return made, words


def _script(deliveries: Sequence[New], guarded: bool) -> list[Statement | str]:
    """The leads' lock, the references' locks, the deliveries, what they supersede, the leads' summary.

    Together one round trip, because every new lead waits for it; only what these deliveries need, planning is dear.
    """
    newer = [SUPERSEDE] if any(each.version > 1 for each in deliveries) else []
    if len({each.lead_id for each in deliveries}) == 1:
        *before, derive, as_before = _script_of_one(deliveries, guarded)
        return [*before, *newer, derive, as_before]
    insert = _insert_of(deliveries, guarded)
    return [summary.LOCK, ONE_AFTER_THE_OTHER, insert.text, *newer, summary.DERIVE]


def _script_of_one(deliveries: Sequence[New], guarded: bool) -> list[Statement]:
    insert = _insert_of(deliveries, guarded)
    return [IN_ORDER, summary.LOCK_ONE, ONE_AFTER_THE_OTHER, insert, summary.DERIVE_ONE, AS_BEFORE]


def _insert_of(deliveries: Sequence[New], guarded: bool) -> Statement:
    could_be_anothers = any(map(_could_be_anothers, deliveries))
    return _insert(could_be_anothers, guarded, any(each.depends_on for each in deliveries))


@cache
def _insert(could_be_anothers: bool, guarded: bool, waits: bool) -> Statement:
    """The deliveries of one lead by a plan of the session, which took longer to make than they; of many by its text."""
    text = ENQUEUE.format(
        taken=TAKEN_BY_ANOTHER if could_be_anothers else NEVER_TAKEN,
        bar=bars.bar("n.lead_id", "n.connection_id") if guarded else NEVER_BARRED,
        waits=WAITS if waits else NEVER_WAITS,
        restored=RESTORED,
    )
    types = dict.fromkeys(New._fields, "text[]") | dict.fromkeys(IDS, "uuid[]") | {"version": "int[]"}
    name = f"{INSERT}{could_be_anothers:d}{guarded:d}{waits:d}"
    return Statement(name, text, **types, again="text[]", across="text", perhaps_there="text")


def _values(deliveries: Sequence[New]) -> dict[str, Any]:
    """What the script asks for: the columns of the deliveries, and what they are compared with."""
    columns = dict(zip(New._fields, map(list, zip(*deliveries, strict=True)), strict=True))
    return {
        **columns,
        **{name: _ids(columns[name]) for name in IDS},
        "lead": deliveries[0].lead_id,
        "leads": list({each.lead_id for each in deliveries}),
        "locks": _locks(deliveries),
        "again": [*REPEATABLE, State.SUPERSEDED],
        "repeatable": list(REPEATABLE),
        "across": bars.ACROSS,
        "perhaps_there": PERHAPS_THERE,
    }


def _ids(values: Sequence[UUID | None]) -> str:
    """An array as PostgreSQL reads it: the driver takes ten times as long to write one of many ids."""
    written = ",".join("NULL" if each is None else each.hex for each in values)
    return f"{{{written}}}"


def _one_reference_each(deliveries: Sequence[New]) -> Iterator[New]:
    """`deliveries` where no two records have one reference at one connection."""
    owners: dict[tuple[UUID, str], UUID] = {}
    for each in deliveries:
        owner = owners.setdefault((each.connection_id, each.ref), each.record_id)
        yield each if owner == each.record_id else each._replace(ref=each.record_id.hex)


def _locks(deliveries: Sequence[New]) -> list[int]:
    """Numbers for the references that another record could be given too; a record's own id is nobody else's."""
    told = (f"{each.connection_id} {each.ref}" for each in deliveries if _could_be_anothers(each))
    return sorted({crc32(each.encode()) % MOST_LOCKS for each in told})


def _could_be_anothers(delivery: New) -> bool:
    return delivery.ref != delivery.record_id.hex
