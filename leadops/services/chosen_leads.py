"""Which leads long work is about: their ids as they were chosen, kept with the order and never leaving the database.

What comes in or is changed later does not alter what was asked for, and a million ids take none of our memory.
"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import Model, QuerySet

from leadops import statements
from leadops.models import Lead

ID_BYTES = 16
_KEEPING = """
UPDATE {table} SET chosen = coalesce(ids, '')
FROM (
    SELECT string_agg(uuid_send(id), ''::bytea ORDER BY id {direction}) AS ids
    FROM (SELECT DISTINCT id FROM ({query}) AS found (id) LIMIT %s) AS leads
) AS picked WHERE {table}.id = %s RETURNING length(chosen) / {id_bytes}
"""


def keep(leads: QuerySet[Lead], order: Model, most: int, *, newest_first: bool = False) -> int:
    """Keep the ids of `leads` in `chosen` of `order`; returns how many they are, no more than one above `most`."""
    try:
        sql, params = leads.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    direction = "DESC" if newest_first else ""
    keeping = _KEEPING.format(table=order._meta.db_table, direction=direction, query=sql, id_bytes=ID_BYTES)
    return int(statements.rows(keeping, [*params, most + 1, order.pk])[0][0])


def ids_in(part: bytes) -> list[UUID]:
    """The ids in a part of what is kept."""
    return [UUID(bytes=part[at : at + ID_BYTES]) for at in range(0, len(part), ID_BYTES)]
