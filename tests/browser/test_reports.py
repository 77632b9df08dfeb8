"""Reports, their way into an officer's mail, and the switch to Hindi, as an officer meets them."""

from __future__ import annotations

import re

from django.core import mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadops.models import Lead, Officer, ReportSubscription
from leadops.services import report_days, report_mails
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes

REPORT = reverse("admin:report", args=["conversion"])


def test_a_number_of_a_report_leads_to_its_leads(desk_page: Page, draft_lead: Lead) -> None:
    report_days.refresh()
    page = desk_page
    page.goto(REPORT)
    expect(page.get_by_role("img", name="Stages reached")).to_be_visible()
    at_both_sizes(page, page.get_by_role("link", name="As a workbook"))
    page.get_by_label("Grouped by").select_option("program")
    page.get_by_role("button", name="Show").click()
    row = page.get_by_role("row", name=re.compile("Supply chain finance"))
    at_both_sizes(page, row.get_by_role("link", name="1").first)
    row.get_by_role("link", name="1").first.click()
    expect(page.get_by_role("link", name=draft_lead.reference)).to_be_visible()


def test_a_report_comes_by_mail_until_it_is_ended(desk_page: Page, officer: Officer) -> None:
    page = desk_page
    asked_for = page.get_by_role("region", name="By mail").locator("tr", has_text="Conversion")
    Officer.objects.update(email="")
    page.goto(REPORT)
    page.get_by_label("When").select_option("Every day")
    page.get_by_label("Hour").select_option("06:00")
    page.get_by_label("Reason").fill("Monthly review with the bank")
    page.get_by_role("button", name="Mail it to me").click()
    expect(page.get_by_role("alert")).to_contain_text("You have no e-mail address here")
    expect(page.get_by_label("Hour")).to_have_value("6")
    at_both_sizes(page, page.get_by_label("When"), page.get_by_role("button", name="Mail it to me"))
    Officer.objects.update(email=officer.email)
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Mail it to me").click()
    expect(page.get_by_text(f"The report will come by mail to {officer.email}.")).to_be_visible()
    expect(asked_for).to_contain_text("Every day, 06:00")
    expect(asked_for.locator("td[data-label='Last sent']")).to_have_text("–")

    ReportSubscription.objects.update(due_at=timezone.now())
    assert report_mails.send_due() == 1
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([officer.email], "leadops: Conversion")
    page.goto(reverse("admin:reports"))
    expect(asked_for.locator("td[data-label='Last sent']")).not_to_have_text("–")
    end = page.get_by_role("button", name="End: Conversion")
    at_both_sizes(page, end)
    end.press("Enter")
    expect(page.get_by_text("This report comes by mail no more.")).to_be_visible()
    expect(page.get_by_text("You get no report by mail.")).to_be_visible()
    assert not ReportSubscription.objects.exists()


def test_hindi_is_chosen_on_a_desk_and_left_on_a_phone(desk_page: Page, draft_lead: Lead) -> None:
    page = desk_page
    page.goto(reverse("admin:report", args=["ageing"]))
    page.locator("#account-button").click()
    page.get_by_role("button", name="हिंदी").click()
    expect(page.get_by_role("button", name="दिखाएँ")).to_be_visible()
    expect(page).to_have_url(re.compile("/admin/reports/ageing/$"))
    expect(page.get_by_role("img", name=re.compile("^खुली लीड"))).to_be_visible()
    at_both_sizes(page, page.get_by_role("button", name="दिखाएँ"))
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="मेनू").click()
    page.locator("#account-button").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Show")).to_be_visible()
