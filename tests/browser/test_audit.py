"""The audit on the screen: a record's history and the search over all events, on a desk and on a phone."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import expect

from leadops.audit.acting import acting
from leadops.models import Lead
from tests.browser.conftest import BOTH_SIZES
from tests.browser.test_phone import NAMELESS, WIDE


@BOTH_SIZES
def test_who_did_what_is_found_and_read(desk_page, draft_lead, officer, size):
    with acting(reason="They called from the branch and told their new address", on_behalf_of="officer ravi"):
        draft_lead.applicants.get().addresses.update(city="Pune", address_line="x" * 200)
    person = draft_lead.applicants.get()
    person.pan_no = "ABCPV9999L"
    person.save()
    Lead.objects.update(owner=officer, loan_amount=250_000)
    search = reverse("admin:leadops_auditevent_changelist")
    history = reverse("admin:leadops_lead_history", args=[draft_lead.pk])
    page = desk_page
    for url in (history, search):
        page.goto(url)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), url
        assert page.evaluate(WIDE) == [], url
        assert page.evaluate(NAMELESS) == [], url
    page.get_by_label("What was done").select_option("update")
    page.get_by_label("Kind of record").select_option("leadops.applicant")
    page.get_by_label("Kind of record").press("Enter")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("sealed value changed")).to_be_visible()
    expect(page.get_by_text("ABCPV9999L")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="As CSV").click()
    assert b"PAN" in download.value.path().read_bytes()
