"""The first page."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.admin.utils import display_for_value
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from leadops import kept_counts
from leadops.admin import dashboard, pages, queue
from leadops.ids import made_at
from leadops.models import ImportBatch, ImportState, Lead, Officer, Task
from tests import people

HOME = reverse("admin:index")


def home(desk, **asked):
    return desk.get(HOME, asked).context


def stages(context) -> dict[str, queue.Number]:
    return {each["number"].label: each["number"] for each in context["funnel"]["stages"]}


def listed(desk, url: str) -> int:
    return desk.get(url).context["cl"].result_count


@pytest.fixture
def test_lead(partner, program) -> Lead:
    """What a partner's test key wrote."""
    return people.leads_of(partner.make_test_space(), program)[0]


@pytest.fixture
def kavya(db) -> tuple[Client, Officer]:
    """A loan officer of the branch in Pune, and her desk."""
    person = people.officer("kavya", superuser=False)
    people.give(person, "view_lead", "view_importbatch", "view_delivery", "view_connection")
    Officer.objects.filter(pk=person.pk).update(reach=Officer.Reach.BRANCHES)
    person.branches.set([people.branch("pune")])
    client = Client()
    client.force_login(person)
    return client, person


def test_every_number_of_the_funnel_leads_to_the_list_it_counts(desk, many_leads, test_lead):
    Lead.objects.filter(pk__in=[lead.pk for lead in many_leads[:4]]).update(status="approved")
    found = stages(home(desk))
    assert {label: number.count for label, number in found.items() if number.count} == {
        "Approved": 4,
        "Draft": 56,
    }
    for number in found.values():
        assert listed(desk, number.url) == number.count, number.label


def test_funnel_is_that_of_the_program_one_chooses(desk, many_leads, partner):
    other = people.program("gold", "Gold loans")
    people.leads_of(partner.make_test_space(), other, 2)
    Lead.objects.filter(pk=many_leads[0].pk).update(program=other, status="approved")
    of_other = home(desk, program=str(other.pk))
    assert {label: number.count for label, number in stages(of_other).items() if number.count} == {
        "Approved": 1
    }
    assert listed(desk, stages(of_other)["Approved"].url) == 1
    assert stages(home(desk, program="nonsense"))["Draft"].count == 59


def test_test_leads_count_nowhere(desk, test_lead):
    Lead.objects.update(owner=Officer.objects.get(username="asha"))
    context = home(desk)
    assert (context["funnel"]["total"], context["chart"]["total"]) == (0, 0)
    assert not any(number.count for number in context["queue"])


def test_queue_counts_what_is_the_officers_own_and_leads_to_it(desk, officer, many_leads):
    mine = [lead.pk for lead in many_leads[:6]]
    Lead.objects.filter(pk__in=mine).update(owner=officer, status="in_review")
    Lead.objects.filter(pk__in=mine[:2]).update(sync_status="needs_person", status="submitted")
    Lead.objects.filter(pk=many_leads[9].pk).update(owner=people.officer("ravi"), status="in_review")
    found = {number.label: number for number in home(desk)["queue"]}
    counts = {label: number.count for label, number in found.items() if number.count}
    assert counts == {"Your leads in review": 4, "Your leads, delivery stuck": 2}
    for number in found.values():
        if "/lead/" in number.url:
            assert listed(desk, number.url) == number.count, number.label


def test_what_is_overdue_and_what_is_due_today_are_two_numbers_that_lead_to_exactly_those(
    desk, officer, many_leads, monkeypatch
):
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    desk.force_login(officer)  # by that clock: early in the morning noon is later than a session lasts
    hours = {"overdue": [-30, -1, -0.5], "today": [1, 6], "later": [13, 40, 50, 60]}
    for lead, hour in zip(many_leads, [hour for each in hours.values() for hour in each], strict=False):
        due_at = noon + timedelta(hours=hour)
        Lead.objects.filter(pk=lead.pk).update(owner=officer, due_at=due_at)
        Task.objects.create(lead=lead, owner=officer, title=f"{hour} h", due_at=due_at)
    found = {number.label: number for number in home(desk)["queue"]}
    told = {label: found[label].count for label in found if "due" in label}
    assert told == {
        "Your tasks, overdue": 3,
        "Your tasks, due today": 2,
        "Your leads, overdue": 3,
        "Your leads, due today": 2,
    }
    for words, of_which in (("overdue", "overdue"), ("due today", "today")):
        assert listed(desk, found[f"Your leads, {words}"].url) == len(hours[of_which])
        parts = desk.get(found[f"Your tasks, {words}"].url).context["parts"]
        shown = [task.title for _title, _tone, tasks in parts for task in tasks]
        assert shown == [f"{hour} h" for hour in hours[of_which]]


def test_queue_counts_imports_that_ask_the_officer(desk, officer, partner, program):
    for name, whose, state in (("a", officer, "ready"), ("b", None, "ready"), ("c", officer, "done")):
        ImportBatch.objects.create(
            partner=partner, program=program, file_name=name, sha256=name * 64, uploaded_by=whose, state=state
        )
    [number] = [each for each in home(desk)["queue"] if "imports" in each.label]
    assert (number.count, listed(desk, number.url)) == (1, 1)


def test_whoever_knows_of_something_that_waits_adds_it_to_the_queue(desk, many_leads, monkeypatch):
    def tasks(request):
        yield queue.Counted("Due today", Lead.objects.filter(pk=many_leads[0].pk), "/admin/leadops/lead/?x=1")

    monkeypatch.setattr(queue, "_providers", [])
    queue.provider(tasks)
    [number] = home(desk)["queue"]
    assert (number.label, number.words, number.url) == ("Due today", "1", "/admin/leadops/lead/?x=1")


def test_officer_of_a_branch_finds_its_leads_alone_in_every_number(kavya, many_leads):
    client, person = kavya
    Lead.objects.filter(pk__in=[lead.pk for lead in many_leads[:7]]).update(branch=people.branch("pune"))
    Lead.objects.filter(pk=many_leads[8].pk).update(owner=person, status="in_review")
    context = home(client)
    assert (context["funnel"]["total"], context["chart"]["total"]) == (7, 7)
    assert listed(client, stages(context)["Draft"].url) == 7
    assert not any(number.count for number in context["queue"])


def test_first_page_costs_at_most_ten_queries(desk, many_leads, django_assert_max_num_queries):
    home(desk)
    with django_assert_max_num_queries(10):
        home(desk)


def test_first_page_costs_an_officer_of_a_branch_no_more(kavya, many_leads, django_assert_max_num_queries):
    client, _person = kavya
    home(client)
    with django_assert_max_num_queries(10):
        assert "delivery_rows" in home(client)


def test_large_counts_stop_at_the_cap(desk, many_leads, monkeypatch):
    monkeypatch.setattr(pages, "MOST", 50)
    assert stages(home(desk))["Draft"].words == "50+"


def test_chart_counts_the_leads_of_each_day_by_channel_and_each_number_leads_to_them(desk, partner, program):
    for back, intake, count in ((0, "excel", 3), (0, "api", 2), (4, "api", 1), (29, "admin", 1)):
        with made_at(timezone.now() - timedelta(days=back)):
            for draft in people.leads_of(partner, program, count, intake):
                Lead.objects.filter(pk=draft.pk).update(partner_ref_id="")
    with made_at(timezone.now() - timedelta(days=30)):
        people.leads_of(partner, program)
    chart = home(desk)["chart"]
    assert (chart["total"], len(chart["days"])) == (7, 30)
    assert {day.total for day in chart["days"]} == {0, 1, 5}
    links = [(part.url, part.total) for day in chart["days"] for part in day.parts if part.total]
    links += [(day.url, day.total) for day in (chart["days"][0], chart["days"][1], chart["days"][-1])]
    links += [(url, count) for _intake, _label, url, count in chart["intakes"]]
    assert len(links) == 4 + 3 + 3
    for url, count in links:
        assert listed(desk, url) == count, url


def test_a_moment_is_written_in_one_way():
    when = datetime(2026, 11, 21, 8, 35, 9, tzinfo=UTC)  # 14:05 in Kolkata
    assert display_for_value(when, "–") == "21 Nov 2026, 14:05"
    assert display_for_value(when.date(), "–") == "21 Nov 2026"
    written = "{% load moments %}{{ when|date:'DATETIME_FORMAT' }} · {{ when|to_the_second }} · {{ no|to_the_second }}"
    assert Template(written).render(Context({"when": when, "no": None})) == (
        "21 Nov 2026, 14:05 · 21 Nov 2026, 14:05:09 · "
    )


def test_no_page_spells_a_format_of_its_own():
    spelled = re.compile(r"""\|(?:date|time):["'](?!\w+_FORMAT["'])""")
    pages = (settings.BASE_DIR / "templates").rglob("*.html")
    assert not [str(page) for page in pages if spelled.search(page.read_text())]


def test_imports_under_way_are_shown_until_they_are_done(desk, partner, program):
    batch = ImportBatch.objects.create(
        partner=partner, program=program, file_name="june.xlsx", sha256="0" * 64
    )
    assert "june.xlsx" in desk.get(HOME).content.decode()
    for state in ImportBatch.ENDED:
        ImportBatch.objects.filter(pk=batch.pk).update(state=state)
        assert "june.xlsx" not in desk.get(HOME).content.decode()


def test_the_count_of_imports_under_way_leads_to_all_of_them(desk, partner, program):
    for at in range(dashboard.MOST_IMPORTS + 2):
        state = ImportState.READY if at % 2 else ImportState.QUEUED
        ImportBatch.objects.create(
            partner=partner, program=program, file_name=f"{at}.xlsx", sha256=f"{at}" * 64, state=state
        )
    ImportBatch.objects.create(
        partner=partner, program=program, file_name="done.xlsx", sha256="d" * 64, state=ImportState.DONE
    )
    page = desk.get(HOME)
    number = page.context["under_way"]
    assert len(page.context["imports"]) == dashboard.MOST_IMPORTS
    assert f'<a class="lo-link" href="{escape(number.url)}">All 7</a>' in page.content.decode()
    assert listed(desk, number.url) == number.count == dashboard.MOST_IMPORTS + 2
    assert listed(desk, number.url.replace("under_way", "ended")) == 1


def test_our_pages_hold_no_inline_script_or_style_and_load_nothing_from_outside(desk, lead):
    for url in (
        HOME,
        reverse("admin:leadops_lead_change", args=[lead.pk]),
        reverse("admin:leadops_importbatch_add"),
    ):
        page = desk.get(url).content.decode()
        assert 'src="http' not in page
        assert 'rel="stylesheet" href="http' not in page
        assert "<script>" not in page


# What is kept for a minute ------------------------------------------------------------------------------------------


def counting(desk) -> str:
    """The queries of the first page."""
    with CaptureQueriesContext(connection) as queries:
        home(desk)
    return " ".join(query["sql"] for query in queries.captured_queries)


def test_what_is_too_much_to_count_is_not_counted_out_again(desk, many_leads, monkeypatch):
    monkeypatch.setattr(pages, "MOST", 59)
    assert "'stage draft'" in counting(desk)
    assert "'stage draft'" not in counting(desk)
    assert stages(home(desk))["Draft"].count == 60
    Lead.objects.filter(pk=many_leads[0].pk).update(status="approved")
    assert stages(home(desk))["Approved"].count == 1
    later = time.monotonic() + kept_counts.FOR
    monkeypatch.setattr(kept_counts.time, "monotonic", lambda: later)
    assert stages(home(desk))["Draft"].count == 59


def test_days_that_are_over_are_counted_once_a_minute_and_today_each_time(
    desk, partner, program, monkeypatch
):
    with made_at(timezone.now() - timedelta(days=1)):
        people.leads_of(partner, program)
    assert home(desk)["chart"]["total"] == 1
    people.leads_of(partner.make_test_space(), program)  # counts nowhere
    people.leads_of(people.partner("Moonlight Credit", "moonlight"), program, 3)
    assert home(desk)["chart"]["total"] == 4
    assert counting(desk).count("width_bucket") == 1
