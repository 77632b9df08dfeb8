"""Finding leads by what an officer types."""

from __future__ import annotations

import pytest

from leadops import search
from leadops.models import Applicant, Bank, Lead
from tests import people


@pytest.fixture
def found_leads(partner, program) -> list[Lead]:
    return people.leads_of(partner, program, 5)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda n: n,
        lambda n: n[3:],
        lambda n: f"0{n[3:]}",
        lambda n: f"{n[3:8]} {n[8:]}",
        lambda n: f"91-{n[3:]}",
    ],
)
def test_a_mobile_is_found_in_any_spelling(found_leads, spelling):
    lead = found_leads[2]
    assert search.lead_ids(spelling(lead.primary_mobile)) == [lead.pk]


def test_a_lead_is_found_by_everything_that_names_it(found_leads):
    lead = found_leads[3]
    applicant = Applicant.objects.get(lead=lead)
    account = Bank.objects.get(applicant=applicant).account_no
    for text in (str(lead.pk), lead.partner_ref_id, applicant.pan_no, applicant.pan_no.lower(), account):
        assert search.lead_ids(f" {text} ") == [lead.pk], text


def test_a_name_is_found_by_the_beginnings_of_its_words(found_leads):
    applicant = Applicant.objects.get(lead=found_leads[0])
    first, *_, last = applicant.name.split()
    assert found_leads[0].pk in search.lead_ids(f"{last[:3]} {first[:3].lower()}")


@pytest.mark.parametrize("text", ["", "  ", "'", "a & !b | (c", "\\", ":*", "%", "zzzz", "0000000000", "é"])
def test_any_text_is_a_text(found_leads, text):
    assert search.lead_ids(text) == []


def test_a_search_is_a_handful_of_queries(found_leads, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        search.lead_ids("9800000001")
