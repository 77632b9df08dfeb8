"""The desk before anything is sent: the one sentence of why, readiness chips, the filter, and previews."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from crm_integrations import delivery as engine
from crm_integrations import gaps, outbox
from crm_integrations.models import Connection, Delivery, Exchange, Health, Recheck, State
from leadops.models import Lead
from leadops.services import leads, loan_accounts
from tests import people
from tests.leadops.admin.page_forms import fields

LIST = "/admin/leadops/lead/"
EMAIL = "applicants.primary_email"


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


@pytest.fixture
def without_email(partner, program, connections) -> list[Lead]:
    """Three leads that miss their e-mail address, which ISPCRM insists on."""
    made = people.leads_of(partner, program, 3)
    for each in made:
        each.applicants.update(primary_email="")
    gaps.refresh()
    return made


@pytest.fixture
def clerk(client: Client, db) -> Client:
    """Somebody who may see leads, and nothing that was sent of them."""
    person = people.officer("clerk", superuser=False)
    person.user_permissions.add(Permission.objects.get(codename="view_lead"))
    client.force_login(person)
    return client


def page_of(lead: Lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


def preview_of(record, connection: Connection) -> str:
    return reverse(f"admin:leadops_{record._meta.model_name}_preview", args=[record.pk, connection.pk])


def missing_at(connection: Connection, field: str = EMAIL) -> str:
    return f"{LIST}?missing={connection.pk}:{field}"


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# Why ------------------------------------------------------------------------------------------------------------------


def test_list_says_in_a_line_why_a_lead_stands_where_it_stands(desk, lead, connections):
    leads.submit([lead], [connections["ispcrm"].pk])
    Delivery.objects.update(state=State.REJECTED, reason="HTTP 400: the phone is <taken>")
    page = desk.get(LIST).content.decode()
    assert (
        page.count("ispcrm: Refused: HTTP 400: the phone is &lt;taken&gt;.") == 2
    )  # in its line, and beside it


def test_list_says_nothing_more_of_a_lead_that_is_delivered(desk, lead, connections):
    leads.submit([lead])
    engine.drain()
    assert "lo-why" not in desk.get(LIST).content.decode()


def test_panel_says_why_for_the_lead_and_for_each_delivery(desk, lead, connections):
    leads.submit([lead])
    outbox.pause(connections["ispcrm"], "", by="asha")
    Health.objects.create(connection=connections["crego_crm"], opened_at="2026-05-04T08:00:00Z")
    page = text_of(desk.get(page_of(lead)).content.decode())
    assert "The connection was paused by asha until an officer resumes it." in page
    assert "crego_crm: The vendor does not answer" not in page
    assert "The vendor does not answer: one call is tried now" in page
    assert "brainysoft (and 3 more): It is sent next." in page


def test_delivery_page_says_why(desk, lead, connections):
    leads.submit([lead], [connections["ispcrm"].pk])
    page = desk.get(reverse("admin:crm_integrations_delivery_change", args=[Delivery.objects.get().pk]))
    assert "It is sent next." in page.content.decode()


# Readiness ------------------------------------------------------------------------------------------------------------


def test_a_refused_lead_shows_whether_it_is_ready_now(desk, lead, connections):
    leads.submit([lead], [connections["ispcrm"].pk])
    Delivery.objects.update(state=State.REJECTED, reason="No e-mail")
    lead.applicants.update(primary_email="")
    page = desk.get(page_of(lead)).content.decode()
    assert "<b>Misses 1</b>" in page
    assert "ISPCRM takes no lead without an e-mail address." in page
    assert page.count('lo-good"><b>Ready</b>') == 3


def test_a_delivered_lead_shows_no_readiness(desk, lead, connections):
    leads.submit([lead])
    engine.drain()
    lead.applicants.update(primary_email="")
    page = desk.get(page_of(lead)).content.decode()
    assert "Misses" not in page
    assert "<b>Ready</b>" not in page


def test_list_shows_what_unsent_leads_miss(desk, without_email):
    page = desk.get(LIST).content.decode()
    assert page.count("<span>ispcrm</span> <b>Misses 1</b>") == 3
    assert "Not ready for ispcrm" in page


def test_list_shows_no_gap_where_the_lead_was_sent(desk, without_email, connections):
    leads.submit(without_email, [connections["ispcrm"].pk])
    assert "Misses" not in desk.get(LIST).content.decode()


def test_a_draft_that_an_officer_makes_is_looked_at_once(desk, partner, program, connections):
    form = fields(desk.get(reverse("admin:leadops_lead_add")).content.decode())
    form |= {"partner": str(partner.pk), "program": str(program.pk), "primary_mobile": "98000 00001"}
    form |= {"applicants-0-name": "Meera Iyer"}
    none = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
    for part in ("addresses", "banks"):
        form |= {f"applicants-0-{part}-{name}": value for name, value in none.items()}
    answer = desk.post(reverse("admin:leadops_lead_add"), form)
    assert answer.status_code == 302
    assert [row.leads for row in Recheck.objects.all()] == [[Lead.objects.get().pk]]


def test_a_change_on_the_page_is_looked_at_once(desk, lead):
    form = fields(desk.get(page_of(lead), {"edit": 1}).content.decode())
    desk.post(page_of(lead), form | {"applicants-0-name": "Meera Iyer"})
    assert [row.leads for row in Recheck.objects.all()] == [[lead.pk]]


# The filter -----------------------------------------------------------------------------------------------------------


def test_filter_offers_what_leads_miss_and_finds_them(desk, without_email, connections):
    whole, *_ = without_email
    whole.applicants.update(primary_email="asha@example.com")
    leads.revise(whole)
    gaps.refresh()
    offered = desk.get(LIST).content.decode()
    assert "ispcrm · applicant: e-mail (2)" in offered
    found = desk.get(missing_at(connections["ispcrm"])).context["cl"].result_list
    assert {each.pk for each in found} == {each.pk for each in without_email[1:]}


def test_filter_finds_who_misses_the_passport_series_for_a_tenant_that_wants_it(
    desk, partner, program, connections
):
    with_series, without, _ = people.leads_of(partner, program, 3)
    Lead.objects.exclude(pk__in=[with_series.pk, without.pk]).update(status=Lead.Status.DROPPED)
    applicant = with_series.applicants.get()
    applicant.identity_series = "4008"
    applicant.save()
    tenant = connections["brainysoft"]
    tenant.settings = tenant.settings | {"also_required": "identity_document.series"}
    tenant.save()
    gaps.refresh()
    found = desk.get(missing_at(tenant, "applicants.identity_document.series"))
    assert "brainysoft · applicant, identity document: series (1)" in found.content.decode()
    assert [each.pk for each in found.context["cl"].result_list] == [without.pk]


def test_filter_of_something_nobody_misses_any_more_finds_nothing_and_stays(desk, without_email, connections):
    answer = desk.get(missing_at(connections["brainysoft"], "applicants.first_name"))
    assert list(answer.context["cl"].result_list) == []
    assert "brainysoft · applicant: first name (0)" in answer.content.decode()


@pytest.mark.parametrize("value", ["x", "x:y", ":", "00000000-0000-0000-0000-000000000000"])
def test_filter_refuses_what_is_no_choice(desk, without_email, value):
    assert desk.get(f"{LIST}?missing={value}").status_code in (200, 302)
    assert desk.get(f"{LIST}?missing={value}", follow=True).status_code == 200


def test_filter_is_for_those_who_may_see_deliveries(clerk, without_email, connections):
    page = clerk.get(LIST).content.decode()
    assert "what is missing" not in page


def test_list_with_gaps_and_filter_stays_within_13_queries(
    desk, without_email, connections, django_assert_max_num_queries
):
    desk.get(LIST)
    with django_assert_max_num_queries(13):
        desk.get(missing_at(connections["ispcrm"]))


# The preview ----------------------------------------------------------------------------------------------------------


def test_panel_leads_to_a_preview_of_each_connection(desk, lead, connections):
    page = desk.get(page_of(lead)).content.decode()
    for vendor in ("brainysoft", "broctagon", "crego_crm", "ispcrm"):
        assert preview_of(lead, connections[vendor]) in page


def test_preview_shows_request_and_command_and_sends_nothing(desk, lead, connections, vendor_sandbox):
    page = desk.get(preview_of(lead, connections["ispcrm"])).content.decode()
    assert "POST" in page
    assert "/api/v1/subscriber/CreateLead" in page
    assert "Authorization: Bearer $TOKEN" in page
    assert "curl -X POST" in page
    assert "Nothing was sent there yet." in page
    assert not Exchange.objects.exists()
    assert vendor_sandbox.calls("ispcrm") == []


def test_preview_of_a_delivered_lead_says_that_the_vendor_has_it(desk, lead, connections):
    leads.submit([lead])
    engine.drain()
    delivery = lead.deliveries.get(connection=connections["ispcrm"])
    page = desk.get(preview_of(lead, connections["ispcrm"])).content.decode()
    assert f"ISPCRM has it, as {delivery.reference}, so nothing of it is sent any more." in page
    assert "the command would make a second one" in page
    assert "<b>Ready</b>" not in page
    Delivery.objects.update(state="review", reference="")
    page = desk.get(preview_of(lead, connections["ispcrm"])).content.decode()
    assert "ISPCRM may have it" in page
    assert "the command could make a second one" in page
    assert "<b>Needs a decision</b>" in page
    Delivery.objects.update(state="rejected")
    page = desk.get(preview_of(lead, connections["ispcrm"])).content.decode()
    assert "<b>Ready</b>" in page
    assert "the command would make a second one" not in page


def test_preview_of_a_lead_that_is_not_ready_says_what_is_missing(desk, without_email, connections):
    page = desk.get(preview_of(without_email[0], connections["ispcrm"])).content.decode()
    assert "<b>Misses 1</b>" in page
    assert "ISPCRM takes no lead without an e-mail address." in page


def test_preview_tells_what_changed_since_it_was_sent(desk, lead, connections):
    leads.submit([lead], [connections["ispcrm"].pk])
    engine.drain()
    assert "No difference." in desk.get(preview_of(lead, connections["ispcrm"])).content.decode()
    lead.applicants.update(name="Meera <b>Iyer</b>")
    page = desk.get(preview_of(lead, connections["ispcrm"])).content.decode()
    assert "<code>name</code>" in page
    assert "Meera &lt;b&gt;Iyer&lt;/b&gt;" in page
    assert "Meera <b>" not in page


def test_preview_of_a_loan_account(desk, lead, program, connections):
    leads.submit([lead])
    engine.drain()
    account = loan_accounts.open_account(lead, "LA-7", program)
    assert (
        preview_of(account, connections["crego_los"])
        in desk.get(reverse("admin:leadops_loanaccount_change", args=[account.pk])).content.decode()
    )
    page = desk.get(preview_of(account, connections["crego_los"])).content.decode()
    assert "LA-7" in page
    assert "<b>Ready</b>" in page


def test_a_loan_account_that_no_route_sends_has_a_preview_all_the_same(desk, lead, program, connections):
    connections["crego_los"].routes.all().delete()
    leads.submit([lead], [])
    account = loan_accounts.open_account(lead, "LA-8", program)
    panel = desk.get(reverse("admin:leadops_loanaccount_change", args=[account.pk])).content.decode()
    assert "No route sends the loan accounts of this program here." in panel
    assert preview_of(account, connections["crego_los"]) in panel
    page = desk.get(preview_of(account, connections["crego_los"])).content.decode()
    assert "Crego CRM has to take it first." in page
    assert "LA-8" in page


def test_preview_shows_no_secret_and_no_whole_number(desk, lead, connections):
    applicant = lead.applicants.get()
    hidden = [value for each in Connection.objects.all() for value in each.secrets.values()]
    hidden += [lead.primary_mobile[-10:], applicant.pan_no, applicant.primary_email]
    for vendor in ("brainysoft", "broctagon", "crego_crm", "ispcrm"):
        page = desk.get(preview_of(lead, connections[vendor])).content.decode()
        assert not [each for each in hidden if each in page]


def test_preview_is_not_for_who_may_not_see_deliveries(clerk, lead, connections):
    assert clerk.get(preview_of(lead, connections["ispcrm"])).status_code == 403


def test_preview_is_not_for_who_may_not_see_leads(client, lead, connections):
    person = people.officer("clerk", superuser=False)
    person.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(person)
    assert client.get(preview_of(lead, connections["ispcrm"])).status_code == 403


def test_preview_is_not_for_strangers(client, lead, connections):
    answer = client.get(preview_of(lead, connections["ispcrm"]))
    assert answer.status_code == 302
    assert "login" in answer.url


def test_there_is_no_preview_of_a_lead_for_a_vendor_that_takes_none(desk, lead, connections):
    assert desk.get(preview_of(lead, connections["crego_los"])).status_code == 404
    assert desk.get(preview_of(lead, Connection())).status_code == 404
