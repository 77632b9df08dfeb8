"""The officer's day in a real browser: first page, keys, the box that finds everything, a lead and a conflict."""

from __future__ import annotations

import re

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from leadops.models import Lead
from tests import people
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, holds, lead_url

HOME = reverse("admin:index")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def test_a_day_by_the_keys_alone(desk_page, officer, draft_lead):
    Lead.objects.update(owner=officer)
    page = desk_page
    page.goto(HOME)
    queue = page.get_by_role("region", name="Your queue")
    expect(queue.get_by_role("link", name="1 Your drafts")).to_be_visible()
    expect(
        page.get_by_role("region", name="Leads by status").get_by_role("link", name="Draft 1")
    ).to_be_visible()
    at_both_sizes(page, queue.get_by_role("link", name="1 Your drafts"))
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    at_both_sizes(page, page.get_by_role("button", name="Close"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url(re.compile(r"/lead/$"))
    page.keyboard.press("j")
    assert focused(page) == draft_lead.reference
    page.keyboard.press("/")
    assert focused(page) == "find"
    finds(page, page.locator("#find"), draft_lead)
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="Your queue")).to_be_visible()
    page.set_viewport_size(PHONE)  # the box is a page of its own there
    page.get_by_role("link", name="Search everywhere").press("Enter")
    page.wait_for_url(re.compile(r"/search/"))
    finds(page, page.locator("#search-text"), draft_lead)
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url(re.compile(r"/lead/$"))
    page.keyboard.press("j")
    assert focused(page) == draft_lead.reference


def finds(page: Page, box: Locator, lead: Lead) -> None:
    """The mobile that is typed there leads to its lead."""
    box.focus()
    page.keyboard.type("gj?")  # text, and no command
    expect(page.get_by_role("dialog")).to_be_hidden()
    box.fill(lead.primary_mobile)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    assert lead.primary_mobile[-10:] not in page.url


def test_keys_can_be_switched_off(desk_page, draft_lead):
    page = desk_page
    page.goto(reverse("admin:leadops_lead_changelist"))
    page.keyboard.press("Shift+?")
    page.get_by_role("button", name="Switch single keys off").click()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    assert focused(page) != "find"
    page.keyboard.press("Shift+?")
    page.get_by_role("button", name="Switch single keys on").click()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    assert focused(page) == "find"


def test_an_older_page_asks_which_values_to_keep(desk_page, draft_lead):
    page = desk_page
    page.goto(lead_url(draft_lead))
    expect(page.get_by_role("region", name="Timeline").get_by_text("Came by API")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).first.click()
    at_both_sizes(page, page.get_by_label("Remarks"), page.get_by_role("button", name="Save", exact=True))
    page.get_by_label("Remarks").fill("mine")
    Lead.objects.update(remarks="theirs", version=2)
    page.get_by_role("button", name="Save", exact=True).click()
    row = page.get_by_role("row", name="Remarks")
    expect(row).to_contain_text("theirs")
    at_both_sizes(page, row.get_by_label("Remarks"), page.get_by_role("button", name="Save like this"))
    page.set_viewport_size(PHONE)
    row.get_by_label("Remarks").check()
    page.get_by_role("button", name="Save like this").click()
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
    assert Lead.objects.get().remarks == "mine"


def test_first_page_list_and_lead_fit_a_phone(open_page, signed_in, officer, draft_lead, partner):
    people.leads_of(partner.make_test_space(), draft_lead.program)
    page = signed_in(open_page(PHONE))
    for url in (HOME, reverse("admin:leadops_lead_changelist"), lead_url(draft_lead)):
        page.goto(url)
        holds(page)
    page.get_by_role("link", name="Search everywhere").click()
    page.locator("#search-text").fill(draft_lead.partner_ref_id)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name=draft_lead.reference).first).to_be_visible()
    holds(page)
