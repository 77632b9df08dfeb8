"""Reports and the switch to Hindi, as an officer meets them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from leadops.models import Lead
from leadops.services import report_days
from tests.browser.conftest import DESKTOP, PHONE

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@SIZES
def test_a_number_of_a_report_leads_to_its_leads_and_hindi_stays_chosen(
    size: dict[str, int],
    open_page: Callable[..., Page],
    signed_in: Callable[[Page], Page],
    draft_lead: Lead,
) -> None:
    report_days.refresh()
    page = signed_in(open_page(size))
    page.goto("/admin/reports/conversion/")
    expect(page.get_by_role("img", name="Stages reached")).to_be_visible()
    assert fits(page)
    page.get_by_label("Grouped by").select_option("program")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("row", name=re.compile("Supply chain finance")).get_by_role(
        "link", name="1"
    ).first.click()
    expect(page.get_by_role("link", name=draft_lead.reference)).to_be_visible()

    page.goto("/admin/reports/ageing/")
    if size is PHONE:
        page.get_by_role("button", name="Menu").click()
    page.locator("#account-button").click()
    page.get_by_role("button", name="हिंदी").click()
    expect(page.get_by_role("button", name="दिखाएँ")).to_be_visible()
    expect(page).to_have_url(re.compile("/admin/reports/ageing/$"))
    expect(page.get_by_role("img", name=re.compile("^खुली लीड"))).to_be_visible()
    assert fits(page)
