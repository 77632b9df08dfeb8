"""A form that was opened before somebody else saved: 409, both values of each field, and what one makes of it."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from crm_integrations.models import Connection
from leadops.models import Address, Applicant, Lead, Partner
from tests import people
from tests.leadops.admin.page_forms import fields


def url(lead: Lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


def form_of(desk, lead: Lead) -> dict[str, str]:
    return fields(desk.get(url(lead), {"edit": 1}).content.decode())


@pytest.fixture
def other_desk(db) -> Client:
    """Ravi's browser."""
    client = Client()
    client.force_login(people.officer("ravi"))
    return client


def rows(answer) -> dict[str, tuple[str, str, str]]:
    assert answer.status_code == 409
    return {each.label: (each.typed, each.now, each.who) for each in answer.context["mine"]}


def settle(desk, lead_url: str, answer, *take: str):
    kept = re.search(r'name="_conflict" value="([^"]+)"', answer.content.decode())
    assert kept is not None
    return desk.post(lead_url, {"_conflict": kept[1], "take": list(take)})


def test_both_values_are_shown_field_by_field_and_nothing_is_stored(desk, other_desk, lead):
    mine = form_of(desk, lead)
    other_desk.post(url(lead), form_of(other_desk, lead) | {"remarks": "theirs", "loan_purpose": "Van"})
    answer = desk.post(url(lead), mine | {"remarks": "mine", "source": "walk-in, twice"})
    assert rows(answer) == {
        "Remarks": ("mine", "theirs", "ravi"),
        "Source": ("walk-in, twice", lead.source, ""),
    }
    assert answer.context["theirs"] == ["Loan purpose"]
    said = ">Somebody changed this lead after you opened it (you have version 1, it is at 2).<"
    assert said in answer.content.decode()
    stored = Lead.objects.get()
    assert (stored.remarks, stored.source, stored.loan_purpose) == ("theirs", lead.source, "Van")


@pytest.mark.parametrize(
    ("take", "remarks", "source"),
    [((), "theirs", "before"), (("remarks",), "mine", "before"), (("remarks", "source"), "mine", "after")],
)
def test_officer_takes_over_what_they_want_and_all_else_stays_as_it_is(
    desk, other_desk, lead, take, remarks, source
):
    Lead.objects.update(source="before")
    mine = form_of(desk, lead)
    other_desk.post(url(lead), form_of(other_desk, lead) | {"remarks": "theirs", "loan_purpose": "Van"})
    answer = desk.post(url(lead), mine | {"remarks": "mine", "source": "after"})
    assert settle(desk, url(lead), answer, *take).status_code == 302
    stored = Lead.objects.get()
    assert (stored.remarks, stored.source, stored.loan_purpose) == (remarks, source, "Van")


def test_a_third_change_in_between_is_told_again(desk, other_desk, lead):
    mine = form_of(desk, lead)
    other_desk.post(url(lead), form_of(other_desk, lead) | {"remarks": "theirs"})
    answer = desk.post(url(lead), mine | {"remarks": "mine"})
    other_desk.post(url(lead), form_of(other_desk, lead) | {"remarks": "theirs again"})
    again = settle(desk, url(lead), answer, "remarks")
    assert rows(again) == {"Remarks": ("mine", "theirs again", "ravi")}
    assert settle(desk, url(lead), again, "remarks").status_code == 302
    assert Lead.objects.get().remarks == "mine"


def test_what_is_personal_is_masked_and_what_was_typed_is_in_the_page_nowhere(desk, other_desk, lead):
    mine = form_of(desk, lead)
    other_desk.post(url(lead), form_of(other_desk, lead) | {"applicants-0-pan_no": "ABCPK1234L"})
    answer = desk.post(
        url(lead), mine | {"applicants-0-pan_no": "ZZZPK9999Z", "primary_mobile": "9800000077"}
    )
    page = answer.content.decode()
    assert rows(answer)["Applicant 1: PAN"] == ("ZZXXXXX99Z", "ABXXXXX34L", "ravi")
    assert rows(answer)["Primary mobile"][0] == "••••0077"
    stored = lead.primary_mobile
    assert not [each for each in ("ZZZPK9999Z", "ABCPK1234L", "9800000077", stored) if each in page]
    settle(desk, url(lead), answer, "applicants-0-pan_no")
    assert (Applicant.objects.get().pan_no, Lead.objects.get().primary_mobile) == ("ZZZPK9999Z", stored)


def test_a_change_that_came_by_no_desk_is_said_so(desk, lead):
    mine = form_of(desk, lead)
    Lead.objects.update(remarks="by a call", version=2)
    answer = desk.post(url(lead), mine | {"remarks": "mine"})
    assert rows(answer) == {"Remarks": ("mine", "by a call", "not at the desk")}


def test_rows_that_were_added_or_removed_on_either_side_come_out_right(desk, other_desk, lead):
    gone = Applicant.objects.create(lead=lead, name="Second Person", position=1)
    mine = form_of(desk, lead)
    theirs = form_of(other_desk, lead) | {
        "applicants-1-DELETE": "on",
        "applicants-0-addresses-0-city": "Agra",
    }
    assert other_desk.post(url(lead), theirs).status_code == 302
    new = {
        "applicants-TOTAL_FORMS": "3",
        "applicants-2-name": "Third Person",
        "applicants-2-applicant_type": "person",
    }
    for part in ("addresses", "banks"):
        counts = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
        new |= {f"applicants-2-{part}-{name}": value for name, value in counts.items()}
    answer = desk.post(url(lead), mine | new | {"remarks": "mine"})
    assert rows(answer) == {"Remarks": ("mine", lead.remarks or "–", "")}
    assert settle(desk, url(lead), answer, "remarks").status_code == 302
    assert not Applicant.objects.filter(pk=gone.pk).exists()
    assert sorted(Applicant.objects.values_list("name", flat=True)) == sorted(
        [lead.applicants.get(is_primary=True).name, "Third Person"]
    )
    assert Address.objects.filter(city="Agra").count() == 1


def test_choices_and_ticks_are_read_as_people_read_them(desk, other_desk, partner):
    page = reverse("admin:leadops_partner_change", args=[partner.pk])
    branch = people.branch("pune")
    mine = fields(desk.get(page).content.decode(), "partner_form")
    off = {name: value for name, value in mine.items() if name != "active"}
    assert other_desk.post(page, off | {"name": "Theirs"}).status_code == 302
    answer = desk.post(page, mine | {"name": "Mine", "branch": str(branch.pk)})
    assert rows(answer) == {"Name": ("Mine", "Theirs", "ravi"), "Branch": ("Pune", "–", "")}
    assert answer.context["theirs"] == ["Active"]
    assert settle(desk, page, answer, "branch").status_code == 302
    stored = Partner.objects.get(pk=partner.pk)
    assert (stored.name, stored.branch, stored.active) == ("Theirs", branch, False)


def test_secrets_that_were_typed_are_never_shown(desk, other_desk):
    connection = Connection.objects.create(vendor="ispcrm", name="isp", base_url="https://vendor.example")
    page = reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    mine = fields(desk.get(page).content.decode(), "connection_form")
    secret = next(name for name in mine if name.startswith("secret_"))
    assert other_desk.post(page, mine | {"parallel": "3"}).status_code == 302
    answer = desk.post(page, mine | {secret: "very-secret", "parallel": "5"})
    assert "very-secret" not in answer.content.decode()
    assert {typed for typed, _now, _who in rows(answer).values()} == {"5", "••••"}
    assert settle(desk, page, answer, secret).status_code == 302
    connection.refresh_from_db()
    assert (connection.parallel, list(connection.secrets.values())) == (3, ["very-secret"])


def test_what_was_kept_opens_for_nobody_else_and_for_no_other_record(
    desk, other_desk, lead, partner, program
):
    other = people.leads_of(people.partner("Third", "third"), program, 2)[1]
    mine = form_of(desk, lead)
    other_desk.post(url(lead), form_of(other_desk, lead) | {"remarks": "theirs"})
    answer = desk.post(url(lead), mine | {"remarks": "mine"})
    assert settle(other_desk, url(lead), answer, "remarks").status_code == 400
    assert settle(desk, url(other), answer, "remarks").status_code == 400
    assert desk.post(url(lead), {"_conflict": "nonsense"}).status_code == 400
