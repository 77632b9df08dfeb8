"""Leads of an import that is undone: those of which anything may have left are not let go."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from crm_integrations.models import State
from leadops import statements

UNTOUCHED = (State.WAITING, State.QUEUED, State.SKIPPED, State.SUPERSEDED, State.CANCELLED)
"""States in which a delivery that was never sent can go with its lead."""
# Stricter than `models.MAY_BE_THERE`: what was tried at all keeps its lead.
# The leads are locked before their deliveries, as everywhere; a claim passes over what is locked.
_DELIVERIES = """
SELECT d.lead_id, c.name, d.attempts = 0 AND d.accepted IS FALSE AND NOT d.once_unknown AND d.reference = ''
    AND d.state = ANY(%s), d.state
FROM crm_integrations_delivery d JOIN crm_integrations_connection c ON c.id = d.connection_id
WHERE d.lead_id = ANY(%s) ORDER BY d.lead_id, d.id
"""

# What was sent in the time that a restore lost left no row here.
_BEFORE_A_RESTORE = """
SELECT DISTINCT ON (l.id) l.id, c.name FROM leadops_lead l
JOIN crm_integrations_connection c ON c.restored_at > l.created_at
WHERE l.id = ANY(%s) ORDER BY l.id, c.name
"""


def begun(lead_ids: Collection[UUID], *, lock: bool) -> dict[UUID, str]:
    """Why leads can't be deleted, by their ids: a vendor has them or may have them.

    `lock`: their deliveries are kept from being sent until the caller's transaction ends.
    """
    sql = _DELIVERIES + ("FOR UPDATE OF d" if lock else "")
    found = statements.rows(sql, [list(UNTOUCHED), list(lead_ids)])
    restored = statements.rows(_BEFORE_A_RESTORE, [list(lead_ids)])
    perhaps = {lead_id: f"The database was restored since: {name} may have it." for lead_id, name in restored}
    return perhaps | {
        lead_id: _said(name, state) for lead_id, name, untouched, state in found if not untouched
    }


def _said(connection: str, state: str) -> str:
    if state == State.DELIVERED:
        return f"It was delivered to {connection}."
    return f"Its delivery to {connection} was begun: {State(state).label.lower()}."
