"""A day's work in a real browser: a view, a lead's tasks and notes, and many leads at once, by the keyboard."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import expect

from leadops.models import BulkAction, DropReason, Lead, SavedView
from leadops.services import bulk_actions
from tests import people
from tests.browser.conftest import BOTH_SIZES


@BOTH_SIZES
def test_an_officer_works_on_one_lead_and_then_on_many(open_page, signed_in, size, partner, program, officer):
    leads = people.leads_of(partner, program, 4)
    DropReason.objects.create(name="Moved abroad")
    page = signed_in(open_page(size))

    page.goto(reverse("admin:leadops_lead_change", args=[leads[0].pk]))
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
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    page.goto(reverse("admin:leadops_task_changelist"))
    page.get_by_role("button", name="Done: Call her back").press("Enter")
    expect(page.get_by_text("Nothing to do.")).to_be_visible()

    page.goto(f"{reverse('admin:leadops_lead_changelist')}?owner=nobody")
    page.get_by_text("Save this view…").press("Enter")
    page.get_by_label("Name of the view").fill("To give out")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.get_by_role("link", name="To give out")).to_have_attribute("aria-current", "page")
    assert SavedView.objects.get().query == "owner=nobody"
    page.get_by_role("link", name="Act on these leads…").press("Enter")
    page.get_by_role("radio", name="Drop").press("Space")
    page.get_by_label("Why").select_option("Moved abroad")
    page.get_by_role("button", name="See what will happen").press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("button", name="Do it to 3 leads").press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    bulk_actions.run(BulkAction.objects.get().pk)
    expect(page.locator(".lo-chip", has_text="Done")).to_be_visible()  # the page finds it out by itself
    assert Lead.objects.filter(status=Lead.Status.DROPPED).count() == 3
