"""A day's work in a real browser: a view, a lead's tasks and notes, and many leads at once, by the keyboard."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import expect

from leadops.models import BulkAction, DropReason, Lead, SavedView
from leadops.services import bulk_actions
from tests import people
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, lead_url


def test_an_officer_works_on_one_lead_and_then_on_many(desk_page, partner, program, officer):
    leads = people.leads_of(partner, program, 4)
    DropReason.objects.create(name="Moved abroad")
    page = desk_page

    page.goto(lead_url(leads[0]))
    at_both_sizes(
        page, *(page.get_by_role("button", name=name) for name in ("Assign", "Tomorrow", "Add note"))
    )
    page.get_by_label("Owner", exact=True).select_option("asha")
    page.get_by_role("button", name="Assign").press("Enter")
    expect(page.get_by_role("link", name="asha owns this lead now.")).to_be_visible()  # in the lead's story
    page.get_by_label("What is to be done").fill("Call her back")
    page.get_by_role("button", name="Tomorrow").press("Enter")
    expect(page.get_by_role("button", name="Done: Call her back")).to_be_visible()
    page.get_by_label("Write a note; @name tells a colleague").fill("She asked for July.")
    page.get_by_role("button", name="Add note").press("Enter")
    expect(page.locator(".lo-note")).to_contain_text("She asked for July.")
    expect(page.locator("#work")).to_be_visible()
    expect(page.locator("li", has_text="The note is kept.").first).to_be_in_viewport()
    at_both_sizes(page, page.get_by_role("button", name="Done: Call her back"))

    page.goto(reverse("admin:leadops_task_changelist"))
    at_both_sizes(page, page.get_by_role("button", name="Done: Call her back"))
    page.get_by_role("button", name="Done: Call her back").press("Enter")
    expect(page.get_by_text("Nothing to do.")).to_be_visible()
    page.set_viewport_size(PHONE)

    page.goto(f"{reverse('admin:leadops_lead_changelist')}?owner=nobody")
    page.get_by_text("Save this view…").press("Enter")
    page.get_by_label("Name of the view").fill("To give out")
    at_both_sizes(page, page.get_by_role("button", name="Save", exact=True))
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.get_by_role("link", name="To give out")).to_have_attribute("aria-current", "page")
    assert SavedView.objects.get().query == "owner=nobody"
    at_both_sizes(page, page.get_by_role("link", name="Act on these leads…"))
    page.get_by_role("link", name="Act on these leads…").press("Enter")
    page.get_by_role("radio", name="Drop").press("Space")
    at_both_sizes(page, page.get_by_role("button", name="See what will happen"))
    page.get_by_label("Why").select_option("Moved abroad")
    page.get_by_role("button", name="See what will happen").press("Enter")
    at_both_sizes(page, page.get_by_role("button", name="Do it to 3 leads"))
    page.get_by_role("button", name="Do it to 3 leads").press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    at_both_sizes(page)
    bulk_actions.run(BulkAction.objects.get().pk)
    expect(page.locator(".lo-chip", has_text="Done")).to_be_visible()  # the page finds it out by itself
    assert Lead.objects.filter(status=Lead.Status.DROPPED).count() == 3
