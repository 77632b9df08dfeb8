"""The log of documents: who added, changed, downloaded or deleted which, and from where."""

from __future__ import annotations

from typing import NamedTuple

from leadops.models import AuditEvent, Document, DocumentEvent, Officer, Partner
from leadops.services import audit

Deed = DocumentEvent.Deed
LOOKED_AT = {
    Deed.DOWNLOADED: AuditEvent.Action.DOWNLOADED,
    Deed.PASSWORD: AuditEvent.Action.PASSWORD_SHOWN,
}
"""Deeds that write nothing: the audit would not see them by itself."""


class By(NamedTuple):
    """Who does something: an officer, or a partner with the start of its key."""

    officer: Officer | None = None
    partner: Partner | None = None
    key_prefix: str = ""
    ip_address: str | None = None


def note(document: Document, deed: Deed, by: By, reason: str = "") -> None:
    """Keep that `by` did this with `document`, in the caller's transaction; the audit has the `reason`."""
    DocumentEvent.objects.create(
        lead_id=document.lead_id,
        document_id=document.pk,
        document=str(document),
        deed=deed,
        **by._asdict(),
    )
    if looked := LOOKED_AT.get(deed):
        audit.note(looked, document, reason, of=document.lead_id)
