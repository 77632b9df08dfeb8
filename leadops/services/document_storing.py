"""Storing the file of a document: looked at, cleaned, put under a random name, and never left without its record."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from leadops.document_files.cleaning import Clean, cleaned, refusal
from leadops.document_files.scanning import scanner
from leadops.errors import Away
from leadops.faults import trace_of
from leadops.models import Document
from leadops.models.files import document_store, random_path
from leadops.services.document_events import By
from leadops.services.file_names import LONGEST, plain_name

log = logging.getLogger(__name__)

SUFFIXES = {"application/pdf": (".pdf",), "image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",)}
OF_FILE = (
    *("file", "file_name", "content_type", "size", "sha256", "pages", "password", "scanned_at"),
    "uploaded_by",
)
"""What a file brings with it."""


class StoreAway(Away):
    """The store of documents does not answer; please try again in a while."""


@dataclass(slots=True)
class Given:
    """What is said of a document; None where a change leaves it as it is. `file` has a `name`."""

    document_type: str | None = None
    tags: Sequence[str] | None = None
    file: Any = None
    password: str = ""


@contextmanager
def stored(document: Document, given: Given, by: By) -> Iterator[None]:
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
    return plain if plain.lower().endswith(endings) else f"{plain[: LONGEST - len(endings[0])]}{endings[0]}"


def _kept(document: Document, file: IO[bytes]) -> str:
    """Where the store has put it. Raises StoreAway where it could not."""
    try:
        return document_store().save(random_path(document, ""), File(file))
    except Exception as error:
        log.error("document not stored %s", trace_of(error))
        raise StoreAway from None
