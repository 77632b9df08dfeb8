"""Documents: told by content, kept under a random name, given out as downloads."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leadops.models import Document
from leadops.services import documents

ADD = reverse("admin:leadops_document_add")
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(desk, lead, content: bytes, name: str, about=None):
    file = SimpleUploadedFile(name, content)
    sent = {"lead": lead.pk, "about": (about or lead).pk, "document_type": "PAN_CARD", "file": file}
    return desk.post(f"{ADD}?lead={lead.pk}", sent)


def test_document_is_kept_under_a_random_name_and_downloaded_as_an_attachment(desk, lead, officer):
    upload(desk, lead, PDF, "../../pan card.pdf")
    document = Document.objects.get()
    assert (document.file_name, document.content_type, document.uploaded_by) == (
        "pan card.pdf",
        "application/pdf",
        officer,
    )
    assert "pan" not in document.file.name
    answer = desk.get(reverse("admin:leadops_document_download", args=[document.pk]))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="pan card.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("content", [b"<html><script>1</script>", b"GIF89a", b"PK\x03\x04", b"", b"x%PDF-"])
def test_what_is_no_pdf_or_image_is_refused_whatever_its_name(desk, lead, content):
    response = upload(desk, lead, content, "passport.pdf")
    assert response.status_code == 200
    assert not Document.objects.exists()


def test_too_large_a_file_is_refused(desk, lead, monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    page = upload(desk, lead, PDF, "a.pdf").content.decode()
    assert "at most" in page
    assert not Document.objects.exists()


def test_document_may_be_about_an_applicant_of_this_lead_only(desk, lead, partner, program):
    from leadops import synthetic
    from leadops.services import leads

    stranger = leads.create(synthetic.drafts(1, seed=9), partner=partner, program=program, intake="api")[0]
    upload(desk, lead, PDF, "a.pdf", about=lead.applicants.get())
    assert Document.objects.get().related_model == "applicant"
    assert upload(desk, lead, PDF, "a.pdf", about=stranger.applicants.get()).status_code == 200
    assert Document.objects.count() == 1


def test_reader_without_the_right_downloads_nothing(reading_desk, desk, lead):
    upload(desk, lead, PDF, "a.pdf")
    download = reverse("admin:leadops_document_download", args=[Document.objects.get().pk])
    assert reading_desk.get(download).status_code == 403
