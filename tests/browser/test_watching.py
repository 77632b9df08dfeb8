"""How a connection does, on the screen: read on a phone, and a notice put away with the keyboard alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from crm_integrations import notices
from crm_integrations.models import Connection, Health, Notice, Tally
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, tab_to
from tests.crm_integrations import holding
from tests.crm_integrations.test_drift import hour_of

CAUSE = "HTTP 400: applicants[].identity_document.series " + "c" * 100


@pytest.fixture
def busy(transactional_db) -> Connection:
    """A connection with a week of calls, an open breaker and the longest words there can be."""
    connection = holding.connect("n" * 50)
    now = timezone.now()
    for ago in range(0, 160, 3):
        Tally.objects.create(
            connection=connection, hour=hour_of(now - timedelta(hours=ago)), calls=1000, failures=ago, sent=900,
            p50_ms=100, p95_ms=100 + ago, durations={"106": 900}, causes={CAUSE: 300, "other": 7},
        )  # fmt: skip
    Health.objects.create(
        connection=connection, failures=5, opened_at=now, hold_until=now + timedelta(minutes=5),
        hold_reason="5 calls in a row failed at the vendor.", pace=0.5,
    )  # fmt: skip
    notices.raise_notice(connection, Notice.Kind.NEW_FIELD, "Fields came. " * 30, "create_lead: " + "f" * 180)
    return connection


def page_of(record: Connection | Notice) -> str:
    return reverse(f"admin:crm_integrations_{record._meta.model_name}_change", args=[record.pk])


def test_the_chart_has_its_numbers_in_words(desk_page, busy):
    desk_page.goto(page_of(busy))
    expect(desk_page.get_by_role("img", name="Calls and failures by hour")).to_be_visible()
    numbers = desk_page.get_by_text("The same in numbers")
    at_both_sizes(desk_page, numbers)
    numbers.click()
    expect(desk_page.get_by_role("table").get_by_text("99 ms").first).to_be_visible()
    at_both_sizes(desk_page)


def test_officer_closes_the_breaker_and_puts_a_notice_away_with_the_keyboard(desk_page, busy):
    desk_page.goto(reverse("admin:crm_integrations_notice_changelist"))
    at_both_sizes(desk_page)
    desk_page.goto(page_of(busy))
    at_both_sizes(desk_page)
    tab_to(desk_page, "Close the breaker now")
    desk_page.keyboard.press("Enter")
    expect(desk_page.get_by_text("calls go on")).to_be_visible()
    desk_page.set_viewport_size(PHONE)
    tab_to(desk_page, "Answer with unknown fields")
    desk_page.keyboard.press("Enter")
    expect(desk_page.get_by_text("These fields then count as usual.")).to_be_visible()
    at_both_sizes(desk_page)
    tab_to(desk_page, "Put away")
    desk_page.keyboard.press("Enter")
    expect(desk_page.get_by_text("is put away")).to_be_visible()
    assert Notice.objects.get().closed_by is not None
