"""One word for all deliveries of a lead, derived under the lead's lock so that two of them can't both be wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import cast
from uuid import UUID

from django.db import connection

from crm_integrations.models import NEEDS_PERSON, UNFINISHED, State
from leadops.models import Lead
from leadops.services import leads as lead_service

Sync = Lead.SyncStatus


# Both are asked at every settling: written out, they cost a third of what the ORM makes of them.
LOCK = "SELECT id, sync_status FROM leadops_lead WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
STATES = "SELECT DISTINCT lead_id, state FROM crm_integrations_delivery WHERE lead_id = ANY(%s)"


def lock(lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """Hold the rows of these leads until the transaction ends, always in one order, so that nobody deadlocks.

    Returns the word each of them has now.
    """
    return dict(_rows(LOCK, lead_ids))


def _rows(statement: str, lead_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(lead_ids)])
        return cast(list[tuple[UUID, str]], cursor.fetchall())


def of_states(states: Collection[str]) -> Sync:
    """The word for deliveries in these states: what needs a person comes before what is still on its way."""
    if any(state in NEEDS_PERSON for state in states):
        return Sync.NEEDS_PERSON
    if any(state in UNFINISHED for state in states):
        return Sync.IN_PROGRESS
    return Sync.DELIVERED if State.DELIVERED in states else Sync.NOT_SENT


def derive(held: Mapping[UUID, str]) -> dict[UUID, str]:
    """Write the word for each lead that `lock` gave, where it is another than the lead has; returns all words."""
    states: dict[UUID, set[str]] = defaultdict(set)
    for lead_id, state in _rows(STATES, held):
        states[lead_id].add(state)
    words = {lead_id: of_states(states[lead_id]).value for lead_id in held}
    changed: dict[str, list[UUID]] = defaultdict(list)
    for lead_id, word in words.items():
        if word != held[lead_id]:
            changed[word].append(lead_id)
    for word, ids in changed.items():
        lead_service.record_sync(ids, word)
    return words
