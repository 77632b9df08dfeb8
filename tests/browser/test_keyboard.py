"""The desk without a mouse: one Tab after the other, Enter opens, Escape closes."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

LEADS = reverse("admin:leadops_lead_changelist")
FOCUSED = """() => {
    const each = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    const seen = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    return [each.id || each.getAttribute("href") || each.name || each.textContent.trim(), seen];
}"""


@pytest.fixture
def leads_page(desk_page: Page, draft_lead) -> Page:
    desk_page.goto(LEADS)
    return desk_page


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this id has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab never reached {name}.")


def test_tab_leads_through_the_list_from_the_skip_link_to_the_first_row(leads_page, draft_lead):
    stops = []
    lead = reverse("admin:leadops_lead_change", args=[draft_lead.pk])
    while not stops or (stops[-1][0] != lead and len(stops) < 60):
        leads_page.keyboard.press("Tab")
        stops.append(leads_page.evaluate(FOCUSED))
    names = [name for name, _ in stops]
    assert names[0] == "#content"
    in_order = ["account-button", "searchbar", "filters-button", lead]
    assert [name for name in names if name in in_order] == in_order
    assert [name for name, seen in stops if not seen] == []


def test_skip_link_is_seen_when_it_has_the_focus_and_leads_past_the_menu(leads_page):
    leads_page.keyboard.press("Tab")
    expect(leads_page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    leads_page.keyboard.press("Enter")
    tab_to(leads_page, "searchbar")
    assert leads_page.evaluate("document.activeElement.closest('#content') !== null")


def test_filters_open_by_enter_and_close_by_escape(leads_page):
    tab_to(leads_page, "filters-button")
    leads_page.keyboard.press("Enter")
    expect(leads_page.get_by_role("button", name="Apply Filters")).to_be_visible()
    leads_page.wait_for_function("document.activeElement.closest('#changelist-filter') !== null")
    leads_page.keyboard.press("Escape")
    expect(leads_page.get_by_role("button", name="Apply Filters")).to_be_hidden()
    assert leads_page.evaluate("document.activeElement.id") == "filters-button"


def test_account_menu_opens_by_enter_and_closes_by_escape(leads_page):
    tab_to(leads_page, "account-button")
    leads_page.keyboard.press("Enter")
    expect(leads_page.get_by_role("button", name="Log out")).to_be_visible()
    leads_page.keyboard.press("Tab")
    assert leads_page.evaluate("document.activeElement.textContent") == "Light"
    leads_page.keyboard.press("Escape")
    expect(leads_page.get_by_role("button", name="Log out")).to_be_hidden()
    assert leads_page.evaluate("document.activeElement.id") == "account-button"


def test_dates_carry_no_warning_about_the_browsers_clock(leads_page, draft_lead):
    leads_page.goto(reverse("admin:leadops_lead_change", args=[draft_lead.pk]) + "?edit=1")
    notes = leads_page.locator(".timezonewarning")
    assert notes.count() > 0, "the browser's clock is the server's: the test shows nothing"
    for note in notes.all():
        expect(note).to_be_hidden()


def test_at_the_sign_in_one_types_at_once(page, officer):
    page.goto(reverse("admin:login"))
    expect(page.locator("[name=username]")).to_be_focused()
