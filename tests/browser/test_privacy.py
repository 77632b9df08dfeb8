"""Privacy at the desk: revealing a number, taking a consent back, telling who has the data, erasing."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import expect

from leadops.models import Consent, Erasure, Holder, Lead, Reveal
from leadops.services import leads
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, lead_url

REASON = "The borrower wrote to us"


def test_an_officer_sees_a_number_and_lets_the_data_go(desk_page, officer, draft_lead: Lead):
    person = draft_lead.applicants.get()
    Consent.objects.create(lead=draft_lead, purpose="loan", granted_at=timezone.now())
    leads.submit([draft_lead])
    page = desk_page
    page.goto(lead_url(draft_lead))
    card = page.get_by_role("region", name="Privacy")
    expect(card).to_contain_text("Agreed to: loan")
    names = ("Reveal PAN", "Withdraw consent", "Erase personal data")
    at_both_sizes(page, *(page.get_by_role("link", name=name) for name in names))

    # Reveal, by the keyboard.
    page.get_by_role("link", name="Reveal PAN").press("Enter")
    page.get_by_label("Reason").select_option("call")
    page.get_by_label("In your words").fill("Calls about the statement")
    at_both_sizes(page, page.get_by_role("button", name="Reveal"))
    page.get_by_label("In your words").press("Enter")
    expect(page.locator(".lo-secret")).to_have_text(person.pan_no)
    at_both_sizes(page, page.get_by_role("link", name="Back to the lead"))
    page.set_viewport_size(PHONE)
    assert person.pan_no not in page.url
    assert Reveal.objects.get().field == "pan_no"
    page.get_by_role("link", name="Back to the lead").click()
    expect(page.locator("body")).not_to_contain_text(person.pan_no)

    # Take the consent back, and tell the partner.
    card.get_by_role("link", name="Withdraw consent").click()
    page.get_by_label("loan · all connections").check()
    page.get_by_label("Reason").fill(REASON)
    at_both_sizes(page, page.get_by_role("button", name="Withdraw consent"))
    page.get_by_role("button", name="Withdraw consent").click()
    expect(page.get_by_role("heading", name=draft_lead.partner.name)).to_be_visible()
    page.get_by_label("Their answer").fill("Deleted")
    at_both_sizes(page, page.get_by_role("button", name="Told"))
    page.get_by_role("button", name="Told").click()
    expect(page.get_by_text("Deleted")).to_be_visible()
    assert Holder.objects.get().told_by == officer
    page.get_by_role("link", name="Back to the lead").click()

    # Erase.
    card.get_by_role("link", name="Erase personal data").click()
    page.get_by_label("Reason").fill(REASON)
    at_both_sizes(page, page.get_by_role("button", name="Erase personal data"))
    page.get_by_role("button", name="Erase personal data").click()
    page.get_by_role("link", name="Back to the lead").click()
    expect(card).to_contain_text("Personal data erased")
    expect(page.locator("body")).not_to_contain_text(person.name)
    at_both_sizes(page)
    assert Erasure.objects.get().officer == officer
