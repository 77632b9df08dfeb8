"""One word for all deliveries of a lead, derived under the lead's lock so that two of them can't both be wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from crm_integrations.connector import Kind
from crm_integrations.models import NEEDS_PERSON, UNFINISHED, State
from leadops import statements
from leadops.models import Lead
from leadops.prepared import Statement
from leadops.services import leads

Sync = Lead.SyncStatus


def listed(states: Iterable[State]) -> str:
    """Our own states as a list in SQL."""
    return ", ".join(f"'{state.value}'" for state in states)


LOCKING = "SELECT id, sync_status FROM leadops_lead WHERE id {these} ORDER BY id FOR NO KEY UPDATE"
LOCK = LOCKING.format(these="= ANY(%(leads)s::uuid[])")
"""Holds the rows of the leads until the transaction ends, always in one order, so that nobody deadlocks."""

# What needs a person comes before what is still on its way. Documents do not count: partners read the word, and those
# that officers add are the lender's own.
WORDS = f"""
SELECT held.id, CASE
    WHEN bool_or(d.state IN ({listed(NEEDS_PERSON)})) THEN '{Sync.NEEDS_PERSON.value}'
    WHEN bool_or(d.state IN ({listed(UNFINISHED)})) THEN '{Sync.IN_PROGRESS.value}'
    WHEN bool_or(d.state = '{State.DELIVERED.value}' AND d.kind <> '{Kind.BANK.value}') THEN '{Sync.DELIVERED.value}'
    ELSE '{Sync.NOT_SENT.value}' END
FROM {{these}} held(id)
LEFT JOIN crm_integrations_delivery d ON d.lead_id = held.id AND d.kind <> '{Kind.DOCUMENT.value}' GROUP BY held.id
"""  # noqa: S608 (our own words only)
DERIVING = f"{leads.RECORD_SYNC.format(words=WORDS)} RETURNING l.id, l.sync_status"
DERIVE = DERIVING.format(these="unnest(%(leads)s::uuid[])")
"""Writes the word for each lead, where it is another than the lead has; after `LOCK`, in its transaction."""

GIVEN = "(SELECT lead::uuid FROM json_array_elements_text(%(leads)s) AS given(lead))"
LOCK_GIVEN = Statement("lock_leads", LOCKING.format(these=f"= ANY(ARRAY{GIVEN})"), leads="json")
DERIVE_GIVEN = Statement("derive_leads", DERIVING.format(these=GIVEN), leads="json")
"""The same for the leads of deliveries that are settled together, given as JSON."""

LOCK_ONE = Statement("lock_lead", LOCKING.format(these="= %(lead)s"), lead="uuid")
DERIVE_ONE = Statement("derive_lead", DERIVING.format(these="(SELECT %(lead)s)"), lead="uuid")
"""The same for one lead whose deliveries are made."""


def lock(lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """Hold the rows of these leads; returns the word each of them has now."""
    return dict(statements.rows(LOCK, {"leads": list(lead_ids)}))


def derive(held: Mapping[UUID, str]) -> dict[UUID, str]:
    """Write the words for the leads that `lock` gave; returns all words."""
    return {**held, **dict(statements.rows(DERIVE, {"leads": list(held)}))}
