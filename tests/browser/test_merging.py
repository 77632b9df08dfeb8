"""Two leads of one borrower made one, and two again, on a desk and on a phone."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import expect

from leadops.models import Duplicate, Lead
from tests import people
from tests.browser.conftest import PHONE
from tests.browser.looks import at_both_sizes, lead_url


def test_two_leads_are_made_one_and_two_again(desk_page, partner, program):
    kept, other = people.leads_of(partner, program, 2)
    Lead.objects.filter(pk=kept.pk).update(loan_amount=Decimal(100_000))
    Lead.objects.filter(pk=other.pk).update(loan_amount=Decimal(750_000))
    common = [{"key": "mobile", "field": "primary_mobile", "shown": "••••0001"}]
    Duplicate.objects.create(lead=other, earlier=kept, common=common)
    page = desk_page
    page.goto(lead_url(kept))
    merge = page.get_by_role("link", name=f"Merge with {other.reference}")
    at_both_sizes(page, merge)
    merge.press("Enter")
    row = page.get_by_role("row", name="Loan amount")
    at_both_sizes(page, *row.get_by_role("radio").all(), page.get_by_role("button", name="Merge", exact=True))
    page.set_viewport_size(PHONE)
    row.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Merge", exact=True).press("Enter")
    merged = page.get_by_role("region", name="Merged into this lead")
    expect(merged).to_contain_text(other.reference)
    assert Lead.objects.get().loan_amount == 750_000
    at_both_sizes(page, merged.get_by_role("button", name="Undo"))
    merged.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("They are two leads again.")).to_be_visible()
    assert {each.loan_amount for each in Lead.objects.all()} == {100_000, 750_000}
