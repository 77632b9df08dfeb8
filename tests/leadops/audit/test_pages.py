"""A record's history, and the search over all events."""

from __future__ import annotations

import csv
import io
import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm_integrations.models import Connection
from leadops import statements
from leadops.audit import settings as audit_settings
from leadops.audit.acting import acting
from leadops.models import Applicant, Lead, Officer
from leadops.services import audit_search
from tests import people

SEARCH = reverse("admin:leadops_auditevent_changelist")
CSV = reverse("admin:leadops_auditevent_csv")


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


def page(client, url, **query) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_history_of_a_lead_tells_of_all_that_belongs_to_it(desk, lead):
    person = lead.applicants.get()
    with acting(reason="They moved"):
        person.addresses.update(city="Pune")
    person.pan_no = "ABCPV9999L"
    person.save()
    Lead.objects.update(loan_amount=5)
    person.banks.all().delete()
    shown = page(desk, reverse("admin:leadops_lead_history", args=[lead.pk]))
    for text in ("→ Pune", "“They moved”", "Changed: address", "sealed value changed", "→ 5.00"):
        assert text in shown
    assert "Deleted: bank" in shown
    assert "Added" in shown
    assert "ABCPV9999L" not in shown
    assert r"\x" not in shown


def test_what_a_deleted_applicant_had_still_belongs_to_the_lead(lead, officer):
    person = lead.applicants.get()
    person.delete()
    told = {(each.deed, each.what) for each in audit_search.history(lead, officer, None, 50)}
    assert {("Deleted", "applicant"), ("Deleted", "address"), ("Deleted", "bank")} <= told
    assert ("Added", "lead") in told


def test_foreign_keys_and_choices_are_told_in_words(lead, officer):
    Lead.objects.update(owner=officer, status=Lead.Status.DROPPED)
    [told] = [each for each in audit_search.history(lead, officer, None, 50) if each.deed == "Changed"]
    assert {(each.field, each.before, each.after) for each in told.changes} == {
        ("Owner", "—", "asha"),
        ("Status", "Draft", "Dropped"),
    }


def test_an_event_whose_key_is_none_is_told_all_the_same(lead, officer):
    noted = "SELECT leadops_audit_note('download', 'leadops.lead', %s, NULL, %s)"
    statements.rows(noted, [str(lead.pk), '{"partner_id": "sunrise"}'])
    told = audit_search.history(lead, officer, None, 1)[0]
    assert [(each.field, each.after) for each in told.changes] == [("Partner", "sunrise")]


def test_every_audited_record_of_the_desk_has_its_history(desk, partner, program, officer):
    there = Connection.objects.create(vendor="ispcrm", name="isp", base_url="https://vendor.example")
    there.base_url = "https://other.example"
    there.secrets = {"token": "very secret"}
    there.save()
    shown = page(desk, reverse("admin:crm_integrations_connection_history", args=[there.pk]))
    assert "https://vendor.example → https://other.example" in shown
    assert "sealed value changed" in shown
    assert "very secret" not in shown
    for record in (partner, program, officer):
        url = reverse(f"admin:leadops_{record._meta.model_name}_history", args=[record.pk])
        assert "Added" in page(desk, url)


def test_a_history_is_paged_by_where_the_last_page_ended(desk, partner, monkeypatch):
    monkeypatch.setattr("leadops.admin.record_history.A_PAGE", 3)
    for number in range(6):
        partner.name = f"Name {number}"
        partner.save()
    url = reverse("admin:leadops_partner_history", args=[partner.pk])
    first = page(desk, url)
    assert "→ Name 5" in first
    assert "→ Name 2" not in first
    older = first.partition('href="?before=')[2].partition('"')[0]
    second = page(desk, url, before=older)
    assert "→ Name 3" not in second
    assert "→ Name 0" in second
    assert "→ Name 5" in page(desk, url, before="rubbish")


def test_a_stranger_to_the_record_does_not_see_its_history(lead):
    clerk = people.clerk("view_lead")
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.OWN)
    url = reverse("admin:leadops_partner_history", args=[lead.partner_id])
    assert clerk.get(url).status_code == 403


@pytest.fixture
def several(desk, partner, lead, officer):
    """Events of three kinds, by two."""
    desk.post(
        reverse("admin:leadops_branch_add"),
        {"name": "Pune", "code": "pune"},
        headers={"X-Request-Id": "request-1"},
    )
    Applicant.objects.update(business_type="=HYPERLINK(1)")


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ({}, "officer asha", "no such"),
        ({"who": "asha"}, "Added: branch", "Changed: applicant"),
        ({"who": "officer as"}, "Added: branch", "Changed: applicant"),
        ({"who": "ravi"}, "Nothing found", "Added: branch"),
        ({"model": "leadops.branch"}, "Added: branch", "Changed: applicant"),
        ({"action": "update"}, "Changed: applicant", "Added: branch"),
        ({"request_id": "request-1"}, "Added: branch", "Changed: applicant"),
        ({"first": "2001-01-01", "last": "2001-01-02"}, "Nothing found", "Added: branch"),
        ({"first": "2001-01-01", "last": "2100-01-01"}, "Added: branch", "Nothing found"),
        ({"first": "rubbish"}, "Enter a valid date", "Added: branch"),
    ],
)
def test_events_are_found(desk, several, query, found, not_found):
    shown = page(desk, SEARCH, **query)
    assert found in shown
    assert not_found not in shown


def test_a_record_is_found_by_its_id(desk, lead, several):
    shown = page(desk, SEARCH, record=str(lead.pk))
    assert "Added: lead" in shown
    assert "Added: branch" not in shown


def test_the_csv_holds_what_was_found_and_no_formula(desk, several, events):
    answer = desk.post(f"{CSV}?action=update", {"reason": people.REASON})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0][0] == "when"
    assert ["Business type", "'=HYPERLINK(1)"] in [[row[9], row[11]] for row in rows]
    [event] = events(action="exported")
    assert (event.act.who, event.act.reason) == ("officer asha", people.REASON)
    assert event.changes == {"action": "update"}


@pytest.mark.parametrize("url", [SEARCH, CSV])
def test_only_who_has_the_right_and_sees_all_leads_searches(db, url):
    assert people.clerk("view_lead").get(url).status_code == 403
    clerk = people.clerk("view_auditevent")
    assert clerk.get(url).status_code == 200
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.BRANCHES)
    assert clerk.get(url).status_code == 403


def test_events_are_neither_added_nor_changed_on_a_page(desk, db):
    for path in ("add/", "1/change/", "1/delete/"):
        assert desk.get(SEARCH + path).status_code == 404


def test_a_page_costs_as_many_queries_with_many_events(desk, lead, officer):
    def counted() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(desk, SEARCH)
        return len(seen)

    Lead.objects.update(owner=officer)
    few = counted()
    for amount in range(30):
        Lead.objects.update(loan_amount=amount)
    assert counted() == few <= 8


@pytest.mark.parametrize("days", ["0", "365", "a year"])
def test_leadops_does_not_start_where_events_are_kept_for_less_than_a_year(monkeypatch, days):
    """K5."""
    monkeypatch.setenv("AUDIT_KEEP_DAYS", days)
    with pytest.raises(ImproperlyConfigured, match="AUDIT_KEEP_DAYS must be a whole number of at least 366"):
        runpy.run_path(audit_settings.__file__)


def test_a_year_is_enough(monkeypatch):
    monkeypatch.setenv("AUDIT_KEEP_DAYS", "366")
    assert runpy.run_path(audit_settings.__file__)["KEEP_DAYS"] == 366


def test_the_servers_own_clock_stamps_the_events_in_utc_whatever_the_session_says(lead, events):
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'Asia/Kolkata'")
        cursor.execute("UPDATE leadops_lead SET remarks = 'x'")
        cursor.execute("SET TIME ZONE 'UTC'")
    [event] = events(action="update")
    assert event.at.utcoffset().total_seconds() == 0
