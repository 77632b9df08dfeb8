"""Documents follow their lead: to each connection that is to be sent such ones, once it has the lead.

Made under the lead's lock, both when a connection has taken the lead and when a document comes: whichever is second
sees the other. A document has one version, as another file or type makes it another record: none is sent twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from crm_integrations import registry
from crm_integrations.connector import Kind
from crm_integrations.models import Connection, State
from crm_integrations.outbox.enqueueing import New, enqueue
from leadops.ids import uuid7
from leadops.models import Document

ONLY_VERSION = 1


def follow(lead_id: UUID, connections: Iterable[Connection]) -> int:
    """Put the documents of a lead into the outbox that these connections, which have the lead, are to be sent.

    Those that were put there before are left out. Returns how many were new.
    """
    wanted = [(each.pk, types) for each in connections if (types := each.document_types)]
    if not wanted:
        return 0
    documents = list(Document.objects.filter(lead=lead_id))
    return enqueue(
        [
            _delivery(document, connection_id)
            for connection_id, types in wanted
            for document in documents
            if document.document_type in types
        ]
    ).made


def follow_everywhere(lead_id: UUID, only: Collection[UUID] | None = None) -> int:
    """`follow` to every connection that has the lead and is switched on, or of these to `only`."""
    held = {"kind": Kind.LEAD, "state": State.DELIVERED, "lead": lead_id}
    has_it = {f"deliveries__{name}": value for name, value in held.items()}
    taking = [slug for slug, vendor in registry.vendors().items() if Kind.DOCUMENT in vendor.kinds()]
    found = Connection.objects.filter(**has_it, enabled=True, vendor__in=taking).distinct()
    return follow(lead_id, found if only is None else found.filter(pk__in=only))


def _delivery(document: Document, connection_id: UUID) -> New:
    key = document.sent_as
    return New(uuid7(), connection_id, Kind.DOCUMENT, document.lead_id, None, key, ONLY_VERSION, key.hex)
