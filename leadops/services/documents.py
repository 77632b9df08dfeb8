"""Documents: kept clean and under random names, changed and deleted while nobody has decided on their lead."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from leadops.document_files.cleaning import Clean, cleaned, content_type_of, refusal
from leadops.document_files.scanning import scanner
from leadops.errors import Away, Gone, Invalid, NotInThisState
from leadops.faults import trace_of
from leadops.models import Applicant, Bank, Document, Lead, Partner
from leadops.models.files import document_store, random_path
from leadops.services.document_checklist import Owner, kind_of, type_findings
from leadops.services.document_events import By, Deed, note
from leadops.services.file_names import plain_name
from leadops.validation import Finding, errors_in, findings_at, free_text, problem

log = logging.getLogger(__name__)

MOST = 100
"""Documents of one lead."""
SUFFIXES = {"application/pdf": (".pdf",), "image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",)}
NEVER_KEPT = ("card_data", "aadhaar_number")
LONGEST_WORD, LONGEST_NAME, LONGEST_PASSWORD = 50, 1000, 200


def limits_in_words() -> str:
    """What files are taken, for the person who chooses one."""
    return f"PDF, JPEG or PNG, at most {settings.DOCUMENT_MAX_BYTES / 1024**2:g} MB."


class StoreAway(Away):
    """The store of documents does not answer; please try again in a while."""


class Checked(NamedTuple):
    document_type: str | None
    tags: list[str] | None


@dataclass(slots=True)
class Given:
    """What is said of a document; None where a change leaves it as it is. `file` has a `name`."""

    document_type: str | None = None
    tags: Sequence[str] | None = None
    file: Any = None
    password: str = ""


def owner_of(partner: Partner, owner_id: UUID, kind: str = "") -> Owner | None:
    """The partner's own lead, applicant or bank account with this id; None for any other."""
    for each, find in FINDERS.items():
        if kind in ("", each) and (owner := find(owner_id)) is not None:
            return owner if lead_of(owner).partner_id == partner.pk else None
    return None


FINDERS: dict[str, Callable[[UUID], Owner | None]] = {
    Document.RelatedModel.LEAD: lambda pk: Lead.objects.filter(pk=pk).first(),
    Document.RelatedModel.APPLICANT: lambda pk: (
        Applicant.objects.select_related("lead").filter(pk=pk).first()
    ),
    Document.RelatedModel.BANK: lambda pk: (
        Bank.objects.select_related("applicant__lead").filter(pk=pk).first()
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
    with _stored(document, given, by):
        Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)  # else two at once could be one too many
        if lead.documents.count() >= MOST:
            raise refusal("file", "too_many_documents", limit=MOST)
        document.save(force_insert=True)
        note(document, Deed.ADDED, by)
    return document


def change(document: Document, given: Given, by: By) -> Document:
    """Give `document` another type, other tags or another file, the old one of which is gone then.

    Raises as `add` does, NotInThisState where the lender has decided on the lead, Gone where it was deleted meanwhile.
    """
    refuse_decided(document.lead)
    if (about := FINDERS[document.related_model](document.related_model_id)) is None:
        raise Gone
    words = _right(about, given)
    old = document.file.name or ""
    document.document_type = words.document_type or document.document_type
    document.tags = document.tags if words.tags is None else words.tags
    with _stored(document, given, by):
        refuse_decided(Lead.objects.select_for_update(no_key=True).get(pk=document.lead_id))
        if not Document.objects.filter(pk=document.pk, file=old).exists():
            raise Gone
        document.save(force_update=True)
        note(document, Deed.CHANGED, by)
        if document.file.name != old:
            transaction.on_commit(partial(document_store().delete, old), robust=True)
    return document


@transaction.atomic
def delete(document: Document, by: By) -> None:
    """Delete the record with its file; the log keeps that it was there. Raises NotInThisState as `change` does."""
    refuse_decided(Lead.objects.select_for_update(no_key=True).get(pk=document.lead_id))
    note(document, Deed.DELETED, by)
    transaction.on_commit(partial(document_store().delete, document.file.name or ""), robust=True)
    document.delete()


def opened(document: Document, by: By) -> File[bytes]:
    """The file for a download, which is logged. Raises StoreAway where it can't be read."""
    try:
        file: File[bytes] = document_store().open(document.file.name or "")
        file.read(0)  # a bucket is asked now, not in the middle of the answer
    except Exception as error:
        log.error("document %s unreadable %s", document.pk, trace_of(error))
        raise StoreAway from None
    note(document, Deed.DOWNLOADED, by)
    return file


def shown_password(document: Document, by: By) -> str:
    """What the PDF opens with, for a person to read, which is logged."""
    note(document, Deed.PASSWORD, by)
    password: str = document.password
    return password


def refuse_decided(lead: Lead) -> None:
    """Raise NotInThisState where what the lender decided by would not be what it decided by any more."""
    if lead.status not in Lead.OPEN:
        word = lead.get_status_display().lower()
        raise NotInThisState(f"This lead is {word}, so its documents are not changed any more.")
    if lead.loan_accounts.exists():
        raise NotInThisState("This lead has a loan account, so its documents are not changed any more.")


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


# The file -----------------------------------------------------------------------------------------------------


@contextmanager
def _stored(document: Document, given: Given, by: By) -> Iterator[None]:
    """Store the given file, if any, and hold a transaction for the record; a file without its record is not left.

    No transaction is open while the file is looked at and stored.
    """
    if given.file is None:
        with transaction.atomic():
            yield
        return
    with _looked_at(given.file, given.password) as (clean, scanned_at):
        _describe(document, clean, given, scanned_at, by)
        document.file.name = _kept(document, clean.file)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        document_store().delete(document.file.name)
        raise


@contextmanager
def _looked_at(file: IO[bytes], password: str) -> Iterator[tuple[Clean, datetime | None]]:
    """The clean copy of `file`, and when a scanner found nothing in it; None without a scanner."""
    scanned_at = None
    if (by_scanner := scanner()) is not None:
        if found := by_scanner.found_in(file):
            log.warning("virus scanner found %s in a document", found[:100])
            raise refusal("file", "infected")
        scanned_at = timezone.now()
    with cleaned(file, password) as clean:
        yield clean, scanned_at


def _describe(document: Document, clean: Clean, given: Given, scanned_at: datetime | None, by: By) -> None:
    document.file_name = _named(given.file.name, clean.content_type)
    document.content_type = clean.content_type
    document.size = clean.file.seek(0, 2)
    clean.file.seek(0)
    document.sha256 = hashlib.file_digest(clean.file, "sha256").hexdigest()  # type: ignore[arg-type]  # IO has all of it
    clean.file.seek(0)
    document.pages = clean.pages
    document.password = given.password if clean.locked else ""
    document.scanned_at = scanned_at
    document.uploaded_by = by.officer


def _named(name: str, content_type: str) -> str:
    """The given name, ending as files of this content do: what is saved as .exe would be run."""
    plain = plain_name(name, "document")
    endings = SUFFIXES[content_type]
    return plain if plain.lower().endswith(endings) else f"{plain[: 200 - len(endings[0])]}{endings[0]}"


def _kept(document: Document, file: IO[bytes]) -> str:
    """Where the store has put it. Raises StoreAway where it could not."""
    try:
        return document_store().save(random_path(document, ""), File(file))
    except Exception as error:
        log.error("document not stored %s", trace_of(error))
        raise StoreAway from None
