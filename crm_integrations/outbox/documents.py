"""Documents go along with their lead to each connection that takes their type, once it has the lead.

They are queued under the lead's lock, both when a connection has taken the lead and when a document comes: whichever is
second sees the other. A document has one version, as another file or type makes it another record: none is sent twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from crm_integrations import registry
from crm_integrations.connector import Kind
from crm_integrations.models import Connection, Delivery, State
from crm_integrations.outbox import ended_leads
from crm_integrations.outbox.enqueueing import New, enqueue
from leadops.ids import uuid7
from leadops.models import Document

ONLY_VERSION = 1
CHANGED = "The document was changed or deleted before it was sent."
AS_BEFORE = "The document, and its lead, are again what they were"


def send_along(lead_ids: Collection[UUID], among: Collection[Connection] | None = None) -> int:
    """Queue the documents of these leads to the connections that have them, or of these to those `among`.

    What was queued there before is left as it is. Returns how many were new.
    """
    return enqueue(list(_wanted(lead_ids, among))).made


def _wanted(lead_ids: Collection[UUID], among: Collection[Connection] | None) -> Iterator[New]:
    """The documents of leads that were delivered to a connection that takes their type."""
    connections = _taking() if among is None else among
    types = {each.pk: named for each in connections if (named := each.document_types)}
    if not types:
        return
    documents: dict[UUID, list[Document]] = {}
    for document in Document.objects.filter(lead__in=lead_ids):
        documents.setdefault(document.lead_id, []).append(document)
    there = {"kind": Kind.LEAD, "state": State.DELIVERED, "connection__in": types}
    held = Delivery.objects.filter(lead__in=documents, **there)
    for lead_id, connection_id in held.order_by().values_list("lead", "connection").distinct():
        for document in documents[lead_id]:
            if document.document_type in types[connection_id]:
                yield _delivery(document, connection_id)


def _taking() -> list[Connection]:
    """The connections that are switched on, to vendors that take documents."""
    vendors = [slug for slug, vendor in registry.vendors().items() if Kind.DOCUMENT in vendor.kinds()]
    return list(Connection.objects.filter(enabled=True, vendor__in=vendors))


def _delivery(document: Document, connection_id: UUID) -> New:
    key = document.sent_as
    return New(
        id=uuid7(),
        connection_id=connection_id,
        kind=Kind.DOCUMENT,
        lead_id=document.lead_id,
        loan_account_id=None,
        record_id=key,
        version=ONLY_VERSION,
        ref=key.hex,
    )


def again_as_before(lead_ids: Collection[UUID]) -> list[UUID]:
    """Deliveries that ended because the document was changed, or its lead was, and both are what they were."""
    return _ended(lead_ids, state=State.CANCELLED, reason__in=(CHANGED, *ended_leads.REASONS))


def passed_over(lead_ids: Collection[UUID], connections: Collection[UUID]) -> list[UUID]:
    """Deliveries to these connections that were skipped or cancelled, of documents that are still what they were."""
    return _ended(lead_ids, state__in=(State.CANCELLED, State.SKIPPED), connection__in=connections)


def _ended(lead_ids: Collection[UUID], **how: object) -> list[UUID]:
    ended = dict(
        Delivery.objects.filter(lead__in=lead_ids, kind=Kind.DOCUMENT, **how).values_list("pk", "record_id")
    )
    if not ended:
        return []
    there = {each.sent_as for each in Document.objects.filter(lead__in=lead_ids)}
    return [pk for pk, record_id in ended.items() if record_id in there]
