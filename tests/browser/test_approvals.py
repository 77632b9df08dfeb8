"""Two people and one change, on the screen: asked for on a desk or a phone, decided on the other by keys alone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from leadops.models import Partner
from tests import people
from tests.browser.conftest import DESKTOP, PHONE, sign_in
from tests.browser.test_phone import NAMELESS, WIDE
from tests.browser.test_watching import tab_to

pytestmark = pytest.mark.usefixtures("_approvals")
INBOX = reverse("admin:leadops_pendingchange_changelist")
REASON = "They bring leads. " * 20


@pytest.mark.parametrize(("asks", "decides"), [(DESKTOP, PHONE), (PHONE, DESKTOP)], ids=["desk", "phone"])
def test_one_asks_and_another_approves_at_a_desk_or_on_a_phone(
    open_page, signed_in, officer, live_server, transactional_db, asks, decides
):
    maker = signed_in(open_page(asks))
    checker = sign_in(open_page(decides), people.officer("chandra"), live_server.url)
    maker.goto(reverse("admin:leadops_partner_add"))
    maker.get_by_label("Name").fill("n" * 150)
    maker.get_by_label("Code").fill("hilltop")
    maker.get_by_role("button", name="Save", exact=True).click()
    expect(maker.get_by_text("Nothing was done yet.")).to_be_visible()
    expect(maker.get_by_text("It can be approved by chandra.")).to_be_visible()
    assert not Partner.objects.exists()
    maker.get_by_label("Why you want it").fill(REASON)
    maker.keyboard.press("Enter")
    expect(maker.get_by_text("Now it can be approved.")).to_be_visible()
    expect(maker.get_by_role("button", name="Approve")).to_have_count(0)
    holds(maker)

    checker.goto(INBOX)
    holds(checker)
    checker.get_by_role("link", name="Take on the partner").click()
    expect(checker.get_by_text(REASON.strip())).to_be_visible()
    expect(checker.get_by_role("cell", name="hilltop")).to_be_visible()
    holds(checker)
    tab_to(checker, "Approve")
    checker.keyboard.press("Enter")
    expect(checker.get_by_text("Approved, and done.")).to_be_visible()
    assert Partner.objects.get().code == "hilltop"


def holds(page: Page) -> None:
    """The page stays within the edge of the screen, and everything that is pressed has a name."""
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if page.viewport_size == PHONE:  # on a desk the theme's list scrolls by itself
        assert page.evaluate(WIDE) == []
    assert page.evaluate(NAMELESS) == []
