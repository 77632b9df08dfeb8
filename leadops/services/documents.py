"""Documents: what may be kept, told by content and not by name."""

from __future__ import annotations

import hashlib
from typing import IO, Any

from leadops.errors import LeadopsError
from leadops.models import Applicant, Bank, Document, Lead, Officer
from leadops.services.file_names import plain_name
from leadops.validation import findings_at, free_text

MAX_BYTES = 10 * 1024 * 1024
NEVER_KEPT = ("card_data", "aadhaar_number")
SIGNATURES = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class DocumentRefused(LeadopsError):
    """This file can't be kept as a document."""


def content_type_of(file: IO[bytes]) -> str:
    """What `file` is by its first bytes: PDF, JPEG or PNG; DocumentRefused for anything else or more than 10 MB."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    if size > MAX_BYTES:
        raise DocumentRefused(f"The file has {size / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are kept.")
    head = file.read(8)
    file.seek(0)
    for signature, content_type in SIGNATURES.items():
        if head.startswith(signature):
            return content_type
    raise DocumentRefused("This is neither a PDF nor a JPEG or PNG image, whatever its name says.")


def check_words(*texts: str) -> None:
    """Refuse card and Aadhaar numbers in what a document is called; DocumentRefused with the reason."""
    for text in texts:
        if problems := [each for each in free_text(text, 1000).problems if each.code in NEVER_KEPT]:
            raise DocumentRefused(findings_at("", problems)[0].message)


def add(
    lead: Lead, document_type: str, file: Any, about: Lead | Applicant | Bank, officer: Officer | None
) -> Document:
    """Keep `file` (with a `name`) on `lead`, under a random name; `about` is the lead or one of its parties."""
    check_words(document_type, file.name)
    content_type = content_type_of(file)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    document = Document(
        lead=lead,
        related_model=_related_model(about),
        related_model_id=about.pk,
        document_type=document_type,
        file_name=plain_name(file.name, "document"),
        content_type=content_type,
        size=file.size,
        sha256=digest,
        uploaded_by=officer,
    )
    document.file.save("document", file)
    return document


def _related_model(about: Lead | Applicant | Bank) -> str:
    kinds = {
        Lead: Document.RelatedModel.LEAD,
        Applicant: Document.RelatedModel.APPLICANT,
        Bank: Document.RelatedModel.BANK,
    }
    return kinds[type(about)].value
