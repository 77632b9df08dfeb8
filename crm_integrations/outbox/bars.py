"""What may not go to a connection: without the borrower's consent, or across a border that no route allows.

Asked when a delivery is made, so that it is seen at once why it stands still, and again in the statement that stands
before every create call's first byte: what was withdrawn or changed in between is not sent.
"""

from __future__ import annotations

from crm_integrations.models import Delivery
from leadops import statements

CONSENT = "consent"
ACROSS = "It would come under another country's law."
"""The cause of all that a border holds back, whichever the countries are."""
LOOK_AGAIN_SECONDS = 300
"""A net under the signals: programs, routes and connections change too, and rows are written by hand."""

# A program's own route to the connection counts before the one for all programs. One consent is enough; one that was
# withdrawn bars also where the program asks for none, unless another covers the same.
BAR = """
SELECT CASE WHEN crosses.yes THEN 'border' ELSE 'consent' END AS by,
    CASE WHEN crosses.yes THEN 'Its data is under the law of ' || p.country || ' and would come under that of '
        || c.jurisdiction || ', which its route does not allow.'
    ELSE 'Waiting: no consent for ' || coalesce('“' || nullif(r.purpose, '') || '” at ', '') || c.name || '.'
    END AS said
FROM leadops_lead l JOIN leadops_program p ON p.id = l.program_id
JOIN crm_integrations_connection c ON c.id = {connection}
LEFT JOIN LATERAL (
    SELECT o.purpose, o.across_borders FROM crm_integrations_route o
    WHERE o.connection_id = c.id AND (o.program_id = l.program_id OR o.program_id IS NULL)
    ORDER BY o.program_id IS NULL LIMIT 1
) r ON true
CROSS JOIN LATERAL (
    SELECT c.jurisdiction NOT IN ('', p.country) AND NOT coalesce(r.across_borders, false) AS yes
) crosses
WHERE l.id = {lead} AND (crosses.yes OR (
    (p.consent_required OR EXISTS (
        SELECT 1 FROM leadops_consent s WHERE s.lead_id = l.id AND s.withdrawn_at IS NOT NULL AND {covers}
    )) AND NOT EXISTS (
        SELECT 1 FROM leadops_consent s WHERE s.lead_id = l.id AND s.withdrawn_at IS NULL AND {covers}
    )
))
"""
COVERS = """(cardinality(s.connections) = 0 OR c.name = ANY(s.connections))
    AND (coalesce(r.purpose, '') = '' OR lower(s.purpose) = lower(r.purpose))"""


def bar(lead: str, connection: str) -> str:
    """A query for why the lead may not go to the connection, both given in SQL; no row where it may."""
    return BAR.format(lead=lead, connection=connection, covers=COVERS)


class Barred(Exception):
    """The lead may not go to that connection, as was seen after its delivery was claimed; nothing was sent."""

    def __init__(self, by: str, said: str) -> None:
        self.by, self.said = by, said
        super().__init__(said)


OF_ONE = bar("%s", "%s")


def barred(delivery: Delivery) -> Barred | None:
    """What bars `delivery` now."""
    found = statements.rows(OF_ONE, [delivery.connection_id, delivery.lead_id])
    return Barred(*found[0]) if found else None
