"""What nobody types and a script may send: every page answers it, none breaks."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from leadops.models import Lead
from tests.leadops.admin.page_forms import fields


@pytest.fixture
def lead_form(desk, lead) -> tuple[str, dict[str, str]]:
    url = reverse("admin:leadops_lead_change", args=[lead.pk])
    return url, fields(desk.get(url).content.decode())


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("[1]", "This has to be of another kind: object."),
        ('"x"', "This has to be of another kind: object."),
        ("5", "This has to be of another kind: object."),
        ("false", "This has to be of another kind: object."),
        ("[]", "This has to be of another kind: object."),
        ('{"brainysoft": {"extraFields": {"a": NaN}}}', "This holds NaN, which is not JSON."),
        ('{"brainysoft": {"extraFields": {"a": 1e400}}}', "This holds a number or a nesting beyond all"),
        ('{"brainysoft": {"extraFields": {"a": "\\u0000"}}}', "This holds a NUL character"),
        ('{"brainysoft": {"extraFields": {"a": "\\ud800"}}}', "This holds a NUL character or half a"),
        ("9" * 5000, "This holds a number or a nesting beyond all"),
        ("[" * 100_000, "This holds a number or a nesting beyond all"),
        ("{", "This is not JSON: look at line 1"),
    ],
    ids=lambda text: text[:30],
)
def test_fields_of_single_vendors_that_can_not_be_kept_are_refused_at_their_field(
    desk, lead_form, extra, message
):
    url, form = lead_form
    answer = desk.post(url, form | {"extra": extra})
    assert answer.status_code == 200
    [told] = answer.context["adminform"].form.errors["extra"]
    assert told.startswith(message)
    assert Lead.objects.get().extra == {}


@pytest.mark.parametrize("extra", ["null", ""])
def test_emptied_fields_of_single_vendors_are_none(desk, lead_form, extra):
    url, form = lead_form
    assert desk.post(url, form | {"extra": extra, "remarks": "emptied"}).status_code == 302
    assert Lead.objects.values_list("extra", "remarks").get() == ({}, "emptied")


LISTS = [
    "leadops_lead",
    "leadops_loanaccount",
    "leadops_importbatch",
    "leadops_partner",
    "leadops_program",
    "leadops_officer",
    "auth_group",
    "crm_integrations_connection",
    "crm_integrations_delivery",
    "crm_integrations_exchange",
    "crm_integrations_inbound",
    "crm_integrations_reconciliation",
]


@pytest.mark.parametrize("query", ["q=%00", "status__exact=%00", "state__exact=%00", "%00=1", "o=1&p=%00"])
@pytest.mark.parametrize("name", LISTS)
def test_a_nul_in_a_lists_address_is_a_bad_request(desk, name, query):
    address = reverse(f"admin:{name}_changelist")
    assert desk.get(f"{address}?{query}").status_code == 400
    assert desk.get(address).status_code == 200


@pytest.mark.parametrize("app_label", ["leadops", "crm_integrations"])
def test_every_registered_list_is_asked(app_label):
    told = {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model in admin.site._registry
        if model._meta.app_label == app_label
    }
    closed = {"leadops_document"}
    assert told - closed == {name for name in LISTS if name.startswith(app_label)}


def test_a_nul_is_refused_in_what_is_searched_for_and_typed(desk, db):
    assert desk.post(reverse("admin:leadops_lead_search"), {"q": "a\0b"}).status_code == 400
    address = reverse("admin:autocomplete")
    asked = {"app_label": "leadops", "model_name": "lead", "field_name": "partner", "term": "\0"}
    assert desk.get(address, asked).status_code == 400


@pytest.mark.parametrize("name", LISTS)
def test_an_id_that_is_none_leads_back(desk, name):
    for view in ("change", "history"):
        assert desk.get(reverse(f"admin:{name}_{view}", args=["nonsense"])).status_code == 302


def test_a_nul_is_not_looked_for_before_the_officer_has_signed_in(client, db):
    answer = client.get(reverse("admin:leadops_lead_changelist") + "?q=%00")
    assert answer.status_code == 302
