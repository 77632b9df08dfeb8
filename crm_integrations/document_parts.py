"""Documents as connectors get them: what is said of them, and their files just before they are sent."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import OuterRef, Subquery

from crm_integrations.models import Delivery, State
from crm_integrations.records import DocumentRecord, Kind
from leadops.faults import place_of
from leadops.models import Document
from leadops.models.files import document_store

logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """The file can't be read, for now or `for_good`; its text says why."""

    def __init__(self, why: str, *, for_good: bool = True) -> None:
        self.for_good = for_good
        super().__init__(why)


def of_deliveries(deliveries: Sequence[Delivery]) -> dict[UUID, DocumentRecord]:
    """The document of each delivery, by the delivery's id; none where it is another by now, or gone."""
    wanted = [each for each in deliveries if each.kind == Kind.DOCUMENT]
    if not wanted:
        return {}
    found = Document.objects.filter(lead__in={each.lead_id for each in wanted})
    documents: dict[tuple[UUID | None, UUID], Document] = {
        (each.lead_id, each.sent_as): each for each in found
    }
    references = _references(wanted)
    return {
        each.pk: _record(document, each.ref, references[each.pk])
        for each in wanted
        if (document := documents.get((each.lead_id, each.record_id))) is not None
    }


def _references(deliveries: Sequence[Delivery]) -> dict[UUID, str]:
    """The vendor's id of each delivery's lead at the same connection, by the delivery's id."""
    held = Delivery.objects.filter(
        lead=OuterRef("lead"), connection=OuterRef("connection"), kind=Kind.LEAD, state=State.DELIVERED
    )
    newest = Subquery(held.order_by("-delivered_at").values("reference")[:1])
    found = Delivery.objects.filter(pk__in=[each.pk for each in deliveries])
    return {pk: held_as or "" for pk, held_as in found.order_by().values_list("pk", newest)}


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
    """`record` with its file; None where the document has another one by now, or is gone.

    Raises Unreadable where the store does not give it, or gives another.
    """
    document = Document.objects.filter(pk=record.id, sha256=record.sha256).first()
    if document is None:
        return None
    try:
        with document_store().open(document.file.name or "") as file:
            content: bytes = file.read()
    except FileNotFoundError:
        raise Unreadable("The file is not in the store of documents.") from None
    except Exception as error:  # a folder's faults, or a bucket's
        logger.error("Document %s can't be read: %s.", document.pk, place_of(error))
        raise Unreadable("The store of documents does not give the file now.", for_good=False) from error
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise Unreadable("The file in the store of documents is not the one that was handed in.")
    return replace(record, content=content)
