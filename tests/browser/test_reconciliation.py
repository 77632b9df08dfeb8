"""A comparison on the screen: watched until it ends, read on a phone, and its next step taken."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from crm_integrations.models import Connection, Delivery, Difference, Reconciliation, State
from tests import people, vendors
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, holds

Kind = Difference.Kind


@pytest.fixture
def crego(transactional_db) -> Connection:
    return vendors.connect("http://localhost:1", "crego_crm")["crego_crm"]


@pytest.fixture
def asked(crego, partner, program) -> Reconciliation:
    """Under way; its one lead will turn out to be missing at the vendor, and another to have other values."""
    made = Reconciliation.objects.create(connection=crego, first_on="2026-03-10", last_on="2026-03-10")
    for kind, lead in zip(
        (Kind.MISSING_THERE, Kind.DIFFERS), people.leads_of(partner, program, 2), strict=True
    ):
        delivery = Delivery.objects.create(
            connection=crego, kind="lead", lead=lead, record_id=lead.pk, version=1, ref=lead.pk.hex,
            state=State.DELIVERED, reference="r" * 60,
        )  # fmt: skip
        values = {"field": "f" * 60, "ours": "o" * 200, "theirs": "t" * 200} if kind == Kind.DIFFERS else {}
        made.differences.create(kind=kind, delivery=delivery, ref=delivery.ref, reference="r" * 60, **values)
    return made


def page_of(asked: Reconciliation) -> str:
    return reverse("admin:crm_integrations_reconciliation_change", args=[asked.pk])


def test_officer_watches_it_end_and_has_a_missing_record_looked_up(desk_page, asked):
    desk_page.goto(page_of(asked))
    expect(desk_page.get_by_text("Running")).to_have_count(2)  # once for a screen reader
    Reconciliation.objects.filter(pk=asked.pk).update(theirs=300)
    expect(desk_page.get_by_text("so far: 300")).to_be_visible()
    at_both_sizes(desk_page)
    Reconciliation.objects.filter(pk=asked.pk).update(state="done", ours=2, theirs=1)
    desk_page.get_by_role("link", name="Missing at the vendor 1").click()
    desk_page.set_viewport_size(PHONE)
    desk_page.get_by_role("checkbox").check()
    look_up = desk_page.get_by_role("button", name="Look the chosen ones up…")
    at_both_sizes(desk_page, desk_page.get_by_role("checkbox"), look_up)
    look_up.click()
    at_both_sizes(desk_page)
    desk_page.get_by_label("Reason").fill(people.REASON)
    desk_page.get_by_role("button", name="Look up").click()
    expect(desk_page.get_by_text("1 delivery will be looked up")).to_be_visible()
    assert Delivery.objects.filter(state=State.UNKNOWN).count() == 1


def test_no_tab_reaches_over_the_edge_of_a_phone(open_page, signed_in, asked):
    Reconciliation.objects.filter(pk=asked.pk).update(state="done", ours=2, theirs=1)
    page = signed_in(open_page(PHONE))
    tabs = [f"{page_of(asked)}?tab={tab}" for tab in ("missing_there", "missing_here", "differs", "status")]
    for url in [
        *tabs,
        *(reverse(f"admin:crm_integrations_reconciliation_{n}") for n in ("add", "changelist")),
    ]:
        page.goto(url)
        holds(page)
