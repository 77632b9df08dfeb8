"""What leaves the desk in the language of who gets it: mails, the template, the workbook of refused rows."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from crm_integrations import notices
from crm_integrations.models import Notice
from leadops.audit import heads
from leadops.excel.columns import COLUMNS, REASON_HEADER
from leadops.excel.marks import row_heading
from leadops.models import ImportBatch, ImportRow, Officer, ReportSubscription, Task
from leadops.services import lead_tasks, report_mails, template_workbook
from leadops.services.error_workbooks import error_workbook
from tests import people
from tests.environment import ROOT

pytestmark = pytest.mark.django_db
ENGLISH = re.compile(r"(?:[A-Za-z][a-z'’-]*[,;:.]? ){2,}[A-Za-z][a-z'’-]*")


@pytest.fixture
def meera() -> Officer:
    """She reads Hindi."""
    found = people.officer("meera")
    found.language = "hi"
    found.save()
    return found


def in_hindi() -> list[str]:
    """The mails in which nothing is English; each by whom it went to."""
    return [
        address for each in mail.outbox for address in each.to
        if re.search("[\u0900-\u097f]", each.subject) and not ENGLISH.search(each.subject + "\n" + str(each.body))
    ]  # fmt: skip


def test_each_officer_is_mailed_of_tasks_in_their_own_language(meera, officer, partner, program, settings):
    settings.TASK_MAIL = True
    [lead] = people.leads_of(partner, program)
    for owner in (meera, officer):
        Task.objects.create(lead=lead, owner=owner, title="Call", due_at=timezone.now() - timedelta(hours=1))
    assert lead_tasks.remind() == 2
    assert in_hindi() == [meera.email]
    assert [each.subject for each in mail.outbox if each.to == [officer.email]] == ["leadops: a task is due"]


def test_a_report_comes_in_the_language_its_officer_reads_now(meera, partner, program):
    ReportSubscription.objects.create(
        officer=meera, report="turnaround", language="en-gb", due_at=timezone.now() - timedelta(minutes=1),
        filters={"by": "program", "days": 7},
    )  # fmt: skip
    assert report_mails.send_due() == 1
    assert in_hindi() == [meera.email]


def test_why_a_report_was_not_sent_is_read_in_hindi(meera):
    Officer.objects.filter(pk=meera.pk).update(email="")
    subscription = ReportSubscription.objects.create(
        officer=meera, report="turnaround", due_at=timezone.now(), filters={"days": 7}
    )
    assert report_mails.send_due() == 0
    subscription.refresh_from_db()
    assert subscription.trouble == "You have no e-mail address here."
    page = signed_in(meera).get(reverse("admin:reports")).content.decode()
    assert "You have no" not in page
    assert "ई-मेल पता नहीं है" in page


def test_operations_are_mailed_of_troubles_each_in_their_language(meera, settings):
    settings.OPERATIONS_EMAIL = [meera.email, "night-watch@lender.example"]
    for subject in ("one", "two"):
        notices.raise_notice(None, Notice.Kind.POISON, "It does not answer.", subject)
    assert notices.tell() == 2
    assert in_hindi() == [meera.email]
    assert sorted(each.to for each in mail.outbox) == [[meera.email], ["night-watch@lender.example"]]
    assert notices.tell() == 0


def test_the_seal_of_the_audit_is_mailed_in_the_language_of_who_keeps_it(meera, settings):
    settings.AUDIT_EMAIL = [meera.email]
    heads._mail("2026-11-21 17 abcdef")
    assert in_hindi() == [meera.email]
    assert "2026-11-21 17 abcdef" in mail.outbox[0].body


def signed_in(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def test_the_template_is_explained_in_the_reader_s_language_and_has_the_same_headers(meera, officer):
    url = reverse("admin:help", args=["samples/template.xlsx"])
    english, hindi = (
        openpyxl.load_workbook(io.BytesIO(signed_in(who).get(url).content)) for who in (officer, meera)
    )
    assert [cell.value for cell in hindi["Leads"][1]] == [column.header for column in COLUMNS]
    assert list(hindi["Choices"].values) == list(english["Choices"].values)
    words = [str(row[1]) for row in hindi["Columns"].iter_rows(values_only=True)]
    assert [each for each in words if not re.search("[\u0900-\u097f]", each)] == ["name@example.com."]
    assert english["Columns"]["B1"].value == "What goes in"


def test_the_kept_template_in_hindi_is_what_the_code_writes():
    stream = io.BytesIO()
    with translation.override("hi"):
        template_workbook.write(stream)
    assert stream.getvalue() == (ROOT / "docs" / "samples" / "template.hi.xlsx").read_bytes()


def test_refused_rows_come_with_their_reasons_in_hindi(meera, partner, program):
    batch = ImportBatch.objects.create(
        partner=partner, program=program, file_name="leads.xlsx", sha256="ab", uploaded_by=meera,
        state=ImportBatch.State.DONE, columns=["Mobile", "Name"], rows=1, failed=1,
    )  # fmt: skip
    wrong = "This is not a mobile number that can be called; check its digits and country code."
    problem = {"column": "Mobile", "letter": "A", "cell": "A2", "code": "invalid_mobile", "message": wrong}
    problem |= {"severity": "error"}
    ImportRow.objects.create(
        batch=batch, number=2, lead_row=2, cells='["98", "Asha"]', outcome=ImportRow.Outcome.FAILED, problems=[problem]
    )  # fmt: skip
    with translation.override("hi"), error_workbook(batch) as file:
        header, row = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
    assert header == ("Mobile", "Name", REASON_HEADER, row_heading(batch.pk))
    assert row[2].startswith("Mobile: ")
    assert not ENGLISH.search(row[2])
