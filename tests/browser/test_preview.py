"""What would be sent, on the screen: from the lead's page to the command that is copied, and on a phone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from crm_integrations import gaps
from crm_integrations.models import Connection, Delivery, Exchange, Health, State
from leadops.models import Lead
from tests import people, vendors
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, lead_url

LONG = "N" * 120


@pytest.fixture
def isp(transactional_db) -> Connection:
    return vendors.connect("http://localhost:1", *vendors.LEAD_VENDORS)["ispcrm"]


@pytest.fixture
def lead(isp, partner, program) -> Lead:
    """Refused at one vendor with a long body, held back at another, and without what a third one needs."""
    made = people.leads_of(partner, program, 3)[0]
    made.applicants.update(primary_email="", name="Meera Anand Iyer")
    held = Connection.objects.get(vendor="crego_crm")
    Health.objects.create(connection=held, opened_at="2026-05-04T08:00:00Z", failures=5)
    for connection, state in ((isp, State.REJECTED), (held, State.QUEUED)):
        Delivery.objects.create(
            connection=connection, kind="lead", lead=made, record_id=made.pk, version=1, ref=made.pk.hex,
            state=state, reason="r" * 200 if state == State.REJECTED else "",
        )  # fmt: skip
    Exchange.objects.create(
        connection=isp, delivery=Delivery.objects.get(state=State.REJECTED), purpose="create", method="POST",
        url="http://localhost:1/x", operation="create_lead", version=1,
        request_body='{"name": "%s", "old": 1}' % ("o" * 120),
    )  # fmt: skip
    gaps.refresh()
    return made


def test_officer_looks_at_what_would_be_sent(desk_page, lead, isp):
    lead.applicants.update(name=LONG)
    desk_page.goto(lead_url(lead))
    expect(desk_page.locator(".lo-reason", has_text="ispcrm: Refused: r")).to_be_visible()
    at_both_sizes(desk_page, desk_page.get_by_role("link", name="Preview for ispcrm"))
    desk_page.get_by_role("link", name="Preview for ispcrm").click()
    expect(desk_page.get_by_role("heading", name="Preview of", level=2)).to_be_visible()
    expect(desk_page.get_by_text("Misses 1")).to_be_visible()
    at_both_sizes(desk_page, desk_page.get_by_role("button", name="Copy"))
    desk_page.set_viewport_size(PHONE)
    desk_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk_page.get_by_role("button", name="Copy").click()
    expect(desk_page.get_by_role("button", name="Copied")).to_be_visible()
    copied = desk_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl -X POST http://localhost:1/api/v1/subscriber/CreateLead")
    assert '-H "Authorization: Bearer $TOKEN"' in copied


def test_officer_finds_who_misses_what(desk_page, lead, isp):
    lead.applicants.update(name=LONG)
    desk_page.goto(reverse("admin:leadops_lead_changelist"))
    at_both_sizes(desk_page, desk_page.get_by_role("button", name="Filters"))
    desk_page.get_by_role("button", name="Filters").click()
    # The box that searches has the label as well: the choice itself is made in the field that it stands for.
    desk_page.locator("select[name=missing]").select_option(
        label="ispcrm · applicant: e-mail (1)", force=True
    )
    desk_page.get_by_role("button", name="Apply Filters").click()
    expect(desk_page.locator("#result_list tbody tr")).to_have_count(1)
