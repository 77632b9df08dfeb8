"""What an officer does now and then, wide and narrow: tags, shared views, holds, rules, limits, lock-outs, colours."""

from __future__ import annotations

from axes.models import AccessFailureLog
from django.urls import reverse
from playwright.sync_api import expect

from leadops.models import AssignmentRule, BulkAction, LegalHold, Reveal
from leadops.services import bulk_actions, reveals
from leadops.sign_in import lockouts
from tests import people
from tests.browser.conftest import PHONE, sign_in
from tests.browser.eyes import as_if_all_were_well
from tests.browser.looks import at_both_sizes, lead_url

LEADS = reverse("admin:leadops_lead_changelist")
REASON = "The court wrote to us"


def test_leads_get_a_tag_and_a_view_is_shared(desk_page, draft_lead, live_server):
    page = desk_page
    page.goto(f"{LEADS}?owner=nobody")
    page.get_by_text("Save this view…").click()
    page.get_by_label("Name of the view").fill("To give out")
    at_both_sizes(
        page, page.get_by_label("For colleagues"), page.get_by_role("button", name="Save", exact=True)
    )
    page.get_by_label("For colleagues").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Act on these leads…").click()
    page.get_by_role("radio", name="Tag").check()
    page.get_by_label("The tag").fill("urgent")
    page.set_viewport_size(PHONE)
    at_both_sizes(page, page.get_by_label("The tag"))
    page.get_by_role("button", name="See what will happen").click()
    expect(page.get_by_text("urgent", exact=True)).to_be_visible()
    at_both_sizes(page, page.get_by_role("button", name="Do it to 1 lead"))
    page.get_by_role("button", name="Do it to 1 lead").click()
    bulk_actions.run(BulkAction.objects.get().pk)
    expect(page.locator(".lo-chip", has_text="Done")).to_be_visible()
    page.goto(f"{lead_url(draft_lead)}?edit=1")
    expect(page.get_by_label("Tags").first).to_have_value("urgent")
    sign_in(page, people.officer("chandra"), live_server.url).goto(LEADS)
    shared = page.get_by_role("link", name="To give out shared")
    shared.click()
    expect(shared).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("button", name="Delete the view To give out")).to_have_count(0)
    at_both_sizes(page, shared)


def test_a_lead_on_legal_hold_is_not_erased(desk_page, draft_lead):
    page = desk_page
    page.goto(lead_url(draft_lead))
    card = page.get_by_role("region", name="Privacy")
    card.get_by_role("link", name="Place a legal hold").click()
    at_both_sizes(page, page.get_by_role("button", name="Place a legal hold"))
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Place a legal hold").click()
    expect(card).to_contain_text(REASON)
    expect(card.get_by_role("link", name="Erase personal data")).to_have_count(0)
    at_both_sizes(page, card.get_by_role("link", name="Lift the legal hold"))
    page.set_viewport_size(PHONE)
    card.get_by_role("link", name="Lift the legal hold").click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Lift the legal hold").click()
    expect(page.get_by_text("The legal hold is lifted.")).to_be_visible()
    expect(card.get_by_role("link", name="Erase personal data")).to_be_visible()
    assert LegalHold.objects.get().lifted_at is not None


def test_a_rule_says_who_gets_the_leads_of_a_program(desk_page, partner, program, officer):
    page = desk_page
    page.goto(reverse("admin:leadops_assignmentrule_add"))
    page.get_by_label("Program").select_option(program.name)
    person = page.get_by_role("checkbox", name=officer.username)
    at_both_sizes(page, person, page.get_by_role("button", name="Save", exact=True))
    page.set_viewport_size(PHONE)
    person.check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#result_list")).to_contain_text(officer.username)
    assert AssignmentRule.objects.get().officers.get() == officer


def test_the_thirty_first_reveal_of_an_hour_is_refused(desk_page, draft_lead, officer):
    page = desk_page
    given = {"officer": officer, "lead": draft_lead, "record": "lead", "record_id": draft_lead.pk}
    seen = [Reveal(**given, field="primary_mobile", reason="call", words=REASON) for _ in range(reveals.MOST)]
    Reveal.objects.bulk_create(seen)
    page.goto(reverse("admin:leadops_reveal_ask", args=["lead", draft_lead.pk, "primary_mobile"]))
    expect(page.get_by_text("0 are left")).to_be_visible()
    page.get_by_label("Reason").select_option("call")
    page.get_by_label("In your words").fill(REASON)
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Reveal").click()
    expect(page.get_by_role("alert")).to_contain_text("as much unmasked as anybody may")
    expect(page.locator(".lo-secret")).to_have_count(0)
    at_both_sizes(page)


def test_who_is_locked_out_is_told_when_to_come_back(page, officer):
    failed = {"username": lockouts.index_of(officer.username), "ip_address": "127.0.0.1"}
    AccessFailureLog.objects.bulk_create([AccessFailureLog(**failed) for _ in range(5)])
    page.goto(reverse("admin:login"))
    page.get_by_label("Username").fill(officer.username)
    page.get_by_label("Password").fill(people.PASSWORD)
    page.route("**/login/**", as_if_all_were_well)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_text("Too many")).to_be_visible()
    expect(page.locator("#nav-sidebar")).to_have_count(0)
    at_both_sizes(page)


def test_the_colours_that_were_chosen_stay(desk_page):
    page, html = desk_page, desk_page.locator("html")
    page.goto(reverse("admin:index"))
    page.locator("#account-button").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.goto(LEADS)
    assert "dark" in (html.get_attribute("class") or "").split()
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Menu").click()
    page.locator("#account-button").click()
    page.get_by_role("button", name="Light").click()
    page.goto(reverse("admin:index"))
    assert "dark" not in (html.get_attribute("class") or "").split()
