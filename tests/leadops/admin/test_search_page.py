"""The one search box: what it finds, in which groups, for whom, and what stays out of the address."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from crm_integrations.models import Connection, Delivery
from leadops.admin.sealed_search import sealed
from leadops.models import Applicant, Bank, ImportBatch, Lead, Officer
from leadops.services import leads, loan_accounts
from tests import people

SEARCH = reverse("admin:search")


def page_of(record) -> str:
    return reverse(f"admin:leadops_{record._meta.model_name}_change", args=[record.pk])


def goes_to(desk, text: str) -> str:
    answer = desk.post(SEARCH, {"q": text})
    assert answer.status_code == 302
    return answer["Location"]


def groups(desk, text: str) -> dict[str, list[str]]:
    answer = desk.get(SEARCH, {"q": sealed(text)})
    return {str(group.label): [hit.title for hit in group.hits] for group in answer.context["groups"]}


@pytest.fixture
def delivery(many_leads) -> Delivery:
    isp = Connection.objects.create(vendor="ispcrm", name="isp", base_url="https://vendor.example")
    lead = many_leads[3]
    facts = {"kind": "lead", "record_id": lead.pk, "version": 1, "ref": "OUR-REF-3", "state": "delivered"}
    return Delivery.objects.create(connection=isp, lead=lead, reference="ISP-000777", **facts)


@pytest.mark.parametrize("spelling", ["mobile", "pan", "account", "reference", "our id", "applicant's id"])
def test_one_exact_hit_goes_straight_to_the_page(desk, many_leads, spelling):
    lead = many_leads[7]
    applicant = Applicant.objects.get(lead=lead)
    bank = Bank.objects.filter(applicant=applicant).first()
    text = {
        "mobile": f"0{lead.primary_mobile[-10:]}",
        "pan": applicant.pan_no.lower(),
        "account": bank.account_no,
        "reference": lead.partner_ref_id.lower(),
        "our id": str(lead.pk),
        "applicant's id": str(applicant.pk),
    }[spelling]
    assert goes_to(desk, text) == page_of(lead)


def test_short_id_of_a_lead_without_a_reference_goes_to_its_page(desk, lead):
    Lead.objects.update(partner_ref_id="")
    assert goes_to(desk, Lead.objects.get().reference) == page_of(lead)


@pytest.mark.parametrize("text", ["ISP-000777", "OUR-REF-3"])
def test_vendors_ids_go_to_the_lead(desk, delivery, text):
    assert goes_to(desk, text) == page_of(delivery.lead)


def test_loan_account_is_found_by_its_number(desk, lead, program):
    leads.submit([lead])
    account = loan_accounts.open_account(lead, "LA-2026-1", program)
    assert goes_to(desk, "LA-2026-1") == page_of(account)


def test_names_files_and_partners_are_offered_in_groups_with_the_way_to_all(
    desk, many_leads, partner, program
):
    Applicant.objects.update(name="Sunrise Sharma")
    ImportBatch.objects.create(
        partner=partner, program=program, file_name="sunrise-june.xlsx", sha256="0" * 64
    )
    location = goes_to(desk, "sunri")
    assert "sunri" not in location
    page = desk.get(location)
    found = {str(group.label): group for group in page.context["groups"]}
    assert {label: len(group.hits) for label, group in found.items()} == {
        "Leads": 10,
        "Imports": 1,
        "Partners": 1,
    }
    assert desk.get(found["Leads"].more).context["cl"].result_count == 60
    for group in found.values():
        assert desk.get(group.hits[0].url).status_code == 200


def test_one_hit_by_a_name_is_shown_and_not_jumped_to(desk, lead):
    Applicant.objects.update(name="Ulrike Onlyone")
    assert goes_to(desk, "ulri").startswith(f"{SEARCH}?q=~")
    assert groups(desk, "ulri") == {"Leads": [lead.reference]}


def test_what_is_searched_for_stands_in_no_address_and_in_the_box(desk, lead):
    other = people.leads_of(people.partner("Third", "third"), lead.program)[0]
    location = goes_to(desk, lead.primary_mobile)
    assert lead.primary_mobile[-10:] not in location
    page = desk.get(location)
    assert f'value="{lead.primary_mobile}"' in page.content.decode()
    assert {hit.url for hit in page.context["groups"][0].hits} == {page_of(lead), page_of(other)}


def test_mobiles_are_shown_masked(desk, many_leads):
    Applicant.objects.update(name="Same Name")
    lead = many_leads[-1]
    page = desk.get(SEARCH, {"q": sealed("same")}).content.decode()
    assert f"••••{lead.primary_mobile[-4:]}" in page
    assert lead.primary_mobile not in page


def test_nobody_finds_what_they_may_not_see(delivery, many_leads, partner, program):
    ImportBatch.objects.create(partner=partner, program=program, file_name="sunrise.xlsx", sha256="0" * 64)
    Applicant.objects.filter(lead=many_leads[0]).update(name="Sunrise Sharma")
    reader = people.clerk("view_lead")
    assert groups(reader, "sunrise") == {"Leads": [many_leads[0].reference]}
    assert groups(reader, "ISP-000777") == {}
    nobody = people.clerk("view_program")
    assert groups(nobody, "sunrise") == {}


def test_officer_of_a_branch_finds_its_leads_alone(delivery, many_leads, program):
    Applicant.objects.update(name="Sunrise Sharma")
    kavya = people.officer("kavya", superuser=False)
    people.give(kavya, "view_lead", "view_delivery", "view_loanaccount")
    Officer.objects.filter(pk=kavya.pk).update(reach=Officer.Reach.BRANCHES)
    kavya.branches.set([people.branch("pune")])
    mine = many_leads[0]  # the oldest of sixty, which all have the same name
    Lead.objects.filter(pk=mine.pk).update(branch=people.branch("pune"))
    client = Client()
    client.force_login(kavya)
    assert groups(client, "sunrise") == {"Leads": [mine.reference]}
    theirs = many_leads[3]
    pan = Applicant.objects.get(lead=theirs).pan_no
    for text in (
        theirs.primary_mobile,
        pan,
        theirs.partner_ref_id,
        str(theirs.pk),
        "ISP-000777",
        "OUR-REF-3",
    ):
        assert groups(client, text) == {}, text
    assert goes_to(client, mine.partner_ref_id) == page_of(mine)


@pytest.mark.parametrize(
    "text", ["", "   ", "no such thing", "~abc", "'; DROP TABLE", "%", "x" * 5000, "&|!()"]
)
def test_nonsense_finds_nothing_and_breaks_nothing(desk, lead, text):
    answer = desk.post(SEARCH, {"q": text}, follow=True)
    assert (answer.status_code, answer.context["groups"]) == (200, [])
    assert desk.get(SEARCH, {"q": "~damaged"}).context["groups"] == []


def test_search_costs_a_fixed_number_of_queries(desk, delivery, django_assert_max_num_queries):
    Applicant.objects.update(name="Sunrise Sharma")
    desk.get(SEARCH)
    with django_assert_max_num_queries(18):
        assert len(groups(desk, "sunrise")["Leads"]) == 10
    with django_assert_max_num_queries(20):
        goes_to(desk, delivery.lead.primary_mobile)


def test_every_page_has_the_box(desk, lead):
    for name in ("index", "leadops_lead_changelist", "leadops_lead_add", "search"):
        assert f'action="{SEARCH}"' in desk.get(reverse(f"admin:{name}")).content.decode(), name
    assert f'action="{SEARCH}"' in desk.get(page_of(lead)).content.decode()
