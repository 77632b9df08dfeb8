"""Who is away gets no new lead, and every lead has its time: written down by an officer, and seen where one works."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from leadops.models import Absence, AssignmentRule, Lead, SlaRule
from leadops.services import new_leads, sla_clocks
from tests import people
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, lead_url

LEADS = reverse("admin:leadops_lead_changelist")


def test_who_is_away_is_passed_over_when_new_leads_go_round(desk_page, officer, partner, program):
    rule = AssignmentRule.objects.create(program=program)
    rule.officers.set([officer, people.officer("chandra"), people.officer("ravi")])
    page, today = desk_page, timezone.localdate().isoformat()
    page.goto(reverse("admin:leadops_absence_changelist"))
    expect(page.get_by_text("Nobody is away.")).to_be_visible()
    page.goto(reverse("admin:leadops_absence_add"))
    save = page.get_by_role("button", name="Save", exact=True)
    page.get_by_label("Officer").select_option("chandra")
    page.get_by_label("Away from").fill(today)
    page.get_by_label("Away until").fill("2020-01-01")
    save.click()
    expect(page.get_by_text("The last day is before the first one.")).to_be_visible()
    at_both_sizes(page, page.get_by_label("Away until"), save)
    page.set_viewport_size(PHONE)
    page.get_by_label("Away until").fill(today)
    save.click()
    expect(page.locator("#result_list")).to_contain_text("chandra")
    at_both_sizes(page)
    assert Absence.objects.get().officer.username == "chandra"

    leads = people.leads_of(partner, program, 4)
    new_leads.take_up()
    for name, count in (("asha", 2), ("chandra", 0), ("ravi", 2)):
        page.goto(f"{LEADS}?owner={people.officer(name).pk}")
        expect(page.locator("#result_list tbody tr")).to_have_count(count)
    page.goto(lead_url(leads[0]))
    expect(page.get_by_label("Owner", exact=True).locator("option:checked")).to_have_text("asha")


def test_a_lead_has_its_time_and_the_clock_stands_while_others_have_the_ball(desk_page, draft_lead, program):
    page = desk_page
    page.goto(reverse("admin:leadops_slarule_add"))
    page.get_by_label("Program").select_option(program.name)
    page.get_by_label("Status").select_option("Draft")
    page.locator("#id_hours").fill("2")
    page.get_by_label("Business hours").uncheck()
    save = page.get_by_role("button", name="Save", exact=True)
    at_both_sizes(page, save)
    save.click()
    expect(page.locator("#result_list")).to_contain_text("Draft: 2 h")
    at_both_sizes(page)
    assert not SlaRule.objects.get().business_hours
    sla_clocks.settle()

    page.goto(lead_url(draft_lead))
    work = page.locator("#work")
    expect(work.locator(".lo-chip", has_text="Due in 1 hour")).to_be_visible()
    partner_s_turn = work.get_by_role("button", name="Waiting for the partner")
    at_both_sizes(page, partner_s_turn, work.get_by_role("button", name="With us"))
    page.set_viewport_size(PHONE)
    partner_s_turn.click()
    expect(partner_s_turn).to_have_attribute("aria-pressed", "true")
    expect(work.locator(".lo-chip", has_text="Due in")).to_have_count(0)
    assert Lead.objects.get().due_at is None
    work.get_by_role("button", name="With us").click()
    expect(work.locator(".lo-chip", has_text="Due in 1 hour")).to_be_visible()

    Lead.objects.update(due_at=timezone.now() - timedelta(hours=3))
    page.goto(f"{LEADS}?due=overdue")
    expect(page.locator("#result_list").get_by_text("Overdue by 3 hours")).to_be_visible()
    at_both_sizes(page, page.get_by_role("link", name=draft_lead.reference))
