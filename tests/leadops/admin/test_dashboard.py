"""The first page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.admin.utils import display_for_value
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from leadops.admin import dashboard, pages
from leadops.models import ImportBatch, Lead

HOME = reverse("admin:index")


def test_every_number_leads_to_the_list_it_counts(desk, many_leads):
    Lead.objects.filter(pk__in=[lead.pk for lead in many_leads[:4]]).update(status="approved")
    for number in dashboard.lead_numbers():
        listed = desk.get(number.url).context["cl"]
        assert listed.result_count == number.count
    assert {n.label: n.count for n in dashboard.lead_numbers()}["Approved"] == 4


def test_first_page_costs_at_most_ten_queries(desk, many_leads, django_assert_max_num_queries):
    desk.get(HOME)
    with django_assert_max_num_queries(10):
        assert desk.get(HOME).status_code == 200


def test_large_counts_stop_at_the_cap(desk, many_leads, monkeypatch):
    monkeypatch.setattr(pages, "MOST", 50)
    assert {n.label: n.words for n in dashboard.lead_numbers()}["Draft"] == "50+"


def test_chart_counts_the_leads_of_each_day_by_intake(desk, many_leads):
    today = dashboard.chart()["days"][-1]
    assert today["total"] == 60
    assert {part["intake"]: part["count"] for part in today["parts"]} == {"excel": 60}
    assert desk.get(today["url"]).context["cl"].result_count == 60


def test_chart_shows_only_the_ways_that_leads_came_by(many_leads):
    Lead.objects.filter(pk=many_leads[0].pk).update(intake=Lead.Intake.API)
    chart = dashboard.chart()
    assert [label for _, label in chart["intakes"]] == ["Excel", "API"]
    assert {part["intake"]: part["count"] for part in chart["days"][-1]["parts"]} == {"excel": 59, "api": 1}


def test_chart_leaves_out_what_is_older_than_fourteen_days(many_leads):
    Lead.objects.update(created_at=timezone.now() - timedelta(days=20))
    assert dashboard.chart()["total"] == 0


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
