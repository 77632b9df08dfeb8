"""The desk without a mouse: one Tab after the other, Enter opens, Escape closes."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import lead_url, tab_to

LEADS = reverse("admin:leadops_lead_changelist")
FOCUSED = """() => {
    const each = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    const seen = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    return [each.id || each.getAttribute("href") || each.name || each.textContent.trim(), seen];
}"""


def test_tab_leads_through_the_list_from_the_skip_link_to_the_first_row(desk_page, draft_lead):
    page, lead = desk_page, lead_url(draft_lead)
    of_both = ["searchbar", "filters-button", lead]
    for size, in_order in ((DESKTOP, ["account-button", *of_both]), (PHONE, of_both)):
        page.set_viewport_size(size)
        page.goto(LEADS)
        stops = stops_to(page, lead)
        names = [name for name, _ in stops]
        assert names[0] == "#content"
        assert [name for name in names if name in in_order] == in_order
        assert [name for name, seen in stops if not seen] == []
        skip_link_leads_past_the_menu(page)


def stops_to(page: Page, last: str) -> list[list[str]]:
    """What Tab comes by on the way to `last`, and whether one sees where the focus is."""
    stops: list[list[str]] = []
    while not stops or (stops[-1][0] != last and len(stops) < 60):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
    return stops


def skip_link_leads_past_the_menu(page: Page) -> None:
    link = page.get_by_role("link", name="Skip to the content")
    link.focus()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    tab_to(page, "searchbar")
    assert page.evaluate("document.activeElement.closest('#content') !== null")


def test_what_enter_opens_escape_closes(desk_page, draft_lead):
    page = desk_page
    page.goto(LEADS)
    log_out = page.get_by_role("button", name="Log out")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        opens_and_closes(page, "filters-button", page.get_by_role("button", name="Apply Filters"))
        if size is PHONE:  # the account stands in the menu there
            page.get_by_role("button", name="Menu").press("Enter")
        opens_and_closes(page, "account-button", log_out, first="Light")
    page.keyboard.press("Escape")
    expect(page.locator("#account-button")).to_be_hidden()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()


def opens_and_closes(page: Page, button: str, opened: Locator, first: str = "") -> None:
    """Enter on `button` shows what it opens, where Tab is within at once; Escape leads back to the button."""
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(opened).to_be_visible()
    if first:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == first
    else:
        page.wait_for_function("document.activeElement.closest('#changelist-filter') !== null")
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == button


def test_dates_carry_no_warning_about_the_browsers_clock(desk_page, draft_lead):
    desk_page.goto(f"{lead_url(draft_lead)}?edit=1")
    notes = desk_page.locator(".timezonewarning")
    assert notes.count() > 0, "the browser's clock is the server's: the test shows nothing"
    for note in notes.all():
        expect(note).to_be_hidden()
