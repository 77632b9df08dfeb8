"""The pages of reports: who may read them, what every number leads to, and what is in the workbook."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations.models import Connection, Delivery, State
from leadops.models import AuditEvent, Lead, LoanAccount, Officer, Program
from leadops.reports import catalogue
from leadops.services import report_days
from tests import people

SLUGS = ("turnaround", "conversion", "ageing", "refusals")


def page_of(client: Client, slug: str, **query: str) -> str:
    answer = client.get(reverse("admin:report", args=[slug]), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def vendor(db) -> Connection:
    return Connection.objects.create(vendor="ispcrm", name="ISPCRM", base_url="http://127.0.0.1:9")


@pytest.fixture
def road(partner, other_partner, program, vendor) -> list[Lead]:
    """Leads of two partners at every stage, one of them refused."""
    partner.branch = people.branch("pune")
    partner.save()
    found = people.leads_of(partner, program, 5) + people.leads_of(other_partner, program, 2)
    for lead, state in zip(found, (State.DELIVERED, State.DELIVERED, State.REJECTED), strict=False):
        Delivery.objects.create(
            connection=vendor, kind="lead", lead=lead, record_id=lead.pk, version=1, ref="r", state=state,
            cause="HTTP 400: pan … is invalid" if state == State.REJECTED else "",
            delivered_at=timezone.now() if state == State.DELIVERED else None,
        )  # fmt: skip
    Lead.objects.filter(pk=found[0].pk).update(status=Lead.Status.APPROVED)
    LoanAccount.objects.create(program=program, lead=found[0], ref_id="A1")
    report_days.refresh()
    return found


def linked(page: str) -> list[tuple[int, str]]:
    """The numbers of a page that lead to a list, with its address."""
    found = re.findall(r'<td class="lo-figure"><a class="lo-link" href="([^"]+)">([\d,]+)</a>', page)
    return [(int(count.replace(",", "")), unescape(url)) for url, count in found]


@pytest.mark.parametrize(
    ("slug", "query"),
    [
        ("turnaround", {}),
        ("conversion", {"by": "partner"}),
        ("conversion", {"by": "program"}),
        ("conversion", {"by": "branch"}),
        ("ageing", {"by": "owner"}),
        ("ageing", {"by": "branch"}),
        ("refusals", {}),
    ],
)
def test_every_number_leads_to_exactly_its_rows(slug, query, desk, road):
    numbers = linked(page_of(desk, slug, **query))
    assert numbers
    for count, url in numbers:
        assert desk.get(url).context["cl"].result_count == count, url


def test_conversion_says_how_far_the_leads_of_each_partner_came(desk, road):
    page = page_of(desk, "conversion")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", page, re.DOTALL)
    said = {name: re.findall(r">(\d[^<]*)<", cells) for name, cells in rows}
    assert said["Sunrise Finserv"] == ["5", "3", "60 %", "2", "40 %", "1", "20 %", "1", "20 %"]
    assert said["Moonlight Credit"] == ["2", "0", "0 %", "0", "0 %", "0", "0 %", "0", "0 %"]


def test_filters_narrow_a_report(desk, road, other_partner):
    page = page_of(desk, "conversion", partner=str(other_partner.pk))
    assert "Moonlight Credit</th>" in page
    assert "Sunrise Finserv</th>" not in page
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert "There is nothing to count" in page_of(desk, "conversion", first=yesterday, last=yesterday)


def test_days_that_make_no_period_are_said_at_their_field(desk, road):
    assert "The last day lies before the first." in page_of(
        desk, "conversion", first="2026-05-02", last="2026-05-01"
    )
    assert "At most two years at a time." in page_of(
        desk, "turnaround", first="2020-05-02", last="2026-05-01"
    )
    assert "Enter a valid date, as 21/11/2026 or 2026-11-21." in page_of(desk, "turnaround", first="soon")


def officer_of(branch: str, *rights: str) -> Client:
    client = people.clerk("view_reports", "view_lead", "view_delivery", *rights)
    clerk = Officer.objects.get(username="clerk")
    clerk.reach = Officer.Reach.BRANCHES
    clerk.save()
    clerk.branches.set([people.branch(branch)])
    return client


@pytest.mark.parametrize("slug", SLUGS)
def test_an_officer_of_another_branch_reads_nothing(slug, road):
    assert "There is nothing to count" in page_of(officer_of("kochi"), slug)
    assert "There is nothing to count" not in page_of(officer_of("pune"), slug)


def test_narrowing_to_another_s_branch_is_refused(road):
    page = page_of(officer_of("kochi"), "conversion", branch=str(people.branch("pune").pk))
    assert "Select a valid choice" in page
    assert "Sunrise" not in page


@pytest.mark.parametrize("slug", SLUGS)
def test_own_reach_counts_own_leads_alone(slug, road):
    client = officer_of("kochi")
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.OWN)
    assert "There is nothing to count" in page_of(client, slug)
    Lead.objects.filter(pk=road[2].pk).update(owner=Officer.objects.get(username="clerk"))
    numbers = linked(page_of(client, slug))
    assert numbers
    assert {count for count, _url in numbers} <= {1}


def test_who_has_no_right_reads_none(road):
    client = people.clerk("view_lead")
    assert client.get(reverse("admin:reports")).status_code == 403
    for slug in SLUGS:
        assert client.get(reverse("admin:report", args=[slug])).status_code == 403
        assert client.get(reverse("admin:report_workbook", args=[slug])).status_code == 403


def test_refusals_need_the_right_to_see_deliveries(road):
    client = people.clerk("view_reports", "view_lead")
    assert client.get(reverse("admin:report", args=["refusals"])).status_code == 403
    assert "refusals" not in client.get(reverse("admin:reports")).content.decode()


def test_what_was_taken_after_all_is_refused_no_more_as_its_report_says(desk, road):
    assert "Still refused" in page_of(desk, "refusals")
    Delivery.objects.filter(state=State.REJECTED).update(state=State.DELIVERED, cause="")
    page = page_of(desk, "refusals")
    assert "There is nothing to count" in page
    assert "What was sent again and delivered is not counted any more." in page


def book_of(client: Client, slug: str, **query: str) -> openpyxl.Workbook:
    url = f"{reverse('admin:report_workbook', args=[slug])}?{urlencode(query)}"
    answer = client.post(url, {"reason": people.REASON})
    assert "no-store" in answer["Cache-Control"]
    content = b"".join(answer.streaming_content)
    return openpyxl.load_workbook(io.BytesIO(content))


def sheets(client: Client, slug: str, **query: str) -> dict[str, list[tuple[Any, ...]]]:
    book = book_of(client, slug, **query)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_a_workbook_says_what_the_page_says(desk, road):
    rows = sheets(desk, "conversion")["In numbers"]
    assert rows[0][:2] == ("Partner", "Leads")
    assert rows[1][:4] == ("Sunrise Finserv", 5, 3, 60)
    assert rows[-1][:2] == ("All", 7)


def test_that_a_workbook_was_taken_is_an_event(desk, road, partner):
    book_of(desk, "conversion", partner=str(partner.pk))
    event = AuditEvent.objects.select_related("act").latest("id")
    assert (event.action, event.model) == ("downloaded", "leadops.reportday")
    assert event.act.reason == people.REASON
    assert event.act.who == "officer asha"
    assert (event.changes["report"], event.changes["partner"]) == ("conversion", str(partner.pk))
    assert set(event.changes) == {"report", "partner", "first", "last"}
    found = desk.get(reverse("admin:leadops_auditevent_changelist"), {"model": "leadops.reportday"})
    assert "Downloaded: report day" in found.content.decode()


@pytest.mark.parametrize("slug", SLUGS)
def test_no_workbook_holds_anything_of_a_borrower(slug, desk, road):
    text = str(sheets(desk, slug))
    applicants = [lead.applicants.get() for lead in road]
    secrets = [each for one in applicants for each in (one.name, one.pan_no)] + [
        each.primary_mobile for each in road
    ]
    assert not [secret for secret in secrets if secret and secret in text]


def test_a_name_that_begins_like_a_formula_stays_text(desk, road, partner):
    partner.name = "=HYPERLINK(1)"
    partner.save()
    cell = book_of(desk, "conversion")["In numbers"]["A2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_report_asks_the_same_few_questions_however_much_there_is(
    slug, desk, road, django_assert_max_num_queries
):
    page_of(desk, slug)
    with django_assert_max_num_queries(14):
        page_of(desk, slug)


def test_every_report_has_a_chart_named_and_a_table_beside_it(desk, road):
    for slug in catalogue.REPORTS:
        page = page_of(desk, slug)
        assert page.count('<svg class="lo-chart"') == page.count('role="img" aria-label') >= 1
        assert page.count("lo-report-table") >= 1


def test_reports_stand_in_the_menu_of_who_may_read_them(desk, road):
    assert reverse("admin:reports") in desk.get(reverse("admin:index")).content.decode()
    assert (
        reverse("admin:reports") not in people.clerk("view_lead").get(reverse("admin:index")).content.decode()
    )


def test_a_program_without_leads_is_in_no_line(desk, road):
    Program.objects.create(code="idle", name="Idle program", product_type="scf")
    assert "Idle program</th>" not in page_of(desk, "conversion", by="program")
