"""Documents that several change at once: nothing is lost, left over or counted twice."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from PIL import Image

from leadops.errors import Gone, Invalid
from leadops.models import Document, Lead
from leadops.services import documents
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from tests import people
from tests.leadops import papers
from tests.threads import together


@pytest.fixture(autouse=True)
def store(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


@pytest.fixture
def by(partner) -> By:
    return By(partner=partner, key_prefix="lo_live_abcd")


def pdf(pages: int = 1) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.pdf", papers.pdf(pages))


def stored(store: Path) -> list[bytes]:
    return [path.read_bytes() for path in store.rglob("*") if path.is_file()]


def test_a_change_does_not_undo_what_another_changed_meanwhile(lead, by):
    document = documents.add(lead, Given("PAN", ["old"], pdf()), by)
    seen_before = Document.objects.get()
    documents.change(document, Given("GST"), by)
    documents.change(seen_before, Given(None, ["new"]), by)
    kept = Document.objects.get()
    assert (kept.document_type, kept.tags) == ("GST", ["new"])


def test_what_is_deleted_is_deleted_once_and_changed_no_more(
    lead, by, store, django_capture_on_commit_callbacks
):
    document = documents.add(lead, Given("PAN", None, pdf()), by)
    with django_capture_on_commit_callbacks(execute=True):
        documents.delete(document, by)
    with pytest.raises(Gone):
        documents.delete(document, by)
    with pytest.raises(Gone):
        documents.change(document, Given("GST", None, pdf(2)), by)
    assert stored(store) == []
    assert [event.deed for event in lead.document_events.order_by("id")] == ["added", "deleted"]


def test_a_file_that_was_replaced_meanwhile_is_not_replaced_again(
    lead, by, store, django_capture_on_commit_callbacks
):
    first = documents.add(lead, Given("PAN", None, pdf()), by)
    seen_before = Document.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        documents.change(first, Given(file=pdf(2)), by)
    with pytest.raises(Gone):
        documents.change(seen_before, Given(file=pdf(3)), by)
    assert stored(store) == [papers.pdf(2)]


def test_a_large_photo_comes_in_by_the_disk(lead, by, store):
    made = BytesIO()
    Image.frombytes("RGB", (1100, 1000), os.urandom(3_300_000)).save(made, "PNG", compress_level=1)
    file = TemporaryUploadedFile("noise.png", "text/html", len(made.getvalue()), None)
    file.write(made.getvalue())
    document = documents.add(lead, Given("PHOTO", None, file), by)
    file.close()
    assert document.size > 3_000_000
    assert [len(content) for content in stored(store)] == [document.size]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_never_more_than_a_lead_may_have(lead, by, store, monkeypatch):
    monkeypatch.setattr(documents, "MOST", 3)
    refusals = together(*[lambda: documents.add(lead, Given("PAN", None, pdf()), by)] * 6)
    assert [type(each) for each in refusals] == [Invalid] * 3
    assert (Document.objects.count(), len(stored(store)), lead.document_events.count()) == (3, 3, 3)
