"""Privacy at the desk: revealing a number, taking a consent back, telling who has the data, erasing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadops.models import Consent, Erasure, Holder, Lead, Reveal
from leadops.services import leads
from tests.browser.conftest import DESKTOP, PHONE

REASON = "The borrower wrote to us"


def picture(page: Page, name: str) -> None:
    """For a person to look at, where one asked for it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    """Nothing is cut off at the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_officer_sees_a_number_and_lets_the_data_go(open_page, signed_in, officer, draft_lead: Lead, size):
    name = f"privacy-{size['width']}"
    person = draft_lead.applicants.get()
    Consent.objects.create(lead=draft_lead, purpose="loan", granted_at=timezone.now())
    leads.submit([draft_lead])
    page = signed_in(open_page(size))
    page.goto(reverse("admin:leadops_lead_change", args=[draft_lead.pk]))
    card = page.get_by_role("region", name="Privacy")
    expect(card).to_contain_text("Agreed to: loan")
    picture(page, f"{name}-lead")

    # Reveal, by the keyboard.
    page.get_by_role("link", name="Reveal PAN").press("Enter")
    page.get_by_label("Reason").select_option("call")
    page.get_by_label("In your words").fill("Calls about the statement")
    assert fits(page)
    picture(page, f"{name}-reveal")
    page.keyboard.press("Enter")
    expect(page.locator(".lo-secret")).to_have_text(person.pan_no)
    picture(page, f"{name}-revealed")
    assert person.pan_no not in page.url
    assert Reveal.objects.get().field == "pan_no"
    page.get_by_role("link", name="Back to the lead").click()
    expect(page.locator("body")).not_to_contain_text(person.pan_no)

    # Take the consent back, and tell the partner.
    card.get_by_role("link", name="Withdraw consent").click()
    page.get_by_label("loan · all connections").check()
    page.get_by_label("Reason").fill(REASON)
    assert fits(page)
    picture(page, f"{name}-withdraw")
    page.get_by_role("button", name="Withdraw consent").click()
    expect(page.get_by_role("heading", name=draft_lead.partner.name)).to_be_visible()
    page.get_by_label("Their answer").fill("Deleted")
    assert fits(page)
    picture(page, f"{name}-holders")
    page.get_by_role("button", name="Told").click()
    expect(page.get_by_text("Deleted")).to_be_visible()
    assert Holder.objects.get().told_by == officer
    page.get_by_role("link", name="Back to the lead").click()

    # Erase.
    card.get_by_role("link", name="Erase personal data").click()
    page.get_by_label("Reason").fill(REASON)
    assert fits(page)
    picture(page, f"{name}-erase")
    page.get_by_role("button", name="Erase personal data").click()
    page.get_by_role("link", name="Back to the lead").click()
    expect(card).to_contain_text("Personal data erased")
    expect(page.locator("body")).not_to_contain_text(person.name)
    picture(page, f"{name}-erased")
    assert Erasure.objects.get().officer == officer
