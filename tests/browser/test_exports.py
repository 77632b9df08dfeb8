"""Exporting what a list shows, by the keyboard, and fetching it."""

from __future__ import annotations

from pathlib import Path

from django.urls import reverse
from playwright.sync_api import expect

from leadops.models import Export, Lead
from leadops.services import exports
from tests import people
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes
from tests.leadops.services import exported


def test_a_list_is_exported_and_fetched_by_the_keyboard(desk_page, partner, program, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    people.leads_of(partner, program, 3)
    Lead.objects.filter(pk=Lead.objects.first().pk).update(status=Lead.Status.APPROVED)
    page = desk_page
    page.goto(f"{reverse('admin:leadops_lead_changelist')}?status__exact=draft")
    at_both_sizes(page, page.get_by_role("link", name="Export these leads…"))
    page.get_by_role("link", name="Export these leads…").press("Enter")
    expect(page.get_by_role("heading", name="Status: Draft")).to_be_visible()
    at_both_sizes(page, page.get_by_label("Unmasked"), page.get_by_role("button", name="Export", exact=True))
    page.set_viewport_size(PHONE)
    page.get_by_label("Unmasked").press("Space")
    page.get_by_label("Reason").fill(people.REASON)
    page.get_by_role("button", name="Export", exact=True).press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    export = Export.objects.get()
    assert (export.shown, export.reason) == (Export.Shown.WHOLE, people.REASON)
    exports.run(export.pk)
    fetched = page.get_by_role("link", name="Download workbook")  # the page shows it by itself
    expect(fetched).to_be_visible()
    at_both_sizes(page, fetched)
    with page.expect_download() as download:
        fetched.press("Enter")
    rows = exported.sheets_of(Path(download.value.path()).read_bytes())["Leads"]
    assert len(rows) == 2
    assert all(row["Mobile"].startswith("+91") for row in rows)
