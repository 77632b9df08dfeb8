"""The audit on the screen: a record's history and the search over all events, on a desk and on a phone."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import expect

from leadops.audit.acting import acting
from leadops.models import Lead
from tests.browser.conftest import PHONE, give_reason
from tests.browser.looks import WIDE, at_both_sizes


def test_who_did_what_is_found_and_read(desk_page, draft_lead, officer):
    with acting(reason="They called from the branch and told their new address", on_behalf_of="officer ravi"):
        draft_lead.applicants.get().addresses.update(city="Pune", address_line="x" * 200)
    person = draft_lead.applicants.get()
    person.pan_no = "ABCPV9999L"
    person.save()
    Lead.objects.update(owner=officer, loan_amount=250_000)
    page = desk_page
    page.goto(reverse("admin:leadops_lead_history", args=[draft_lead.pk]))
    at_both_sizes(page)
    page.goto(reverse("admin:leadops_auditevent_changelist"))
    at_both_sizes(page, page.get_by_role("button", name="Search"), page.get_by_role("link", name="As CSV"))
    assert page.evaluate(WIDE) == []
    page.set_viewport_size(PHONE)
    page.get_by_label("What was done").select_option("update")
    page.get_by_label("Kind of record").select_option("leadops.applicant")
    page.get_by_label("Kind of record").press("Enter")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("sealed value changed")).to_be_visible()
    expect(page.get_by_text("ABCPV9999L")).to_have_count(0)
    page.get_by_role("link", name="As CSV").click()
    with page.expect_download() as download:
        give_reason(page)
    assert b"PAN" in download.value.path().read_bytes()
