"""Documents as an officer hands them in and takes them out, in a browser that would run what it is given."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from leadops.models import Document, DocumentType
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, lead_url
from tests.leadops import papers

SCRIPT = b"<html><script>document.title = 'taken over'</script></html>"
POLYGLOTS = {
    "page.pdf": papers.pdf() + b"\n" + SCRIPT,
    "page.html": papers.photo("JPEG", comment=SCRIPT) + SCRIPT,
    "page.svg": papers.photo("PNG") + SCRIPT,
}


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def test_a_missing_document_is_handed_in_from_its_line_and_downloaded(desk_page, draft_lead):
    page, lead = desk_page, draft_lead
    DocumentType.objects.create(program=lead.program, code="PAN_CARD", name="PAN card")
    DocumentType.objects.create(
        program=lead.program, code="DEED", name="Title deed", about="lead", required=False
    )
    page.goto(lead_url(lead))
    listed = page.locator("#documents")
    expect(listed).to_contain_text("1 missing")
    at_both_sizes(page, listed.get_by_role("link", name="Add PAN card"))
    listed.get_by_role("link", name="Add PAN card").press("Enter")
    kind = page.locator("#id_document_type")
    at_both_sizes(page, kind, page.get_by_role("button", name="Save", exact=True))
    expect(kind).to_have_value("PAN_CARD")
    page.get_by_label("About").select_option("The lead")
    expect(kind).to_have_value("")
    kind.select_option("Title deed")
    page.get_by_label("About").select_option(index=1)
    kind.select_option("PAN card")
    locked = papers.pdf(password="open sesame")
    page.locator("#id_file").set_input_files({"name": "pan.pdf", "mimeType": "text/html", "buffer": locked})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("send the password with it")).to_be_visible()
    at_both_sizes(page, page.get_by_label("Password of the PDF"))
    page.set_viewport_size(PHONE)
    page.locator("#id_file").set_input_files({"name": "pan.pdf", "mimeType": "text/html", "buffer": locked})
    page.get_by_label("Password of the PDF").fill("open sesame")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#documents")).to_contain_text("all there")
    at_both_sizes(page, page.get_by_role("link", name="pan.pdf", exact=True))
    page.get_by_role("link", name="pan.pdf", exact=True).click()
    page.get_by_label("Reason").fill("To check the account statement")
    at_both_sizes(page, page.get_by_role("button", name="Download"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.path().read_bytes() == locked
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_role("link", name="Details of PAN_CARD: pan.pdf").click()
    at_both_sizes(page, page.get_by_role("link", name="Show its password"))
    page.get_by_role("link", name="Show its password").click()
    expect(page.get_by_label("Reason")).to_have_value("To check the account statement")
    page.get_by_role("button", name="Show its password").click()
    expect(page.get_by_text("open sesame", exact=True)).to_be_visible()


def test_a_type_is_typed_where_the_program_lists_none(desk_page, draft_lead):
    page, lead = desk_page, draft_lead
    DocumentType.objects.create(program=lead.program, code="PAN_CARD", name="PAN card")
    page.goto(f"/admin/leadops/document/add/?lead={lead.pk}")  # about the lead, of which it lists nothing
    typed = page.get_by_role("textbox", name="Type")
    typed.fill("SELFIE")
    page.get_by_label("About").select_option(index=1)
    expect(typed).to_be_hidden()
    expect(page.get_by_role("combobox", name="Type")).to_be_visible()
    page.get_by_label("About").select_option("The lead")
    expect(typed).to_have_value("SELFIE")
    content = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": papers.pdf()}
    page.locator("#id_file").set_input_files(content)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#documents")).to_contain_text("SELFIE")


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_is_a_page_too_is_never_shown_as_one(desk_page, draft_lead, name):
    page, lead = desk_page, draft_lead
    page.goto(f"/admin/leadops/document/add/?lead={lead.pk}")
    page.get_by_label("Type").fill("OTHER")
    content = {"name": name, "mimeType": "text/html", "buffer": POLYGLOTS[name]}
    page.locator("#id_file").set_input_files(content)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#documents")).to_contain_text("OTHER: page.")
    page.goto(f"/admin/leadops/document/{Document.objects.get().pk}/download/")
    title = page.title()
    page.get_by_label("Reason").fill("To check the account statement")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert not download.value.suggested_filename.endswith(("html", "svg"))
    assert page.title() == title
    assert page.get_by_label("Reason").is_visible()
