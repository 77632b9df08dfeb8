"""The officer's road through the browser: sign in, upload, watch, open a lead, retry a delivery."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from crm_integrations import delivery as engine
from leadops.models import ImportBatch, Lead
from leadops.services import import_batches
from tests import patience, samples
from tests.browser.conftest import PHONE, give_reason
from tests.browser.looks import at_both_sizes, lead_url
from tests.people import PASSWORD
from tests.samples import BAD, SHORT_GOOD


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


class Worker:
    """Does in a thread what a worker process does, because the live site has none."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        try:
            while not self.stopped.wait(0.2):
                for batch_id in import_batches.to_resume():
                    import_batches.run(batch_id)
                engine.drain(self.stopped.is_set)
        finally:
            connection.close()


@pytest.fixture
def worker(transactional_db) -> Iterator[Worker]:
    working = Worker()
    yield working
    working.stopped.set()
    if working.thread.is_alive():
        working.thread.join(patience.SECONDS)
    assert not working.thread.is_alive()


def sign_in(page: Page, username: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Leads by status")).to_be_visible()


def upload(page: Page, workbook: Path) -> None:
    page.get_by_role("link", name="Upload a workbook").click()
    page.locator("#id_partner").select_option(label="Sunrise Finserv")
    page.locator("#id_program").select_option(label="Supply chain finance")
    page.locator("input[type=file]").set_input_files(workbook)
    at_both_sizes(page, page.locator("#id_partner"), page.get_by_role("button", name="Upload", exact=True))
    page.get_by_role("button", name="Upload", exact=True).click()


def test_officer_uploads_watches_and_reads_what_each_vendor_answered(
    page, officer, partner, program, connections, vendor_sandbox, worker, tmp_path
):
    sign_in(page, officer.username)
    upload(page, samples.short(tmp_path / "leads.xlsx"))
    expect(page.get_by_text("Queued").first).to_be_visible()
    worker.thread.start()
    # The page finds out by itself that the preview is there, and later that the import is done.
    bring_in = page.get_by_role("button", name=f"Import {SHORT_GOOD} rows")
    expect(bring_in).to_be_visible()
    at_both_sizes(page, bring_in)
    page.set_viewport_size(PHONE)
    bring_in.click()
    expect(page.get_by_role("link", name="Download error workbook")).to_be_visible()
    expect(page.locator('dd[data-show="created"]')).to_have_text(str(SHORT_GOOD))
    expect(page.locator('dd[data-show="failed"]')).to_have_text(str(BAD))
    expect(page.locator('td[data-label="Reason"]')).to_have_count(BAD)
    expect(page.locator("tr", has_text="B6")).to_contain_text("9.8E+09")

    at_both_sizes(page, page.get_by_role("link", name="Download error workbook"))
    page.get_by_role("link", name="Download error workbook").click()
    at_both_sizes(page, page.get_by_label("Reason"))
    with page.expect_download() as download:
        give_reason(page)
    download.value.save_as(tmp_path / "refused.xlsx")
    refused = load_workbook(tmp_path / "refused.xlsx").active
    assert refused.max_row == BAD + 1

    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_role("link", name=f"Created {SHORT_GOOD}").click()
    page.locator("#import ~ section td a.lo-link").first.click()
    panel = page.locator("#deliveries")
    for vendor in ("brainysoft", "broctagon", "crego_crm", "ispcrm"):
        row = panel.locator("article", has=page.get_by_role("heading", name=vendor))
        expect(row.locator(".lo-chip").first).to_have_text("Delivered")
    row.locator("summary").first.click()
    expect(row.get_by_text("POST http")).to_be_visible()
    expect(row.locator("pre").first).to_contain_text("[removed]")
    at_both_sizes(page, row.locator("summary").first)
    assert ImportBatch.objects.get().failed == BAD
    assert Lead.objects.count() == SHORT_GOOD


def test_officer_submits_a_lead_and_retries_what_was_refused(
    desk_page, partner, program, draft_lead, connections, vendor_sandbox, worker
):
    vendor_sandbox.fault("ispcrm", "error_flag")
    page = desk_page
    page.goto(lead_url(draft_lead))
    page.get_by_role("button", name="Submit", exact=True).click()
    worker.thread.start()
    row = page.locator("#deliveries article", has=page.get_by_role("heading", name="ispcrm"))
    expect(row.locator(".lo-chip").first).to_have_text("Refused")
    vendor_sandbox.clear_faults()
    at_both_sizes(page, row.get_by_role("button", name="Retry"))
    page.set_viewport_size(PHONE)
    row.get_by_role("button", name="Retry").click()
    expect(row.locator(".lo-chip").first).to_have_text("Delivered")
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_panel_that_refreshes_keeps_what_the_officer_has_unfolded(
    desk_page, draft_lead, connections, vendor_sandbox
):
    page = desk_page
    page.goto(lead_url(draft_lead))
    page.get_by_role("button", name="Submit", exact=True).click()
    claim = engine.outbox.claim()
    engine.deliver(claim)  # one connection is done, the others keep the panel refreshing
    call = page.locator("#deliveries .lo-timeline details").first
    expect(call).to_be_visible()
    call.locator("summary").click()
    with page.expect_response("**/delivery/of/lead/**"):
        pass
    expect(page.locator("#deliveries .lo-timeline details").first).to_have_attribute("open", "")


def test_the_top_of_the_page_tells_what_the_panel_tells_without_being_opened_again(
    desk_page, draft_lead, connections, vendor_sandbox
):
    page = desk_page
    page.goto(lead_url(draft_lead))
    page.get_by_role("button", name="Submit", exact=True).click()
    standing = page.locator("#standing")
    expect(standing.locator(".lo-chip").first).to_contain_text("Queued")
    engine.drain()
    expect(standing.locator(".lo-reason")).to_contain_text("Delivered to")
    expect(standing.locator(".lo-chip").first).to_contain_text("Delivered")
    assert page.locator("#standing").count() == 1
