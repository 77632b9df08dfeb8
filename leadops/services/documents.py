"""Documents: kept clean and under random names, changed and deleted while nobody has decided on their lead."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction

from leadops.document_files.cleaning import content_type_of, refusal
from leadops.errors import Gone, Invalid
from leadops.faults import trace_of
from leadops.models import Applicant, Bank, Document, Lead, Partner
from leadops.models.files import document_store
from leadops.services.document_checklist import Owner, kind_of, type_findings
from leadops.services.document_events import By, Deed, note
from leadops.services.document_storing import OF_FILE, Given, StoreAway, stored
from leadops.services.whole_leads import refuse_decided
from leadops.signals import documents_changed
from leadops.validation import Finding, errors_in, findings_at, free_text, problem

log = logging.getLogger(__name__)

MOST = 100
"""Documents of one lead."""
DOCUMENTS_STAY = "its documents are not changed any more"
NEVER_KEPT = ("card_data", "aadhaar_number")
LONGEST_WORD, LONGEST_NAME, LONGEST_PASSWORD = 50, 1000, 200


def limits_in_words() -> str:
    """What files are taken, for the person who chooses one."""
    return f"PDF, JPEG or PNG, at most {settings.DOCUMENT_MAX_BYTES / 1024**2:g} MB."


class Checked(NamedTuple):
    document_type: str | None
    tags: list[str] | None


def owner_of(partner: Partner, owner_id: UUID, kind: str = "") -> Owner | None:
    """The partner's own lead, applicant or bank account with this id; None for any other."""
    for each, find in FINDERS.items():
        if kind in ("", each) and (owner := find(owner_id)) is not None:
            return owner if lead_of(owner).partner_id == partner.pk else None
    return None


FINDERS: dict[str, Callable[[UUID], Owner | None]] = {
    Document.RelatedModel.LEAD: lambda pk: Lead.objects.filter(pk=pk).first(),
    Document.RelatedModel.APPLICANT: lambda pk: (
        Applicant.objects.select_related("lead").filter(pk=pk, lead__deleted_at=None).first()
    ),
    Document.RelatedModel.BANK: lambda pk: (
        Bank.objects.select_related("applicant__lead").filter(pk=pk, applicant__lead__deleted_at=None).first()
    ),
}


def lead_of(owner: Owner) -> Lead:
    """The lead that `owner` is or belongs to."""
    if isinstance(owner, Bank):
        return owner.applicant.lead
    return owner.lead if isinstance(owner, Applicant) else owner


def add(about: Owner, given: Given, by: By) -> Document:
    """Keep a file that is about a lead or one of its parties.

    Raises Invalid with what is wrong with it, Away when it can't be looked at or kept now.
    """
    lead = lead_of(about)
    words = _right(about, given)
    document = Document(
        lead=lead,
        related_model=kind_of(about),
        related_model_id=about.pk,
        document_type=words.document_type or "",
        tags=words.tags or [],
        road=Document.Road.API if by.partner else Document.Road.ADMIN,
    )
    with stored(document, given, by):
        _locked(lead.pk)  # else two at once could be one too many
        if lead.documents.count() >= MOST:
            raise refusal("file", "too_many_documents", limit=MOST)
        document.save(force_insert=True)
        note(document, Deed.ADDED, by)
        documents_changed.send(Document, leads=[lead])
    return document


def change(document: Document, given: Given, by: By) -> Document:
    """Give `document` another type, other tags or another file, the old one of which is gone then.

    Raises as `add` does, NotInThisState where the lender has decided on the lead, Gone where it was deleted meanwhile.
    """
    refuse_decided(document.lead, DOCUMENTS_STAY)
    if (about := FINDERS[document.related_model](document.related_model_id)) is None:
        raise Gone
    words = _right(about, given)
    old = document.file.name or ""
    told = {name: value for name, value in words._asdict().items() if value is not None}
    for name, value in told.items():
        setattr(document, name, value)
    with stored(document, given, by):
        refuse_decided(_locked(document.lead_id), DOCUMENTS_STAY)
        if not Document.objects.filter(pk=document.pk, file=old).exists():
            raise Gone
        # What is not given may be another by now, which is not to be undone.
        document.save(update_fields=[*told, *(OF_FILE if given.file is not None else ()), "updated_at"])
        note(document, Deed.CHANGED, by)
        documents_changed.send(Document, leads=[document.lead])
        if given.file is not None:
            transaction.on_commit(partial(document_store().delete, old), robust=True)
    return document


@transaction.atomic
def delete(document: Document, by: By) -> None:
    """Delete the record with its file; the log keeps that it was there. Raises as `change` does."""
    refuse_decided(_locked(document.lead_id), DOCUMENTS_STAY)
    if (kept := Document.objects.filter(pk=document.pk).first()) is None:
        raise Gone
    note(kept, Deed.DELETED, by)
    transaction.on_commit(partial(document_store().delete, kept.file.name or ""), robust=True)
    kept.delete()


def _locked(lead_id: UUID) -> Lead:
    """The lead, unless its data was erased, whose documents nobody else changes until the caller's transaction ends."""
    lead = Lead.objects.select_for_update(no_key=True).filter(pk=lead_id, erased_at=None).first()
    if lead is None:
        raise Gone
    return lead


def opened(document: Document, by: By, reason: str = "") -> File[bytes]:
    """The file for a download, which is logged with its reason. Raises StoreAway where it can't be read."""
    try:
        file: File[bytes] = document_store().open(document.file.name or "")
        file.read(0)  # a bucket is asked now, not in the middle of the answer
    except Exception as error:
        log.error("document %s unreadable %s", document.pk, trace_of(error))
        raise StoreAway from None
    note(document, Deed.DOWNLOADED, by, reason)
    return file


def shown_password(document: Document, by: By, reason: str) -> str:
    """What the PDF opens with, for a person to read, which is logged."""
    note(document, Deed.PASSWORD, by, reason)
    password: str = document.password
    return password


# What is given ------------------------------------------------------------------------------------------------


def checked(about: Owner | None, given: Given) -> tuple[Checked, list[Finding]]:
    """The words as they are kept, and all that can be told before the file is opened.

    Without `about` the program's list is not asked.
    """
    findings: list[Finding] = []
    tags = None
    if given.tags is not None:
        tags = [_tidied(f"tags[{at}]", tag, findings) for at, tag in enumerate(given.tags)]
    document_type = given.document_type
    if document_type is not None:
        wrong: list[Finding] = []
        document_type = _tidied("document_type", document_type, wrong)
        if about is not None and not wrong:
            document_type, wrong = type_findings(lead_of(about), about, document_type)
        findings += wrong
    if len(given.password) > LONGEST_PASSWORD:
        findings += findings_at("password", [problem("too_long", limit=LONGEST_PASSWORD)])
    if given.file is not None:
        findings += _file_findings(given.file)
    return Checked(document_type, tags), findings


def _file_findings(file: Any) -> list[Finding]:
    hidden = [each for each in free_text(file.name, LONGEST_NAME).problems if each.code in NEVER_KEPT]
    try:
        content_type_of(file)
    except Invalid as refused:
        return findings_at("file", hidden) + refused.findings
    return findings_at("file", hidden)


def _right(about: Owner, given: Given) -> Checked:
    words, findings = checked(about, given)
    if findings:
        raise Invalid(findings)
    return words


def _tidied(field: str, text: str, findings: list[Finding]) -> str:
    checked = free_text(text, LONGEST_WORD)
    findings += errors_in(findings_at(field, checked.problems))
    return checked.value
