"""Documents for Crego's CRM: one multipart call for each, and the list that tells which of them it has.

Crego's menu names both; their paths and fields are INFERRED. So nothing is sent before a connection names the types
that are to be, and the paths are settings. Every document is filed with the lead, whose id Crego told us: its ids of
applicants and accounts are not told in any answer that is documented. Our reference stands among the tags, which are
free labels: by it a document is found again.
"""

from __future__ import annotations

import re
from typing import Any

from crm_integrations import errors
from crm_integrations.answers import is_whole, results_of, text
from crm_integrations.connector import File, Missing, Outcome, Request, Response
from crm_integrations.connectors.crego_crm.reading import reference_in
from crm_integrations.records import DocumentRecord

LEAD = "lead"
MOST_ROWS = 100
UNSAFE = re.compile(r"[^\w.-]+")
"""In the name of a file."""
SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}


def missing(record: DocumentRecord, their_type: str) -> list[Missing]:
    """Why `record` can't be sent, if it can't."""
    gaps = []
    if not record.lead_reference:
        gaps.append(Missing("lead_reference", "Crego files a document under its own id of the lead."))
    if not their_type:
        gaps.append(Missing("document_type", "This connection is not to be sent documents of this type."))
    if record.is_locked:
        gaps.append(Missing("password", "Crego has no place for the password that the file opens with."))
    return gaps


def build(path: str, record: DocumentRecord, their_type: str) -> Request:
    """The call that files `record`; it is named by its type, as a given name may be anything."""
    fields = [
        ("related_model", LEAD),
        ("related_model_id", record.lead_reference),
        ("document_type", their_type),
        *(("tags", tag) for tag in (*record.tags, record.ref)),
    ]
    name = UNSAFE.sub("_", their_type) + SUFFIXES.get(record.content_type, "")
    file = File("file", name, record.content_type, record.content)
    return Request.multipart("create_document", path, fields, file)


def find(path: str, record: DocumentRecord) -> Request:
    """The call that asks for all documents of the lead that `record` belongs to."""
    if not record.lead_reference:
        raise errors.OutcomeUnknown("Crego's documents can't be asked for without its id of the lead.")
    return Request.get(
        "list_documents", path, related_model_id=record.lead_reference, page_size=str(MOST_ROWS)
    )


def parse_find(response: Response, record: DocumentRecord) -> Outcome | None:
    """The document with our reference among its tags; absent only when all are told, each with the tags of another.

    Whether Crego keeps tags as they are written is not documented: without any they tell nothing.
    """
    body = response.json()
    rows = results_of(body, "Crego's")
    whole = len(rows) < MOST_ROWS and is_whole(body, rows, "related_model_id", record.lead_reference)
    tags = [_tags(row) for row in rows]
    ours = [row for row, told in zip(rows, tags, strict=True) if record.ref in told]
    if whole and not ours and all(tags):
        return None
    if not whole or len(ours) != 1 or not reference_in(ours[0]):
        said = f"{len(ours)} carry our reference"
        raise errors.OutcomeUnknown(f"Crego's list does not tell which document is ours ({said}).")
    return Outcome(reference_in(ours[0]), text(ours[0].get("status")))


def _tags(row: dict[str, Any]) -> str:
    """The tags of a document as one text, as our reference is written."""
    told = row.get("tags")
    return " ".join(map(str, told)).lower() if isinstance(told, list) else text(told).lower()
