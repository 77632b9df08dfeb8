"""Who may see and do what."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from leadops.models import ApiKey, Lead, LoanAccount, Officer
from tests import people
from tests.leadops.admin.page_forms import fields

PAGES = [
    "index",
    "leadops_lead_changelist",
    "leadops_lead_add",
    "leadops_loanaccount_changelist",
    "leadops_importbatch_changelist",
    "leadops_partner_changelist",
    "leadops_program_changelist",
    "leadops_officer_changelist",
    "crm_integrations_delivery_changelist",
    "crm_integrations_exchange_changelist",
    "crm_integrations_connection_changelist",
]


@pytest.mark.parametrize("name", PAGES)
def test_stranger_is_sent_to_the_sign_in(client, db, name):
    response = client.get(reverse(f"admin:{name}"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("name", PAGES)
def test_superuser_sees_every_page(desk, name):
    assert desk.get(reverse(f"admin:{name}")).status_code == 200


def test_reader_sees_leads_masked_and_changes_nothing(reading_desk, lead):
    url = reverse("admin:leadops_lead_change", args=[lead.pk])
    page = reading_desk.get(url).content.decode()
    applicant = lead.applicants.get()
    secrets = [lead.primary_mobile, applicant.pan_no, *(bank.account_no for bank in applicant.banks.all())]
    assert lead.reference in page
    assert not [secret for secret in secrets if secret in page]
    assert reading_desk.post(url, {"remarks": "x"}).status_code == 403
    assert reading_desk.post(reverse("admin:leadops_lead_submit", args=[lead.pk])).status_code == 403
    assert Lead.objects.get().status == "draft"


@pytest.mark.parametrize(
    "name", ["leadops_partner_changelist", "leadops_officer_changelist", "leadops_importbatch_add"]
)
def test_reader_is_kept_out_of_what_is_not_his(reading_desk, name):
    assert reading_desk.get(reverse(f"admin:{name}")).status_code == 403


def test_the_way_back_from_a_document_leads_to_the_leads(desk):
    answer = desk.get(reverse("admin:leadops_document_changelist"))
    assert answer["Location"] == reverse("admin:leadops_lead_changelist")


def test_an_account_names_its_officer_without_a_link_to_officers(desk, officer, lead, program):
    account = LoanAccount.objects.create(lead=lead, program=program, ref_id="A1", created_by=officer)
    page = desk.get(reverse("admin:leadops_loanaccount_change", args=[account.pk])).content.decode()
    assert officer.username in page.partition("Created by")[2][:1500]
    assert reverse("admin:leadops_officer_change", args=[officer.pk]) not in page


def test_reader_sees_no_way_to_what_is_not_his(reading_desk, lead):
    page = reading_desk.get(reverse("admin:index")).content.decode()
    assert reverse("admin:leadops_lead_changelist") in page
    assert reverse("admin:leadops_officer_changelist") not in page
    assert reverse("admin:crm_integrations_delivery_changelist") not in page


def test_reader_makes_and_revokes_no_keys(reading_desk, partner):
    key, _ = ApiKey.issue(partner)
    make = reverse("admin:leadops_partner_make_key", args=[partner.pk])
    revoke = reverse("admin:leadops_partner_revoke_key", args=[partner.pk, key.pk])
    assert reading_desk.get(make).status_code == 403
    assert reading_desk.post(revoke).status_code == 403
    assert ApiKey.objects.live().count() == 1


def test_who_may_edit_officers_can_neither_raise_himself_nor_touch_a_superuser(client, officer):
    clerk = people.officer("clerk", superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_officer", "change_officer"]))
    client.force_login(clerk)
    own = reverse("admin:leadops_officer_change", args=[clerk.pk])
    client.post(
        own,
        fields(client.get(own).content.decode(), "officer_form")
        | {"is_superuser": "on", "username": "clerk2"},
    )
    clerk = Officer.objects.get(pk=clerk.pk)
    assert (clerk.username, clerk.is_superuser) == ("clerk2", False)
    others = reverse("admin:leadops_officer_change", args=[officer.pk])
    assert client.post(others, {"username": "taken"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[officer.pk])
    assert client.get(password).status_code == 403


@pytest.mark.parametrize("model", [Officer, Group], ids=lambda model: model._meta.model_name)
def test_rights_are_read_with_few_questions_however_many_they_are(client, db, model):
    reader = people.officer("clerk", superuser=False)
    people.give(reader, "view_officer", "view_group")
    holder = reader if model is Officer else Group.objects.create(name="Auditors")
    held = holder.user_permissions if model is Officer else holder.permissions
    client.force_login(reader)
    url = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[holder.pk])
    few = _asked(client, url)
    held.add(*Permission.objects.exclude(codename="own_leads_only"))
    assert _asked(client, url) <= few + 3


def _asked(client: Client, url: str) -> int:
    """How often a page asks the database, of somebody whose rights are known."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


LISTED = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.mark.parametrize("model", LISTED, ids=lambda model: model._meta.label)
def test_every_list_says_what_to_do_next_while_it_is_empty(desk, model):
    words = str(getattr(admin.site.get_model_admin(model), "when_empty", ""))
    assert len(words) > 20, "an empty list says nothing"
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    answer = desk.get(reverse(name))
    if answer.status_code == 200 and "cl" in answer.context and not answer.context["cl"].result_count:
        assert escape(words) in answer.content.decode()
