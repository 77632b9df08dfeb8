"""Documents as connectors get them: what is said of them, and their files just before they are sent."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from crm_integrations.models import Delivery, State
from crm_integrations.records import DocumentRecord, Kind
from leadops.faults import place_of
from leadops.models import Document
from leadops.models.files import document_store

logger = logging.getLogger(__name__)
At = tuple[UUID | None, UUID]
"""A lead at a connection, or a document of a lead."""


class FileGone(Exception):
    """The file is not in the store of documents."""


class FileExchanged(FileGone):
    """The file in the store of documents is not the one that was handed in."""


class FileAway(Exception):
    """The store of documents does not give the file now."""


def of_deliveries(deliveries: Sequence[Delivery]) -> dict[UUID, DocumentRecord]:
    """The document of each delivery, by the delivery's id; none where it is another by now, or gone."""
    wanted = [each for each in deliveries if each.kind == Kind.DOCUMENT]
    if not wanted:
        return {}
    leads = {each.lead_id for each in wanted}
    documents: dict[At, Document] = {
        (each.lead_id, each.sent_as): each for each in Document.objects.filter(lead__in=leads)
    }
    references = _references(wanted)
    return {
        each.pk: _record(document, each.ref, references.get((each.lead_id, each.connection_id), ""))
        for each in wanted
        if (document := documents.get((each.lead_id, each.record_id))) is not None
    }


def _references(deliveries: Sequence[Delivery]) -> Mapping[At, str]:
    """The vendors' newest ids of the deliveries' leads, by lead and connection."""
    held = Delivery.objects.filter(
        lead__in={each.lead_id for each in deliveries},
        connection__in={each.connection_id for each in deliveries},
        kind=Kind.LEAD,
        state=State.DELIVERED,
    )
    rows = held.exclude(reference="").order_by("delivered_at")
    return {
        (lead, to): reference for lead, to, reference in rows.values_list("lead", "connection", "reference")
    }


def _record(document: Document, ref: str, lead_reference: str) -> DocumentRecord:
    return DocumentRecord(
        id=str(document.pk),
        ref=ref,
        lead_reference=lead_reference,
        document_type=document.document_type,
        content_type=document.content_type,
        sha256=document.sha256,
        tags=tuple(document.tags),
        is_locked=document.is_locked,
    )


def with_content(record: DocumentRecord) -> DocumentRecord | None:
    """`record` with its file; None where the document is another by now, or gone.

    Raises FileAway where the store does not answer, FileGone where it has not got it, or has another.
    """
    same = {"sha256": record.sha256, "document_type": record.document_type}
    document = Document.objects.filter(pk=record.id, **same).first()
    if document is None:
        return None
    content = _read(document)
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise FileExchanged
    return replace(record, content=content)


def _read(document: Document) -> bytes:
    try:
        with document_store().open(document.file.name or "") as file:
            content: bytes = file.read()
        return content
    except FileNotFoundError:
        raise FileGone from None
    except Exception as error:  # a folder's faults, or a bucket's
        logger.error("Document %s can't be read: %s.", document.pk, place_of(error))
        raise FileAway from error
