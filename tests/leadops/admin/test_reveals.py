"""Seeing personal data unmasked: to who may, for a reason, on record, at most thirty times an hour."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations import notices
from crm_integrations.models import Notice
from leadops.models import Lead, Officer, Reveal
from leadops.services import reveals
from leadops.services.reveals import TooManyReveals, Why
from tests import people
from tests.leadops.admin.page_forms import fields
from tests.threads import together

WHY = {"reason": "call", "words": "Calls about the missing statement"}
SEES = ("view_lead", "view_applicant", "view_bank", "reveal_personal_data")


def url(lead: Lead, field: str = "pan_no") -> str:
    """Where a field of the lead's first applicant is asked for."""
    return reverse("admin:leadops_reveal_ask", args=["applicant", lead.applicants.all()[0].pk, field])


def change_url(lead: Lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


def test_a_reason_shows_the_value_once_and_is_on_record(desk, officer, lead):
    person = lead.applicants.all()[0]
    asked = desk.get(url(lead))
    assert person.pan_no not in asked.content.decode()
    shown = desk.post(url(lead), WHY)
    assert person.pan_no in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert person.pan_no not in desk.get(url(lead)).content.decode()
    kept = Reveal.objects.get()
    assert (kept.officer, kept.lead, kept.record, kept.record_id) == (officer, lead, "applicant", person.pk)
    assert (kept.field, kept.reason, kept.words) == ("pan_no", "call", WHY["words"])
    assert person.pan_no not in str(Reveal.objects.values().get())


@pytest.mark.parametrize("missing", [{"reason": ""}, {"words": ""}, {"words": "why"}, {"reason": "curious"}])
def test_without_a_reason_nothing_is_shown(desk, lead, missing):
    shown = desk.post(url(lead), WHY | missing)
    assert lead.applicants.all()[0].pan_no not in shown.content.decode()
    assert not Reveal.objects.exists()


@pytest.mark.parametrize("number", ["9800012345", "98000 12345", "ABCPK1234L", "asha@example.com"])
def test_words_with_somebodys_number_are_refused_because_they_stay_in_the_log(desk, lead, number):
    shown = desk.post(url(lead), WHY | {"words": f"Calls on {number}"}).content.decode()
    assert "Say it without any number or address" in shown
    assert lead.applicants.all()[0].pan_no not in shown
    assert not Reveal.objects.exists()


@pytest.mark.parametrize("field", ["pan_no", "primary_mobile", "primary_email", "identity_number"])
def test_what_is_masked_on_the_page_can_be_revealed(desk, lead, field):
    person = lead.applicants.all()[0]
    lead.applicants.update(primary_email="asha@example.com")
    person.refresh_from_db()
    value = getattr(person, field)
    page = desk.get(change_url(lead)).content.decode()
    if value:
        assert value not in page
        assert url(lead, field) in page
        assert value in desk.post(url(lead, field), WHY).content.decode()


def test_the_mobile_of_the_lead_and_an_account_number_too(desk, lead):
    bank = lead.applicants.all()[0].banks.all()[0]
    for record, row, field in (("lead", lead, "primary_mobile"), ("bank", bank, "account_no")):
        place = reverse("admin:leadops_reveal_ask", args=[record, row.pk, field])
        assert place in desk.get(change_url(lead)).content.decode()
        assert getattr(row, field) in desk.post(place, WHY).content.decode()


@pytest.mark.parametrize(
    ("record", "field"),
    [("applicant", "name"), ("applicant", "nothing"), ("officer", "password"), ("applicant", "pan_no_index")],
)
def test_nothing_else_can_be_asked_for(desk, lead, record, field):
    place = reverse("admin:leadops_reveal_ask", args=[record, lead.applicants.all()[0].pk, field])
    assert desk.post(place, WHY).status_code == 404


def test_who_may_not_is_refused_and_sees_no_button(lead):
    clerk = people.clerk("view_lead", "view_applicant", "view_bank")
    assert clerk.post(url(lead), WHY).status_code == 403
    assert "/reveal/" not in clerk.get(change_url(lead)).content.decode()
    assert not Reveal.objects.exists()


def test_who_may_only_read_sees_the_button_beside_the_mask(lead):
    page = people.clerk(*SEES).get(change_url(lead)).content.decode()
    assert url(lead) in page
    assert lead.applicants.all()[0].pan_no not in page


def test_a_lead_out_of_reach_is_not_found(lead):
    clerk = people.clerk(*SEES)
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.BRANCHES)
    assert clerk.post(url(lead), WHY).status_code == 404
    assert not Reveal.objects.exists()


def test_a_mask_sent_back_keeps_the_e_mail_address(desk, lead):
    lead.applicants.update(primary_email="asha@example.com")
    form = fields(desk.get(change_url(lead), {"edit": 1}).content.decode())
    assert form["applicants-0-primary_email"] == "a••••@example.com"
    assert desk.post(change_url(lead), form | {"remarks": "Called"}).status_code == 302
    assert lead.applicants.get().primary_email == "asha@example.com"
    form = fields(desk.get(change_url(lead), {"edit": 1}).content.decode())
    desk.post(change_url(lead), form | {"applicants-0-primary_email": "verma@example.com"})
    assert lead.applicants.get().primary_email == "verma@example.com"


BORN = date(1984, 11, 23)
LINE = "7391 Canary Lane"


@pytest.fixture
def at_home(lead):
    """The applicant of the lead, born and at home somewhere."""
    person = lead.applicants.get()
    lead.applicants.update(date_of_birth=BORN)
    person.addresses.update(address_line=LINE, house_no="7391", street="Canary Lane", city="Pune")
    return person.addresses.all()[0]


@pytest.mark.parametrize("query", [{}, {"edit": 1}], ids=["page", "form"])
@pytest.mark.parametrize("reads_only", [False, True], ids=["who edits", "who reads"])
def test_a_birthday_and_the_line_of_an_address_are_masked(desk, lead, at_home, query, reads_only):
    client = people.clerk(*SEES, "view_address") if reads_only else desk
    page = client.get(change_url(lead), query).content.decode()
    assert "••/••/1984" in page
    assert "Pune" in page
    told = ("1984-11-23", "23/11/1984", "23 Nov 1984", "Nov. 23, 1984", LINE, "Canary Lane")
    assert [each for each in told if each in page] == []


def test_both_can_be_revealed(desk, officer, lead, at_home):
    for record, row, field, said in (
        ("applicant", at_home.applicant, "date_of_birth", "1984"),
        ("address", at_home, "address_line", LINE),
    ):
        place = reverse("admin:leadops_reveal_ask", args=[record, row.pk, field])
        assert place in desk.get(change_url(lead)).content.decode()
        shown = desk.post(place, WHY).content.decode()
        assert said in shown
        assert "••" not in shown.partition("lo-secret")[2][:200]
    assert set(Reveal.objects.values_list("record", "field")) == {
        ("applicant", "date_of_birth"),
        ("address", "address_line"),
    }


def test_a_masked_birthday_is_kept_changed_and_cleared(desk, lead, at_home):
    name, line = "applicants-0-date_of_birth", "applicants-0-addresses-0-address_line"

    def save(**typed: str):
        form = fields(desk.get(change_url(lead), {"edit": 1}).content.decode())
        return desk.post(change_url(lead), form | {"remarks": f"For {typed}"} | typed)

    assert save().status_code == 302
    at_home.refresh_from_db()
    assert (lead.applicants.get().date_of_birth, at_home.address_line) == (BORN, LINE)
    assert save(**{name: "24/11/1984", line: "1 Other Road"}).status_code == 302
    at_home.refresh_from_db()
    assert (lead.applicants.get().date_of_birth, at_home.address_line) == (date(1984, 11, 24), "1 Other Road")
    for wrong in ("soon", "••/11/1984"):
        assert "valid date" in save(**{name: wrong}).content.decode()
    assert lead.applicants.get().date_of_birth == date(1984, 11, 24)
    assert save(**{name: "-"}).status_code == 302
    assert lead.applicants.get().date_of_birth is None


# How many -------------------------------------------------------------------------------------------------------


def seen(lead: Lead, officer: Officer, times: int, minutes_ago: int = 0) -> None:
    masked = reveals.find(officer, "lead", lead.pk, "primary_mobile")
    assert masked is not None
    for _ in range(times):
        reveals.reveal(masked, officer, Why("call", "A call"))
    then = timezone.now() - timedelta(minutes=minutes_ago)
    Reveal.objects.filter(officer=officer).update(created_at=then)


def test_the_thirty_first_within_an_hour_is_refused_and_operations_are_told(desk, officer, lead, settings):
    settings.OPERATIONS_EMAIL = ["operations@lender.example"]
    seen(lead, officer, 30)
    page = desk.post(url(lead), WHY).content.decode()
    assert "as much unmasked as anybody may within an hour" in page
    assert lead.applicants.all()[0].pan_no not in page
    assert Reveal.objects.count() == 30
    notice = Notice.objects.get()
    assert (notice.kind, notice.subject, notice.connection) == ("reveals", officer.username, None)
    assert notices.tell() == 1
    assert officer.username not in mail.outbox[0].body
    desk.post(url(lead), WHY)
    assert Notice.objects.get().seen == 2
    listed = desk.get(reverse("admin:crm_integrations_notice_changelist")).content.decode()
    assert "Too many reveals" in listed


def test_the_notice_has_a_page_and_is_put_away(desk, officer, lead):
    seen(lead, officer, 30)
    desk.post(url(lead), WHY)
    notice = Notice.objects.get()
    assert (
        officer.username
        in desk.get(reverse("admin:crm_integrations_notice_change", args=[notice.pk])).content.decode()
    )
    desk.post(reverse("admin:crm_integrations_notice_put_away", args=[notice.pk]))
    notice.refresh_from_db()
    assert notice.closed_by == officer


def test_an_hour_later_it_is_shown_again(desk, officer, lead):
    seen(lead, officer, 30, minutes_ago=61)
    assert lead.applicants.all()[0].pan_no in desk.post(url(lead), WHY).content.decode()


def test_each_officer_is_counted_alone(officer, lead):
    seen(lead, people.officer("ravi"), 30)
    seen(lead, officer, 1)
    assert reveals.left_for(officer) == 29


@pytest.mark.django_db(transaction=True)
def test_calls_at_the_same_time_are_exactly_thirty(officer, lead):
    seen(lead, officer, 24)
    masked = reveals.find(officer, "lead", lead.pk, "primary_mobile")

    refused = together(*[lambda: reveals.reveal(masked, officer, Why("call", "A call"))] * 12)
    assert [type(each) for each in refused] == [TooManyReveals] * 6
    assert Reveal.objects.count() == 30
    assert Notice.objects.get().seen == 6


def test_the_log_is_for_reading_and_as_far_as_the_reach_goes(desk, officer, lead):
    seen(lead, officer, 1)
    log = reverse("admin:leadops_reveal_changelist")
    assert lead.reference in desk.get(log).content.decode()
    assert desk.get(reverse("admin:leadops_reveal_add")).status_code == 403
    clerk: Client = people.clerk("view_reveal", "view_lead")
    assert lead.reference in clerk.get(log).content.decode()
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.BRANCHES)
    assert lead.reference not in clerk.get(log).content.decode()
