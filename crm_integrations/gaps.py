"""Finding what leads still miss for each connection, after the fact, so that leads can be searched by it.

Never in the transaction that changes a lead: that only marks it (`mark`), and whoever is free looks later. When what a
connection needs has changed, all leads are walked through once more for it. One process at a time, in steps of their
own transactions: what dies half-way is done again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from crm_integrations import doorbell, registry, snapshots
from crm_integrations.models import Connection, Gap, GapWalk, Recheck
from crm_integrations.readiness import taking_leads
from crm_integrations.records import Kind, LeadRecord
from leadops import statements
from leadops.ids import uuid7
from leadops.models import Lead
from leadops.prepared import Statement, run

logger = logging.getLogger(__name__)
CHUNK = 500
REFRESH = "crm_integrations.tasks.refresh_gaps"
LOCK = 0x6C6F6761707300
"""Key of the database's lock that only one process at a time has."""
MARK = Statement(
    "mark_for_gaps",
    "INSERT INTO crm_integrations_recheck (id, leads) VALUES (%(id)s, %(leads)s)",
    id="uuid",
    leads="uuid[]",
)
POSITION = re.compile(r"\[\d*\]")


def told(lead_ids: Iterable[UUID]) -> dict[str, Any]:
    """The parameters of `MARK`."""
    return {"id": uuid7(), "leads": f"{{{','.join(map(str, lead_ids))}}}"}


def mark(lead_ids: Iterable[UUID]) -> None:
    """Have the gaps of these leads found anew, once the caller's transaction is committed.

    A worker is woken for what many look at next, such as a part of an import; the clock finds single leads.
    """
    ids = list(lead_ids)
    parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    with database.cursor() as cursor:
        # Not through the ORM, which takes three times as long, and every new lead waits for it.
        for part in parts:
            run(cursor, told(part), MARK)
    if len(ids) > 1:
        doorbell.ring_on_commit(REFRESH)


def refresh(stop: Callable[[], bool] = lambda: False) -> int:
    """Find the gaps of what was marked, then of what connections need anew; returns how many leads were looked at."""
    looked_at = 0
    while not stop():
        with transaction.atomic():
            found = (_marked() or _walked()) if _alone() else 0
        if not found:
            break
        looked_at += found
    return looked_at


def _alone() -> bool:
    """Whether no other process is at it; none can begin before this transaction ends."""
    ((alone,),) = statements.rows("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
    return bool(alone)


def _marked() -> int:
    """The next marks, as many as make a chunk."""
    rows: list[Recheck] = []
    for row in Recheck.objects.order_by("id")[:CHUNK]:
        rows.append(row)
        if sum(len(each.leads) for each in rows) >= CHUNK:
            break
    ids = {lead_id for row in rows for lead_id in row.leads}
    taking = taking_leads()
    _find(ids, taking)
    if ids:  # a connection that is left out here is walked through again once it is enabled
        GapWalk.objects.exclude(connection__in=taking).delete()
    Recheck.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(ids)


def _walked() -> int:
    """The next chunk of all leads for one connection whose rules are not those of its last walk."""
    known = GapWalk.objects.in_bulk()
    for connection in taking_leads():
        rules, walk = _rules(connection), known.get(connection.pk)
        if walk is None or walk.rules != rules:
            walk = GapWalk(connection=connection, rules=rules)
        if not walk.done:
            return _walk(walk, connection)
    return 0


def _walk(walk: GapWalk, connection: Connection) -> int:
    """One chunk further; at least 1, so that the next connection gets its turn after an empty end."""
    older = Lead.objects.filter(pk__lt=walk.below) if walk.below else Lead.objects.all()
    ids = list(older.order_by("-pk").values_list("pk", flat=True)[:CHUNK])
    _find(ids, [connection])
    walk.below, walk.done = (ids[-1] if ids else walk.below), len(ids) < CHUNK
    GapWalk.objects.update_or_create(
        connection=connection, defaults={"rules": walk.rules, "below": walk.below, "done": walk.done}
    )
    return max(len(ids), 1)


def _rules(connection: Connection) -> str:
    """A digest of all that decides about the connection's gaps: its settings and its connector's code."""
    said = json.dumps([connection.vendor, connection.settings], sort_keys=True)
    return hashlib.sha256(said.encode() + _code(connection.vendor)).hexdigest()


@lru_cache
def _code(vendor: str) -> bytes:
    """The connector's module, or all modules of its package: a new version may need something else."""
    module = Path(inspect.getfile(registry.get(vendor)))
    files = sorted(module.parent.glob("*.py")) if module.stem == "__init__" else [module]
    return b"".join(file.read_bytes() for file in files)


# One chunk -----------------------------------------------------------------------------------------------------------

Found = dict[tuple[UUID, UUID, str], str]


def _find(lead_ids: Collection[UUID], connections: Sequence[Connection]) -> None:
    """Write what these leads miss for `connections`, touching only the rows that differ."""
    connectors = {each.pk: each.connector for each in connections}
    for_tests = {each.pk for each in connections if each.test_space}
    tests = set(
        Lead.objects.filter(pk__in=lead_ids, partner__test_of__isnull=False).values_list("pk", flat=True)
    )
    found: Found = {}
    for lead_id, records in _records(lead_ids, {each.vendor for each in connections}).items():
        for key, connector in connectors.items():
            if (key in for_tests) != (lead_id in tests):
                continue
            for missing in connector.missing(Kind.LEAD, records[connector.slug]):
                field = POSITION.sub("", missing.field)[:100]
                found.setdefault((lead_id, key, field), missing.message[:500])
    kept = Gap.objects.filter(lead__in=lead_ids, connection__in=connectors)
    outdated = [
        row.pk for row in kept if found.get((row.lead_id, row.connection_id, row.field)) != row.message
    ]
    Gap.objects.filter(pk__in=outdated).delete()
    Gap.objects.bulk_create(
        [
            Gap(lead_id=lead_id, connection_id=key, field=field, message=message)
            for (lead_id, key, field), message in found.items()
        ],
        ignore_conflicts=True,
    )


def _records(lead_ids: Collection[UUID], vendors: Collection[str]) -> dict[UUID, dict[str, LeadRecord]]:
    """The leads that are not stopped, as the vendors would see them; one that can't be read spoils no other."""
    kept = Lead.objects.filter(erased_at=None).select_related("partner", "program")
    open_ones = kept.exclude(status__in=Lead.STOPPED)

    def read(ids: list[UUID]) -> dict[UUID, dict[str, LeadRecord]]:
        return snapshots.of_leads(list(open_ones.filter(pk__in=ids)), vendors)

    records, unread = snapshots.readable(lead_ids, read)
    if unread:  # one line for all, because a lost key makes every lead unreadable
        logger.error("The gaps of %d leads can't be found, the first is %s.", len(unread), min(unread))
    return records


# Searching ------------------------------------------------------------------------------------------------------------

MOST_COUNTED = 1000
MOST_OPTIONS = 200


class Option(NamedTuple):
    """So many leads miss `field` for a connection; `leads` is counted up to 1,001."""

    connection_id: UUID
    connection: str
    field: str
    leads: int


# One step down the index for each pair that there is: DISTINCT would read every row.
PAIRS = """
WITH RECURSIVE pair AS (
    (SELECT connection_id, field FROM crm_integrations_gap ORDER BY connection_id, field LIMIT 1)
    UNION ALL
    SELECT later.connection_id, later.field FROM pair CROSS JOIN LATERAL (
        SELECT connection_id, field FROM crm_integrations_gap g
        WHERE (g.connection_id, g.field) > (pair.connection_id, pair.field) ORDER BY connection_id, field LIMIT 1
    ) later
), listed AS (
    SELECT pair.connection_id, c.name, pair.field FROM pair JOIN crm_integrations_connection c
    ON c.id = pair.connection_id WHERE c.enabled ORDER BY c.name, pair.field LIMIT %(options)s
)
SELECT listed.*, (
    SELECT count(*) FROM (
        SELECT 1 FROM crm_integrations_gap g
        WHERE g.connection_id = listed.connection_id AND g.field = listed.field LIMIT %(counted)s
    ) counted
) FROM listed ORDER BY listed.name, listed.field
"""


def options() -> list[Option]:
    """What leads miss at all, by connection."""
    limits = {"options": MOST_OPTIONS, "counted": MOST_COUNTED + 1}
    return [Option(*row) for row in statements.rows(PAIRS, limits)]
