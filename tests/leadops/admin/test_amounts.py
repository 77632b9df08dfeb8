"""Money on the pages of a lead, in the figures of its program's country."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from leadops.admin.amounts import grouped
from leadops.models import Applicant, Lead


@pytest.mark.parametrize(
    ("amount", "india", "elsewhere"),
    [
        ("0", "0.00", "0.00"),
        ("999.5", "999.50", "999.50"),
        ("1000", "1,000.00", "1,000.00"),
        ("99999.99", "99,999.99", "99,999.99"),
        ("1343000", "13,43,000.00", "1,343,000.00"),
        ("999999999999.99", "9,99,99,99,99,999.99", "999,999,999,999.99"),
    ],
)
def test_india_counts_in_lakhs_and_the_others_in_thousands(amount, india, elsewhere):
    assert grouped(Decimal(amount), "IN") == india
    assert [grouped(Decimal(amount), country) for country in ("RU", "")] == [elsewhere, elsewhere]


@pytest.fixture
def asked_for(lead) -> Lead:
    """A lead for thirteen lakh, whose applicant earns two."""
    Lead.objects.update(loan_amount=Decimal(1343000))
    Applicant.objects.update(monthly_income=Decimal("215000.50"), monthly_expenses=None)
    return lead


def page_of(client, lead: Lead) -> str:
    return client.get(reverse("admin:leadops_lead_change", args=[lead.pk])).content.decode()


@pytest.mark.parametrize(("country", "written"), [("IN", "13,43,000.00"), ("RU", "1,343,000.00")])
def test_amount_on_top_of_a_lead_is_in_the_figures_of_its_country(desk, asked_for, country, written):
    type(asked_for.program).objects.update(country=country)
    assert f"<dt>Amount</dt><dd>{written} " in page_of(desk, asked_for)


def test_lead_without_an_amount_shows_a_dash_and_nought_is_an_amount(desk, asked_for):
    Lead.objects.update(loan_amount=None, loan_tenure=None)
    assert "<dt>Amount</dt><dd>–</dd>" in page_of(desk, asked_for)
    Lead.objects.update(loan_amount=0)
    assert "<dt>Amount</dt><dd>0.00</dd>" in page_of(desk, asked_for)


def test_reader_sees_every_amount_of_the_lead_so(reading_desk, asked_for, django_assert_max_num_queries):
    assert page_of(reading_desk, asked_for).count("13,43,000.00") == 1
    fields = reverse("admin:leadops_lead_change", args=[asked_for.pk]) + "?edit=1"
    with django_assert_max_num_queries(25):
        page = reading_desk.get(fields).content.decode()
    assert page.count("13,43,000.00") == 1
    assert "2,15,000.50" in page
    assert not [figures for figures in ("1343000", "215000.5", "1,343,000") if figures in page]
