"""Signing in as people do it: the password, the phone, its loss; a fresh code where it is dear; a session that ends."""

from __future__ import annotations

import re

from django.urls import reverse
from playwright.sync_api import expect

from leadops.models import Authenticator, Export
from tests import people
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes
from tests.leadops.phones import code, enrolled


def type_password(page) -> None:
    page.goto(reverse("admin:login"))
    expect(page.get_by_label("Username")).to_be_focused()  # one types at once
    page.get_by_label("Username").fill("asha")
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_label("Password").press("Enter")


def enter(page, typed: str, button: str = "Go on") -> None:
    page.get_by_role("textbox", name="Code").fill(typed)
    page.get_by_role("button", name=button).press("Enter")


def test_an_officer_enrols_a_phone_loses_it_and_gets_in(page, officer, settings):
    settings.SECOND_FACTOR = True
    type_password(page)
    expect(page.get_by_role("img", name="QR code of the key below")).to_be_visible()
    shown = page.get_by_label("Key", exact=True).inner_text()
    secret = Authenticator.objects.get().secret
    assert shown.replace(" ", "") == secret
    at_both_sizes(page, page.get_by_role("button", name="Enrol this phone"))
    enter(page, "000000", "Enrol this phone")
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    Authenticator.objects.update(throttling_failure_count=0)
    enter(page, code(secret), "Enrol this phone")
    codes = re.findall(r"\S+", page.get_by_label("Recovery codes").inner_text())
    assert len(codes) == 10
    at_both_sizes(page, page.get_by_role("link", name="I have them: go on"))
    page.get_by_role("link", name="I have them: go on").press("Enter")
    expect(page).to_have_title(re.compile("leadops"))

    page.context.clear_cookies()
    page.set_viewport_size(PHONE)
    type_password(page)
    at_both_sizes(page, page.get_by_role("button", name="Go on"))
    enter(page, codes[0])
    expect(page.get_by_text("9 recovery codes are left.")).to_be_visible()


def test_an_export_asks_for_a_fresh_code_and_goes_on(page, officer, draft_lead, settings):
    secret, _ = enrolled(officer)
    settings.FRESH_FACTOR_SECONDS = -1
    type_password(page)
    enter(page, code(secret))
    expect(page.get_by_role("heading", name="Your queue")).to_be_visible()
    Authenticator.objects.update(last_step=-1)
    page.goto(f"{reverse('admin:leadops_export_start')}?lead={draft_lead.pk}")
    page.set_viewport_size(PHONE)
    page.get_by_label("Reason").fill(people.REASON)
    page.get_by_label("Reason").press("Enter")
    expect(page.get_by_text("What you entered goes on with it.")).to_be_visible()
    at_both_sizes(page, page.get_by_role("button", name="Confirm"))
    enter(page, code(secret), "Confirm")
    expect(page.get_by_role("heading", name="Export").first).to_be_visible()
    assert Export.objects.get().leads == 1


def test_who_does_nothing_is_told_before_the_session_ends(desk_page, settings):
    settings.SESSION_IDLE_SECONDS = 900
    desk_page.clock.install()
    desk_page.goto(reverse("admin:index"))
    desk_page.clock.fast_forward(812_000)
    warning = desk_page.get_by_role("region", name="Your session")
    expect(warning).to_contain_text("Your session ends within a minute.")
    at_both_sizes(desk_page, desk_page.get_by_role("button", name="Stay signed in"))
    desk_page.get_by_role("button", name="Stay signed in").press("Enter")
    expect(warning).to_be_hidden()
    desk_page.clock.fast_forward(812_000)
    expect(warning).to_be_visible()
    desk_page.clock.fast_forward(60_000)
    expect(desk_page.get_by_text("Your session has ended.")).to_be_visible()
    at_both_sizes(desk_page)


def test_the_page_of_the_api_works_under_its_policy(desk_page):
    desk_page.goto(reverse("docs"))
    expect(desk_page.get_by_text("leadops partner API").first).to_be_visible()
