"""Notices: one for each trouble, closed when it is over, mailed once, without what vendors or people said."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail

from crm_integrations import delivery as engine
from crm_integrations import notices, outbox, tasks
from crm_integrations.models import Connection, Delivery, Notice, State
from leadops import mails
from leadops.services import leads
from tests import people
from tests.crm_integrations import holding

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Notice.Kind


@pytest.fixture
def isp(db) -> Connection:
    return holding.connect("isp")


@pytest.fixture
def operations(settings) -> str:
    settings.OPERATIONS_EMAIL = ["ops@example.com"]
    return "ops@example.com"


def test_a_trouble_that_goes_on_is_counted_and_not_told_anew(isp):
    for times in range(3):
        notices.raise_notice(isp, Kind.SLOWED, f"Slow, {times}.")
    notice = Notice.objects.get()
    assert (notice.seen, notice.text, notice.closed_at) == (3, "Slow, 2.", None)


def test_of_eight_that_raise_it_at_once_one_notice_is_left(isp):
    holding.at_once(8, lambda: notices.raise_notice(isp, Kind.BREAKER, "Away."))
    assert Notice.objects.get().seen == 8


def test_other_subjects_and_connections_are_other_troubles(isp):
    other = holding.connect("other")
    for connection, subject in ((isp, "NEW"), (isp, "OLD"), (other, "NEW")):
        notices.raise_notice(connection, Kind.NEW_STATUS, "A word we don't know.", subject=subject)
    assert notices.close(isp, Kind.NEW_STATUS, subject="NEW")
    assert not notices.close(isp, Kind.NEW_STATUS, subject="NEW")
    left = Notice.objects.filter(closed_at=None).values_list("connection__name", "subject")
    assert set(left) == {("isp", "OLD"), ("other", "NEW")}


def test_what_comes_back_after_it_was_closed_is_a_notice_of_its_own(isp):
    for _ in range(2):
        notices.raise_notice(isp, Kind.BREAKER, "Away.")
        notices.close(isp, Kind.BREAKER)
    assert Notice.objects.count() == 2


def test_operations_are_mailed_once(isp, operations):
    notices.raise_notice(isp, Kind.BREAKER, "Five calls failed.")
    notices.raise_notice(isp, Kind.NEW_STATUS, "A word we don't know.", subject="Asha Verma called")
    tasks.tell_operations()
    tasks.tell_operations()
    [sent] = mail.outbox
    assert sent.to == [operations]
    assert sent.subject == "leadops: isp: Vendor does not answer and 1 more"
    assert "Five calls failed." in sent.body
    assert "Asha" not in sent.body
    notices.raise_notice(isp, Kind.BREAKER, "Still away.")
    tasks.tell_operations()
    assert len(mail.outbox) == 1


def test_what_is_over_before_the_mail_goes_is_not_mailed(isp, operations):
    notices.raise_notice(isp, Kind.BREAKER, "Away.")
    notices.close(isp, Kind.BREAKER)
    assert notices.tell() == 0
    assert mail.outbox == []


def test_without_an_address_nobody_is_mailed(isp, settings):
    settings.OPERATIONS_EMAIL = []
    notices.raise_notice(isp, Kind.BREAKER, "Away.")
    assert notices.tell() == 0
    assert Notice.objects.get().told_at is None


def test_a_mail_that_does_not_go_is_tried_again(isp, operations, monkeypatch, caplog):
    notices.raise_notice(isp, Kind.BREAKER, "Away.")

    def refuse(*args: object) -> None:
        raise SMTPServerDisconnected("password hush")

    with monkeypatch.context() as patch:
        patch.setattr(mails, "send_mail", refuse)
        assert notices.tell() == 0
    assert "hush" not in caplog.text
    assert notices.tell() == 1
    assert len(mail.outbox) == 1


def test_refused_credentials_pause_the_connection_and_say_so(partner, program):
    with holding.vendor() as vendor:
        isp = holding.connect("isp", vendor.url)
        leads.submit(people.leads_of(partner, program, 5))
        vendor.status = 401
        engine.drain()
        assert len(vendor.seen) == 1
    isp.refresh_from_db()
    assert isp.paused
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.QUEUED}
    notice = Notice.objects.get()
    assert (notice.kind, notice.closed_at) == (Kind.PAUSED, None)
    outbox.resume(isp)
    notice.refresh_from_db()
    assert notice.closed_at is not None
