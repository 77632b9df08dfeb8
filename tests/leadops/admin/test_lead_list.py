"""The list of leads: what it shows, how it is searched and what it costs."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from leadops.admin import pages
from leadops.admin.leads import LeadAdmin
from leadops.models import Applicant, Bank, Lead

LIST = reverse("admin:leadops_lead_changelist")
SEARCH = reverse("admin:leadops_lead_search")


def references(response) -> list[str]:
    return [lead.reference for lead in response.context["cl"].result_list]


def found_by(desk, text) -> list[str]:
    return references(desk.post(SEARCH, {"q": text}, follow=True))


def test_list_shows_who_and_masks_the_mobile(desk, lead):
    page = desk.get(LIST).content.decode()
    assert lead.reference in page
    assert lead.applicants.get().name in page
    assert f"••••{lead.primary_mobile[-4:]}" in page
    assert lead.primary_mobile not in page


def test_a_tab_is_called_by_what_its_list_holds(desk, officer, lead):
    """Django's own words are "Select lead to change"."""
    titles = [
        re.search(
            r"<title>\s*(.*?)\s*</title>", desk.get(reverse(f"admin:{name}_changelist")).content.decode()
        )[1]
        for name in ("leadops_lead", "leadops_importbatch", "crm_integrations_connection", "leadops_absence")
    ]
    assert titles == [f"{each} | leadops" for each in ("Leads", "Imports", "Connections", "Absences")]
    officer.language = "hi"
    officer.save()
    assert "<title> लीड | leadops" in desk.get(reverse("admin:leadops_lead_changelist")).content.decode()


def test_list_costs_the_same_queries_whatever_the_page_size(
    desk, many_leads, django_assert_max_num_queries, monkeypatch
):
    counts = []
    for size in (5, 50):
        monkeypatch.setattr(LeadAdmin, "list_per_page", size)
        with django_assert_max_num_queries(12) as queries:
            assert len(references(desk.get(LIST))) == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_count_stops_at_the_cap_and_says_so(desk, many_leads, monkeypatch):
    monkeypatch.setattr(pages, "MOST", 10)
    page = desk.get(LIST).content.decode()
    assert "More than 10 leads" in page


def test_pages_follow_each_other_without_gap_or_repeat(desk, many_leads):
    seen = references(desk.get(LIST)) + references(desk.get(LIST, {"p": 2}))
    assert seen == [lead.reference for lead in Lead.objects.order_by("-id")]


@pytest.mark.parametrize("spelling", ["{}", "+91 {}", "0{}", "+91-{}"])
def test_search_finds_a_mobile_in_any_spelling(desk, many_leads, spelling):
    lead = many_leads[7]
    assert found_by(desk, spelling.format(lead.primary_mobile[-10:])) == [lead.reference]


def test_search_finds_by_pan_account_reference_id_and_name(desk, many_leads):
    lead = many_leads[11]
    applicant = Applicant.objects.get(lead=lead)
    account = Bank.objects.filter(applicant=applicant).first()
    for text in (applicant.pan_no.lower(), account.account_no, lead.partner_ref_id, str(lead.pk)):
        assert found_by(desk, text) == [lead.reference]
    assert lead.reference in found_by(desk, applicant.name)


def test_search_keeps_the_text_out_of_the_url_and_in_the_box(desk, lead):
    response = desk.post(SEARCH, {"q": lead.primary_mobile}, follow=True)
    url = response.redirect_chain[-1][0]
    assert lead.primary_mobile not in url
    assert f'value="{lead.primary_mobile}"' in response.content.decode()


def test_search_keeps_the_filters_that_are_set(desk, many_leads):
    Lead.objects.filter(pk=many_leads[0].pk).update(status="approved")
    response = desk.post(SEARCH, {"q": "", "status__exact": "approved"}, follow=True)
    assert references(response) == [many_leads[0].reference]


def test_altered_sealed_search_finds_nothing_and_breaks_nothing(desk, lead):
    for text in ("~", "~abc", "~AQEAAAA", "~ü"):
        assert references(desk.get(LIST, {"q": text})) == []


def test_created_filter_takes_days_and_ignores_nonsense(desk, many_leads):
    assert len(references(desk.get(LIST, {"created_from": "2020-01-01", "created_to": "2020-12-31"}))) == 0
    assert len(references(desk.get(LIST, {"created_from": "2020-01-01"}))) == 50
    assert len(references(desk.get(LIST, {"created_from": "soon"}))) == 50
    assert len(references(desk.get(LIST, {"created_from": "0001-01-01", "created_to": "9999-12-31"}))) == 50


def test_filters_never_ask_the_table_for_its_distinct_values(desk, many_leads, django_assert_max_num_queries):
    with django_assert_max_num_queries(12) as queries:
        desk.get(LIST)
    assert not any("DISTINCT" in query["sql"] for query in queries.captured_queries)


def test_submit_action_submits_what_was_selected(desk, many_leads):
    chosen = [str(lead.pk) for lead in many_leads[:3]]
    desk.post(LIST, {"action": "submit_selected", "_selected_action": chosen})
    assert Lead.objects.filter(status="submitted").count() == 3
