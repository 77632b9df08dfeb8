"""Documents for Crego's CRM: one multipart call for each, and the list that tells which of them it has.

Crego's menu names both; their paths and fields are INFERRED. So nothing is sent before a connection names the types
that are to be, and the paths are settings. Every document is filed with the lead, whose id Crego told us: its ids of
applicants and accounts are not told in any answer that is documented. Our reference stands among the tags, which are
free labels: by it a document is found again.
"""

from __future__ import annotations

from crm_integrations import errors
from crm_integrations.answers import is_whole, results_of, text
from crm_integrations.connector import File, Missing, Outcome, Request, Response
from crm_integrations.connectors.crego_crm.reading import reference_in
from crm_integrations.records import DocumentRecord

LEAD = "lead"
MOST_ROWS = 100
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
    name = their_type + SUFFIXES.get(record.content_type, "")
    file = File("file", name, record.content_type, record.content)
    return Request.multipart("create_document", path, fields, file)


def find(path: str, record: DocumentRecord) -> Request:
    """The call that asks for all documents of the lead that `record` belongs to."""
    return Request.get(
        "list_documents", path, related_model_id=record.lead_reference, page_size=str(MOST_ROWS)
    )


def parse_find(response: Response, record: DocumentRecord) -> Outcome | None:
    """The document with our reference among its tags; absent only when every row tells its tags and none has it."""
    body = response.json()
    rows = results_of(body, "Crego's")
    whole = is_whole(body, rows, "related_model_id", record.lead_reference)
    tags = [row.get("tags") for row in rows]
    ours = [
        row for row, each in zip(rows, tags, strict=True) if isinstance(each, list) and record.ref in each
    ]
    if whole and not ours and all(isinstance(each, list) for each in tags):
        return None
    if not whole or len(ours) != 1 or not reference_in(ours[0]):
        said = f"{len(ours)} carry our reference"
        raise errors.OutcomeUnknown(f"Crego's list does not tell which document is ours ({said}).")
    return Outcome(reference_in(ours[0]), text(ours[0].get("status")))
