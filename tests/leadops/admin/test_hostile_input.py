"""What nobody types and a script may send: every page answers it, none breaks."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from crm_integrations.models import Connection
from leadops.models import AuditEvent, Document, Lead
from tests.leadops.admin.page_forms import fields


@pytest.fixture
def lead_form(desk, lead) -> tuple[str, dict[str, str]]:
    url = reverse("admin:leadops_lead_change", args=[lead.pk])
    return url, fields(desk.get(url, {"edit": 1}).content.decode())


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


LISTS = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}"
    for model in admin.site._registry
    if model not in (Document, AuditEvent)  # which have no list, or one of their own
)


@pytest.mark.parametrize("query", ["q=%00", "status__exact=%00", "state__exact=%00", "%00=1", "o=1&p=%00"])
@pytest.mark.parametrize("name", LISTS)
def test_a_nul_in_a_lists_address_is_a_bad_request(desk, name, query):
    address = reverse(f"admin:{name}_changelist")
    assert desk.get(f"{address}?{query}").status_code == 400
    assert desk.get(address).status_code == 200


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


@pytest.mark.parametrize("name", LISTS)
def test_a_moment_that_the_database_can_not_read_is_a_bad_request(desk, name):
    address = reverse(f"admin:{name}_changelist")
    assert desk.get(f"{address}?created_at__gte=0001-01-01T00:00:00%2B23:00").status_code in (302, 400)


def test_the_themes_own_search_by_address_is_gone(desk, lead):
    answer = desk.get(reverse("admin:search"), {"s": lead.partner_ref_id, "page": "-1"})
    assert (answer.status_code, answer.context["groups"]) == (200, [])


@pytest.mark.parametrize("name", ["leadops_lead", "leadops_loanaccount", "leadops_importbatch"])
def test_a_link_that_fills_in_no_record_is_a_blank_form(desk, name):
    address = reverse(f"admin:{name}_add")
    assert desk.get(address, {"partner": "nonsense", "program": "5", "lead": "x"}).status_code == 200


def test_a_blind_index_is_not_asked_for_by_an_address(desk):
    answer = desk.get(reverse("admin:leadops_lead_changelist"), {"primary_mobile_index__exact": "x"})
    assert answer["Location"].endswith("?e=1")


@pytest.mark.parametrize("model", ["program", "connection"])
def test_two_letters_that_are_no_country_are_refused(desk, program, model):
    made = Connection.objects.create(vendor="ispcrm", name="isp", base_url="https://vendor.example")
    record, field = {"program": (program, "country"), "connection": (made, "jurisdiction")}[model]
    url = reverse(f"admin:{record._meta.app_label}_{model}_change", args=[record.pk])
    form = fields(desk.get(url).content.decode(), f"{model}_form")
    answer = desk.post(url, form | {field: "ZZ"})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert desk.post(url, form | {field: "KZ"}).status_code == 302
