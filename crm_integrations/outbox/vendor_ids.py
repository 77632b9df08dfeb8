"""Two of our records can't be one of the vendor's: an id that another record has is not this one's.

Who writes an id waits for whoever else writes it, and then looks, in a statement of its own, whether another has it.
"""

from __future__ import annotations

from zlib import crc32

from django.db import connection as database

from crm_integrations.models import Delivery
from leadops.prepared import Statement, run

IDS = 0x766964
"""The first half of our advisory locks for vendors' ids."""
LOCK_IDS = Statement(
    "lock_ids",
    f"SELECT pg_advisory_xact_lock({IDS}, given.number) FROM unnest(%(ids)s) given(number)",
    ids="int[]",
)
"""In one order, after the locks of the leads, so that nobody deadlocks."""
# Of an ending `e` of a delivery `d`: not another record's in the table, nor one that is written with it. By OFFSET the
# id is looked for by itself: by a plan made while the table was small, all would be read that a connection was sent.
FREE = """
NOT EXISTS (SELECT 1 FROM e o WHERE o.held_as = e.held_as AND o.delivery < e.delivery) AND NOT EXISTS (
    SELECT 1 FROM crm_integrations_delivery o WHERE o.connection_id = d.connection_id AND o.kind = d.kind
        AND o.reference = e.reference AND o.reference <> '' AND o.record_id <> d.record_id OFFSET 0
)
"""


def held_as(delivery: Delivery, reference: str) -> str:
    """What two records that have one id are both held as."""
    return f"{delivery.connection_id} {delivery.kind} {reference}"


def lock_of(held_as: str) -> int:
    """The number that LOCK_IDS asks for."""
    return crc32(held_as.encode()) >> 1


def alone(delivery: Delivery, reference: str) -> None:
    """Nobody else writes this id until the caller's transaction ends, which has locked the lead before."""
    with database.cursor() as cursor:
        run(cursor, {"ids": [lock_of(held_as(delivery, reference))]}, LOCK_IDS)


def held_by_another(delivery: Delivery, reference: str) -> bool:
    """Whether another record has this id; none has an empty one."""
    same = Delivery.objects.filter(
        connection_id=delivery.connection_id, kind=delivery.kind, reference=reference
    )
    return same.exclude(reference="").exclude(record_id=delivery.record_id).exists()
