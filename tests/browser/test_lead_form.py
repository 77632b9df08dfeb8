"""The lead form as it is used: rows added by its buttons, errors at their fields, all by the keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from leadops.models import Lead
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import at_both_sizes, holds


def begin(page: Page) -> None:
    page.goto("/admin/leadops/lead/add/")
    page.locator(".field-partner .select2-selection").click()
    page.get_by_role("option", name="Sunrise Finserv").click()
    page.get_by_label("Program").select_option(label="Supply chain finance")
    page.locator("#id_primary_mobile").fill("98000 00001")
    page.locator("#id_applicants-0-name").fill("Asha Verma")


def test_new_lead_with_nested_rows_is_taken_in_one_go(desk_page, partner, program):
    page = desk_page
    begin(page)
    at_both_sizes(page, page.get_by_role("link", name="Add another Address").first)
    page.get_by_role("link", name="Add another Address").first.click()
    page.locator("#id_applicants-0-addresses-0-pincode").fill("560001")
    page.get_by_role("link", name="Add another Bank account").first.click()
    page.locator("#id_applicants-0-banks-0-account_no").fill("123456789012")
    page.locator("#id_applicants-0-banks-0-ifsc").fill("HDFC0000001")
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name="Add another Applicant").click()
    page.locator("#id_applicants-1-name").fill("Second Person")
    second = page.locator(".form-group", has=page.locator("#id_applicants-1-name"))
    second.get_by_role("link", name="Add another Address").click()
    page.locator("#id_applicants-1-addresses-0-pincode").fill("411001")
    at_both_sizes(page, page.get_by_role("button", name="Save and submit"))
    page.get_by_role("button", name="Save and submit").click()
    expect(page.get_by_text("Nothing new to send")).to_be_visible()
    lead = Lead.objects.get()
    first, second = lead.applicants.order_by("position")
    assert (first.name, first.addresses.get().state, first.banks.get().account_no) == (
        "Asha Verma",
        "Karnataka",
        "123456789012",
    )
    assert (second.name, second.addresses.get().state, second.is_primary) == (
        "Second Person",
        "Maharashtra",
        False,
    )


def test_error_stands_at_its_field_and_what_was_typed_is_kept(desk_page, partner, program):
    page = desk_page
    page.set_viewport_size(PHONE)
    begin(page)
    page.locator("#id_applicants-0-pan_no").fill("ABCPK12345")
    page.get_by_role("button", name="Save", exact=True).click()
    wrong = page.locator(".errors", has=page.locator("#id_applicants-0-pan_no"))
    expect(wrong.first).to_contain_text("A PAN is five letters")
    at_both_sizes(page, page.locator("#id_applicants-0-pan_no"))
    expect(page.locator("#id_primary_mobile")).to_have_value("98000 00001")
    assert not Lead.objects.exists()


def test_search_by_keyboard_finds_a_mobile_and_keeps_it_out_of_the_address(desk_page, draft_lead):
    page = desk_page
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        page.goto("/admin/leadops/lead/")
        page.locator("#searchbar").press_sequentially(draft_lead.primary_mobile)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"[?&]q="))
        expect(page.get_by_role("link", name=draft_lead.reference)).to_be_visible()
        assert draft_lead.primary_mobile.lstrip("+") not in page.url
        holds(page)
    page.get_by_role("link", name=draft_lead.reference).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
