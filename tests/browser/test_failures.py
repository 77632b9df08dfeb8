"""What failed, on the screen: replayed by one press and watched, decided without a mouse, read on a phone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from crm_integrations.models import Delivery, Replay, State
from crm_integrations.outbox import replays
from leadops.services import leads
from tests import people, vendors
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, holds

FAILURES = "admin:crm_integrations_delivery_failures"
DECISIONS = "admin:crm_integrations_delivery_decisions"


@pytest.fixture
def failed(transactional_db, partner, program) -> list[Delivery]:
    """Three that the vendor refused with a long word."""
    vendors.connect("http://localhost:1", "ispcrm")
    leads.submit(people.leads_of(partner, program, 3))
    Delivery.objects.update(state=State.REJECTED, reason="w" * 200, cause="w" * 200)
    return list(Delivery.objects.order_by("id"))


def test_officer_replays_a_cause_and_watches_it(desk_page, failed):
    desk_page.goto(reverse(FAILURES))
    at_both_sizes(desk_page, desk_page.get_by_role("link", name="Replay these"))
    desk_page.get_by_role("link", name="Replay these").click()
    desk_page.set_viewport_size(PHONE)
    desk_page.get_by_label("Why they are sent again").fill("They mended it.")
    at_both_sizes(desk_page, desk_page.get_by_role("button", name="Replay"))
    desk_page.get_by_role("button", name="Replay").click()
    expect(desk_page.get_by_text("They mended it.")).to_be_visible()
    at_both_sizes(desk_page)
    replays.feed()
    Delivery.objects.filter(state=State.QUEUED).update(state=State.DELIVERED)
    expect(desk_page.locator("[data-show=delivered]")).to_have_text("3")
    replays.feed()
    expect(desk_page.get_by_text("Done", exact=True)).to_have_count(2)  # once for a screen reader
    assert Replay.objects.get().state == Replay.State.DONE


def test_officer_decides_by_the_keyboard_alone(desk_page, failed):
    Delivery.objects.update(state=State.REVIEW)
    desk_page.goto(reverse(DECISIONS))
    first, second = (desk_page.locator("[data-decisions] article").nth(n) for n in (0, 1))
    expect(first).to_be_focused()
    at_both_sizes(desk_page)
    for key, focused in (("j", second), ("k", first)):
        desk_page.keyboard.press(key)
        expect(focused).to_be_focused()
    desk_page.keyboard.press("f")
    desk_page.keyboard.type("jk-4711")
    desk_page.keyboard.press("Tab")
    desk_page.keyboard.type("seen in their list")
    desk_page.keyboard.press("Enter")
    expect(desk_page.get_by_text("Decided lately")).to_be_visible()
    desk_page.set_viewport_size(PHONE)
    expect(first).to_be_focused()
    desk_page.keyboard.press("s")
    desk_page.keyboard.type("they have none")
    desk_page.keyboard.press("Escape")
    expect(first).to_be_focused()
    desk_page.keyboard.press("s")
    desk_page.keyboard.press("Enter")
    expect(desk_page.locator("[data-decisions] article")).to_have_count(1)
    found, again, waiting = (Delivery.objects.get(pk=each.pk) for each in failed)
    assert (found.state, found.reference) == (State.DELIVERED, "jk-4711")
    assert [again.state, waiting.state] == [State.QUEUED, State.REVIEW]


def test_no_page_of_failures_reaches_over_the_edge_of_a_phone(open_page, signed_in, failed, officer):
    Delivery.objects.filter(pk=failed[0].pk).update(state=State.REVIEW)
    replay = replays.start(officer, "r" * 200, "c" * 200, Delivery.objects.all())
    Delivery.objects.filter(pk=failed[1].pk).update(once_unknown=True)
    replays.feed()
    Delivery.objects.filter(state=State.QUEUED).update(state=State.REJECTED, cause="w" * 200)
    page = signed_in(open_page(PHONE))
    for url in (
        reverse(FAILURES),
        reverse(DECISIONS),
        reverse("admin:crm_integrations_replay_changelist"),
        reverse("admin:crm_integrations_replay_change", args=[replay.pk]),
        reverse("admin:crm_integrations_replay_start") + "?filter=state__exact%3Drejected",
        reverse("admin:crm_integrations_delivery_changelist") + "?state__exact=rejected",
    ):
        page.goto(url)
        holds(page)
