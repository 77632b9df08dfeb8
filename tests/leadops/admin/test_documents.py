"""Documents in the back office: told by content, kept under a random name, given out as downloads and logged."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leadops import synthetic
from leadops.document_files.settings import Address
from leadops.models import Document, DocumentEvent, DocumentType, Program
from leadops.services import documents, leads
from tests import people
from tests.leadops import clamd, papers

ADD = reverse("admin:leadops_document_add")
PDF = papers.pdf()


@pytest.fixture(autouse=True)
def store(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(desk, lead, content: bytes = PDF, name: str = "a.pdf", about=None, **fields):
    file = SimpleUploadedFile(name, content)
    sent = {"lead": lead.pk, "about": (about or lead).pk, "document_type": "PAN_CARD", "file": file}
    return desk.post(f"{ADD}?lead={lead.pk}", sent | fields)


def stored(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


def page_of(desk, document: Document) -> str:
    return desk.get(reverse("admin:leadops_document_change", args=[document.pk])).content.decode()


def taken(desk, document: Document):
    url = reverse("admin:leadops_document_download", args=[document.pk])
    assert b"%PDF" not in desk.get(url).content
    return desk.post(url, {"reason": people.REASON})


def deeds() -> list[str]:
    return list(DocumentEvent.objects.order_by("id").values_list("deed", flat=True))


def test_document_is_kept_under_a_random_name_and_downloaded_as_an_attachment(desk, lead, officer, store):
    upload(desk, lead, PDF, "../../pan card.pdf")
    document = Document.objects.get()
    assert (document.file_name, document.content_type, document.uploaded_by, document.road) == (
        "pan card.pdf",
        "application/pdf",
        officer,
        "admin",
    )
    assert "pan" not in document.file.name
    assert [path.read_bytes() for path in stored(store)] == [PDF]
    answer = taken(desk, document)
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="pan card.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer["Cache-Control"]


def test_what_is_done_with_a_document_is_logged_with_who_and_from_where(desk, lead, officer):
    upload(desk, lead)
    document = Document.objects.get()
    b"".join(taken(desk, document).streaming_content)
    assert deeds() == ["added", "downloaded"]
    assert {(event.officer, event.ip_address, event.lead) for event in DocumentEvent.objects.all()} == {
        (officer, "127.0.0.1", lead)
    }
    assert "Downloaded" in page_of(desk, document)
    log = reverse("admin:leadops_document_log", args=[lead.pk])
    assert "Downloaded" in desk.get(log).content.decode()
    assert log in desk.get(reverse("admin:leadops_lead_change", args=[lead.pk])).content.decode()


@pytest.mark.parametrize(
    "content", [b"<html><script>1</script>", b"GIF89a", b"PK\x03\x04", PDF[:100], b"x" + PDF]
)
def test_what_is_no_pdf_or_image_is_refused_whatever_its_name(desk, lead, content, store):
    response = upload(desk, lead, content, "passport.pdf")
    assert response.status_code == 200
    assert not Document.objects.exists()
    assert stored(store) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("statement.exe", "statement.exe.pdf"),
        ("Statement.PDF", "Statement.PDF"),
        ("..\\..\\xy\u202efdp.exe", "xyfdp.exe.pdf"),
        ("выписка.pdf", "выписка.pdf"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
        ("b" * 300, "b" * 196 + ".pdf"),
    ],
)
def test_a_name_ends_as_the_content_does_and_holds_nothing_hidden(desk, lead, name, kept):
    upload(desk, lead, PDF, name)
    assert Document.objects.get().file_name == kept


def test_a_photo_is_kept_without_its_place(desk, lead, store):
    upload(desk, lead, papers.photo(), "me.jpg")
    [path] = stored(store)
    assert papers.PLACE.encode() not in path.read_bytes()
    document = Document.objects.get()
    assert (document.content_type, document.size) == ("image/jpeg", path.stat().st_size)


def test_too_large_a_file_is_refused(desk, lead, settings):
    settings.DOCUMENT_MAX_BYTES = 10
    page = upload(desk, lead).content.decode()
    assert "make it smaller" in page
    assert not Document.objects.exists()


def test_a_card_number_is_no_type_and_no_name(desk, lead):
    upload(desk, lead, document_type="4111 1111 1111 1111")
    upload(desk, lead, name="4111 1111 1111 1111.pdf")
    assert not Document.objects.exists()


def test_a_lead_takes_so_many_documents_and_no_more(desk, lead, monkeypatch, store):
    monkeypatch.setattr(documents, "MOST", 1)
    upload(desk, lead)
    assert "1 documents already" in upload(desk, lead).content.decode()
    assert (Document.objects.count(), len(stored(store))) == (1, 1)


def test_a_document_that_can_not_be_recorded_leaves_no_file(desk, lead, monkeypatch, store):
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(documents, "note", fail)
    with pytest.raises(RuntimeError):
        upload(desk, lead)
    assert stored(store) == []
    assert not Document.objects.exists()


def test_document_may_be_about_an_applicant_of_this_lead_only(desk, lead, partner, program):
    stranger = leads.create(synthetic.drafts(1, seed=9), partner=partner, program=program, intake="api")[0]
    upload(desk, lead, about=lead.applicants.get())
    assert Document.objects.get().related_model == "applicant"
    assert upload(desk, lead, about=stranger.applicants.get()).status_code == 200
    assert Document.objects.count() == 1


def test_reader_without_the_right_downloads_nothing_and_reads_no_password(reading_desk, desk, lead):
    upload(desk, lead)
    document = Document.objects.get()
    assert reading_desk.get(reverse("admin:leadops_document_download", args=[document.pk])).status_code == 403
    assert (
        reading_desk.post(reverse("admin:leadops_document_password", args=[document.pk])).status_code == 403
    )
    assert reading_desk.get(reverse("admin:leadops_document_log", args=[lead.pk])).status_code == 403
    assert deeds() == ["added"]


# Passwords ------------------------------------------------------------------------------------------------------


def test_a_locked_pdf_needs_its_password_which_is_sealed_and_shown_on_demand_only(desk, lead):
    locked = papers.pdf(password="open sesame")
    assert "password only" in upload(desk, lead, locked).content.decode()
    refused = upload(desk, lead, locked, password="wrong one").content.decode()
    assert "does not open with the password" in refused
    assert "wrong one" not in refused
    upload(desk, lead, locked, password="open sesame")
    document = Document.objects.get()
    assert document.is_locked
    assert b"open sesame" not in bytes(Document.objects.values_list("password", flat=True).get())
    assert "open sesame" not in page_of(desk, document)
    url = reverse("admin:leadops_document_password", args=[document.pk])
    assert "open sesame" not in desk.get(url).content.decode()
    assert "open sesame" not in desk.post(url).content.decode()
    answer = desk.post(url, {"reason": "To check the account statement"})
    assert "open sesame" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert deeds() == ["added", "password"]


# The scanner ----------------------------------------------------------------------------------------------------


def test_nothing_is_kept_while_the_scanner_is_away(desk, lead, settings, tmp_path, store):
    settings.CLAMD = Address(path=str(tmp_path / "nobody.ctl"))
    assert "The virus scanner does not answer" in upload(desk, lead).content.decode()
    assert not Document.objects.exists()
    assert stored(store) == []


def test_a_virus_is_refused_and_logged_by_its_name_alone(desk, lead, settings, caplog):
    with clamd.running() as (_, address):
        settings.CLAMD = address
        with caplog.at_level(logging.WARNING, "leadops"):
            page = upload(desk, lead, PDF + clamd.EICAR, "asha.pdf").content.decode()
        assert "found something in this file" in page
        assert not Document.objects.exists()
        assert "Eicar-Test-Signature" in caplog.text
        assert "asha" not in caplog.text
        upload(desk, lead)
    assert Document.objects.get().scanned_at
    assert "Found clean" in page_of(desk, Document.objects.get())


# The checklist --------------------------------------------------------------------------------------------------


@pytest.fixture
def wanted(program) -> DocumentType:
    DocumentType.objects.create(program=program, code="PHOTO", name="Photo", required=False)
    return DocumentType.objects.create(program=program, code="PAN_CARD", name="PAN card")


def lead_page(desk, lead) -> str:
    page = desk.get(reverse("admin:leadops_lead_change", args=[lead.pk])).content.decode()
    return page.partition('id="documents"')[2].partition("</section>")[0]


def test_the_lead_shows_what_is_there_and_what_is_missing(desk, lead, wanted):
    part = lead_page(desk, lead)
    assert "1 missing" in part
    assert part.index("Missing") < part.index("PAN_CARD")
    assert "Not needed" in part
    upload(desk, lead, about=lead.applicants.get(), document_type="pan card")
    assert Document.objects.get().document_type == "PAN_CARD"
    part = lead_page(desk, lead)
    assert "all there" in part
    assert "Missing" not in part


def test_the_link_of_a_missing_document_opens_the_form_for_it(desk, lead, wanted):
    applicant = lead.applicants.get()
    page = desk.get(f"{ADD}?lead={lead.pk}&about={applicant.pk}&document_type=PAN_CARD").content.decode()
    assert f'<option value="{applicant.pk}" selected>' in page
    own = page.partition(f'data-about="{applicant.pk}">')[2].partition("</optgroup>")[0]
    assert re.findall(r'value="(\w+)"( selected)?', own) == [("PHOTO", ""), ("PAN_CARD", " selected")]
    assert re.search(r'<input[^>]* id="id_document_type_typed"[^>]* hidden disabled', page)


def test_a_type_is_typed_where_the_program_lists_none_for_whom_it_is_about(desk, lead, wanted):
    page = desk.get(f"{ADD}?lead={lead.pk}").content.decode()  # of the lead itself
    assert re.search(r'<select[^>]* id="id_document_type"[^>]* disabled', page)
    assert "hidden" not in re.search(r'<input[^>]* id="id_document_type_typed"[^>]*>', page)[0]
    DocumentType.objects.all().delete()
    page = desk.get(f"{ADD}?lead={lead.pk}").content.decode()
    assert re.search(r'<input type="text" name="document_type"', page)
    assert "data-document-types" not in page


def test_the_list_is_that_of_the_program_and_of_the_kind_of_applicant(desk, lead, wanted):
    DocumentType.objects.create(
        program=lead.program, code="GST", name="GST certificate", applicant_type="business"
    )
    other = Program.objects.create(code="OTHER", name="Other")
    DocumentType.objects.create(program=other, code="DEED", name="Title deed")
    page = desk.get(f"{ADD}?lead={lead.pk}").content.decode()
    assert '<option value="PHOTO">' in page
    assert "Title deed" not in page
    assert "GST certificate" not in page
    lead.applicants.update(applicant_type="business")
    assert "GST certificate" in desk.get(f"{ADD}?lead={lead.pk}").content.decode()


def test_a_type_that_is_not_on_the_list_is_refused_where_there_is_one(desk, lead, wanted):
    page = upload(desk, lead, about=lead.applicants.get(), document_type="SELFIE").content.decode()
    assert "it takes PHOTO, PAN_CARD" in page
    upload(desk, lead, document_type="SELFIE")  # of the lead itself the program lists nothing
    assert Document.objects.get().document_type == "SELFIE"
    assert "Other documents" in lead_page(desk, lead)


def test_the_page_of_a_lead_costs_the_same_with_many_documents(
    desk, lead, wanted, django_assert_max_num_queries
):
    url = reverse("admin:leadops_lead_change", args=[lead.pk])
    upload(desk, lead, about=lead.applicants.get())
    desk.get(url)
    with django_assert_max_num_queries(60) as few:
        desk.get(url)
    before = len(few)
    for _ in range(3):
        upload(desk, lead, about=lead.applicants.get())
    desk.get(url)  # takes the messages away
    with django_assert_max_num_queries(before):
        desk.get(url)


def test_an_officer_edits_the_list_on_the_programs_page(desk, program):
    url = reverse("admin:leadops_program_change", args=[program.pk])
    page = desk.get(url)
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    rows = {
        "document_types-TOTAL_FORMS": 1,
        "document_types-INITIAL_FORMS": 0,
        "document_types-0-code": "GST_CERTIFICATE",
        "document_types-0-name": "GST certificate",
        "document_types-0-about": "applicant",
        "document_types-0-applicant_type": "business",
        "document_types-0-required": "on",
    }
    assert desk.post(url, sent | rows).status_code == 302
    made = DocumentType.objects.get()
    assert (made.code, made.applicant_type, made.required) == ("GST_CERTIFICATE", "business", True)
    page = desk.get(url).content.decode()
    assert "GST certificate" in page
    assert '<option value="">All of them</option>' in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"document_types-0-code": "gst certificate"}, "Capital letters"),
        ({"document_types-0-about": "lead"}, "Only a document about an applicant"),
    ],
)
def test_a_wrong_line_of_the_list_is_said_at_its_place(desk, program, fields, words):
    url = reverse("admin:leadops_program_change", args=[program.pk])
    form = desk.get(url).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    rows = {
        "document_types-TOTAL_FORMS": 1,
        "document_types-INITIAL_FORMS": 0,
        "document_types-0-code": "GST",
        "document_types-0-name": "GST certificate",
        "document_types-0-about": "applicant",
        "document_types-0-applicant_type": "business",
    }
    assert words in desk.post(url, sent | rows | fields).content.decode()
    assert not DocumentType.objects.exists()


def test_a_loan_officer_reads_the_list_and_does_not_change_it(program, wanted):
    clerk = people.clerk("view_program", "view_documenttype")
    page = clerk.get(reverse("admin:leadops_program_change", args=[program.pk])).content.decode()
    assert "PAN card" in page
    assert 'name="document_types-0-code"' not in page
