"""Reports by mail: on their day, once, and within what the officer may see at that moment."""

from __future__ import annotations

import io
import threading
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops import ids
from leadops.models import AuditEvent, Lead, Officer, ReportSubscription
from leadops.reports import catalogue
from leadops.reports.asked import Asked
from leadops.services import report_days, report_mails
from tests import patience, people

YESTERDAY = timedelta(days=1)
CONVERSION = catalogue.REPORTS["conversion"]


@pytest.fixture
def kavya(db) -> Officer:
    kavya = people.officer("kavya", superuser=False)
    people.give(kavya, "view_reports", "view_lead")
    return Officer.objects.get(pk=kavya.pk)


@pytest.fixture
def leads_of_yesterday(partner, other_partner, program) -> list[Lead]:
    partner.branch = people.branch("pune")
    with ids.made_at(timezone.now() - YESTERDAY):
        found = people.leads_of(partner, program, 3) + people.leads_of(other_partner, program, 2)
    report_days.refresh()
    return found


def asked_for(officer: Officer, **fields: Any) -> ReportSubscription:
    """A subscription that is due."""
    today = timezone.localdate()
    asked = Asked(officer, today - timedelta(days=6), today, "partner")
    found = report_mails.subscribe(asked, CONVERSION, "daily", 8, people.REASON)
    ReportSubscription.objects.filter(pk=found.pk).update(
        due_at=timezone.now() - timedelta(minutes=1), **fields
    )
    return ReportSubscription.objects.get(pk=found.pk)


def rows_sent() -> list[tuple[Any, ...]]:
    [sent] = mail.outbox
    [(name, content, _kind)] = sent.attachments
    assert name.endswith(".xlsx")
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[-1].iter_rows(values_only=True))


@pytest.mark.parametrize(
    ("rhythm", "after", "due"),
    [
        ("daily", (2026, 11, 21, 7, 59), (2026, 11, 21, 8, 0)),
        ("daily", (2026, 11, 21, 8, 0), (2026, 11, 22, 8, 0)),
        ("weekly", (2026, 11, 21, 9, 0), (2026, 11, 23, 8, 0)),
        ("weekly", (2026, 11, 23, 8, 0), (2026, 11, 30, 8, 0)),
        ("monthly", (2026, 11, 21, 9, 0), (2026, 12, 1, 8, 0)),
        ("monthly", (2026, 12, 31, 9, 0), (2027, 1, 1, 8, 0)),
    ],
)
def test_a_report_is_due_on_its_day_at_its_hour(rhythm, after, due):
    moment = timezone.make_aware(datetime(*after))
    assert report_mails.next_due(rhythm, 8, moment) == timezone.make_aware(datetime(*due))


def test_a_due_report_goes_out_with_its_workbook_and_is_due_next_day(kavya, leads_of_yesterday):
    subscription = asked_for(kavya)
    assert report_mails.send_due() == 1
    assert mail.outbox[0].to == ["kavya@lender.example"]
    assert mail.outbox[0].subject == "leadops: Conversion"
    assert {(row[0], row[1]) for row in rows_sent()[1:]} == {
        ("Sunrise Finserv", 3), ("Moonlight Credit", 2), ("All", 5)
    }  # fmt: skip
    subscription.refresh_from_db()
    assert subscription.due_at == report_mails.next_due("daily", 8, timezone.now())
    assert subscription.sent_at is not None
    assert report_mails.send_due() == 0
    event = AuditEvent.objects.select_related("act").get(action=AuditEvent.Action.DOWNLOADED)
    assert (event.record, event.act.reason) == (str(subscription.pk), people.REASON)
    assert event.act.on_behalf_of == f"officer {kavya}"


def test_the_reach_at_the_time_of_sending_counts(kavya, leads_of_yesterday):
    asked_for(kavya)
    Officer.objects.filter(pk=kavya.pk).update(reach=Officer.Reach.BRANCHES)
    kavya.branches.set([people.branch("pune")])
    report_mails.send_due()
    assert [row[:2] for row in rows_sent()[1:]] == [("Sunrise Finserv", 3), ("All", 3)]


@pytest.mark.parametrize(
    "lost", [{"is_active": False}, {"email": ""}], ids=["deactivated", "without an address"]
)
def test_who_may_not_get_it_any_more_gets_nothing(lost, kavya, leads_of_yesterday):
    subscription = asked_for(kavya)
    Officer.objects.filter(pk=kavya.pk).update(**lost)
    assert report_mails.send_due() == 0
    assert mail.outbox == []
    subscription.refresh_from_db()
    assert subscription.trouble
    assert subscription.due_at > timezone.now() + timedelta(minutes=1)


def test_a_right_that_was_taken_away_ends_the_mails(kavya, leads_of_yesterday):
    subscription = asked_for(kavya)
    people.give(kavya, "view_lead")
    assert report_mails.send_due() == 0
    subscription.refresh_from_db()
    assert subscription.trouble == "You may not read this report any more."


def test_nothing_of_a_borrower_is_in_the_mail(kavya, leads_of_yesterday):
    asked_for(kavya)
    report_mails.send_due()
    text = mail.outbox[0].body + str(rows_sent())
    for lead in leads_of_yesterday:
        applicant = lead.applicants.get()
        assert not [
            each for each in (applicant.name, applicant.pan_no, lead.primary_mobile) if each and each in text
        ]


def test_a_mail_server_that_is_away_is_tried_again_within_the_hour(kavya, leads_of_yesterday, monkeypatch):
    subscription = asked_for(kavya)
    with monkeypatch.context() as patch:
        patch.setattr(mail.EmailMessage, "send", lambda self: (_ for _ in ()).throw(ConnectionRefusedError()))
        assert report_mails.send_due() == 0
    subscription.refresh_from_db()
    assert timezone.now() < subscription.due_at <= timezone.now() + report_mails.LEASE
    ReportSubscription.objects.update(due_at=timezone.now())
    assert report_mails.send_due() == 1
    subscription.refresh_from_db()
    assert subscription.trouble == ""


def test_one_report_that_can_t_be_made_holds_up_no_other(kavya, leads_of_yesterday):
    broken, good = asked_for(kavya), asked_for(kavya)
    ReportSubscription.objects.filter(pk=broken.pk).update(
        filters={"days": "many"}, due_at=timezone.now() - timedelta(hours=1)
    )
    assert report_mails.send_due() == 1
    broken.refresh_from_db()
    good.refresh_from_db()
    assert broken.trouble.startswith("It could not be made.")
    assert good.sent_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_clocks_that_ring_at_once_only_one_sends(kavya, leads_of_yesterday, monkeypatch):
    asked_for(kavya)
    both_have_read, sent = threading.Barrier(2), []
    claim = report_mails._claim

    def claimed_together(subscription: ReportSubscription) -> datetime | None:
        both_have_read.wait(patience.SECONDS)
        return claim(subscription)

    def run() -> None:
        sent.append(report_mails.send_due())
        connections.close_all()

    monkeypatch.setattr(report_mails, "_claim", claimed_together)
    threads = [threading.Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(patience.SECONDS)
    assert sorted(sent) == [0, 1]
    assert len(mail.outbox) == 1


# On the pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_the_desk(kavya) -> Client:
    client = Client()
    client.force_login(kavya)
    return client


def test_an_officer_asks_for_a_report_sees_it_listed_and_ends_it(kavya, at_the_desk, leads_of_yesterday):
    url = reverse("admin:report", args=["conversion"]) + "?by=program"
    page = at_the_desk.post(
        url, {"rhythm": "monthly", "hour": "7", "reason": people.REASON}, follow=True
    ).content.decode()
    assert "On the first of the month, 07:00" in page
    [subscription] = ReportSubscription.objects.filter(officer=kavya)
    assert (subscription.filters, subscription.reason) == ({"by": "program", "days": 84}, people.REASON)
    page = at_the_desk.post(
        reverse("admin:report_mail_end", args=[subscription.pk]), follow=True
    ).content.decode()
    assert "You get no report by mail." in page
    assert not ReportSubscription.objects.exists()


def test_nobody_ends_another_s_mails(kavya, leads_of_yesterday, desk):
    subscription = asked_for(kavya)
    desk.post(reverse("admin:report_mail_end", args=[subscription.pk]))
    assert ReportSubscription.objects.filter(pk=subscription.pk).exists()


def test_who_has_no_address_is_told_so(kavya, at_the_desk):
    Officer.objects.filter(pk=kavya.pk).update(email="")
    url = reverse("admin:report", args=["conversion"])
    assert (
        "You have no e-mail address here"
        in at_the_desk.post(url, {"rhythm": "daily", "hour": "7", "reason": people.REASON}).content.decode()
    )


def test_an_hour_that_is_none_is_refused(kavya, at_the_desk):
    url = reverse("admin:report", args=["conversion"])
    assert (
        "Select a valid choice" in at_the_desk.post(url, {"rhythm": "daily", "hour": "24"}).content.decode()
    )
    assert not ReportSubscription.objects.exists()
