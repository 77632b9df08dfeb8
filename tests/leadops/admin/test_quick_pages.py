"""What a page of the back office does once, and not for each row, field or entry of it."""

from __future__ import annotations

import time
from datetime import date

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from unfold.templatetags import unfold_list

from leadops import kept_counts, quick_rows
from leadops.admin import navigation, pages
from leadops.models import Officer
from tests import people

pytestmark = pytest.mark.django_db


def test_the_list_of_all_models_is_made_where_it_is_shown_alone(desk, many_leads, monkeypatch):
    asked = []
    made = AdminSite.get_app_list

    def counted(site, request, app_label=None):
        asked.append(request.path)
        return made(site, request, app_label)

    monkeypatch.setattr(AdminSite, "get_app_list", counted)
    for page in ("index", "leadops_lead_changelist", "leadops_lead_add"):
        assert desk.get(reverse(f"admin:{page}")).status_code == 200
    assert asked == []
    shown = desk.get(reverse("admin:app_list", args=["leadops"]))
    assert "Partners" in shown.content.decode()
    assert set(asked) == {reverse("admin:app_list", args=["leadops"])}


def test_the_headers_of_a_list_are_made_once(desk, many_leads, monkeypatch):
    asked = []

    def counted(listed):
        asked.append(listed)
        return made(listed)

    made = quick_rows.headers_of
    monkeypatch.setattr(quick_rows, "headers_of", counted)
    page = desk.get(reverse("admin:leadops_lead_changelist")).content.decode()
    assert page.count('data-label="Applicant"') == 50
    assert len(asked) == 1
    assert unfold_list.result_headers is quick_rows.headers_once


def test_no_admin_has_what_our_rows_of_lists_and_forms_leave_out():
    left_out = ("conditional_fields", "ordering_field", "list_sections", "list_horizontal_scrollbar_top")
    left_out += ("actions_row",)
    having = [
        each for each in admin.site._registry.values() for name in left_out if getattr(each, name, None)
    ]
    assert having == []


def test_the_menu_is_in_the_language_of_who_looks(rf, officer):
    request = rf.get("/admin/")
    request.user = officer
    titles = {}
    for language in ("en-gb", "hi", "en-gb"):
        with translation.override(language):
            titles.setdefault(language, []).append([group["title"] for group in navigation.sidebar(request)])
    assert titles["en-gb"][0] == titles["en-gb"][1] != titles["hi"][0]


def test_what_is_kept_of_the_menu_marks_no_page(rf, officer):
    request = rf.get(reverse("admin:leadops_partner_changelist"))
    request.user = officer
    first = navigation.sidebar(request)
    request.path = reverse("admin:leadops_lead_changelist")
    assert first != navigation.sidebar(request)
    marked = [
        item["title"] for group in navigation.sidebar(request) for item in group["items"] if item["active"]
    ]
    assert marked == ["Leads"]


def test_what_finds_the_menu_s_numbers_is_made_once_and_anew_when_rights_reach_or_rules_change(
    rf, settings, monkeypatch
):
    settings.APPROVALS = True
    made = []
    monkeypatch.setattr(navigation, "ids_of", lambda found: made.append(found) or pages.ids_of(found))
    monkeypatch.setattr(navigation, "_finds", {})
    somebody = people.officer("dev", superuser=False)
    people.give(somebody, "view_lead")

    def made_now() -> int:
        """How many were made for a look at the menu: three are counted, as far as the officer may see them."""
        made.clear()
        request = rf.get("/admin/")
        request.user = Officer.objects.get(pk=somebody.pk)
        navigation.sidebar(request)
        return len(made)

    assert (made_now(), made_now()) == (1, 0)
    people.give(somebody, "view_lead", "approve_pendingchange")
    assert (made_now(), made_now()) == (2, 0)
    Officer.objects.filter(pk=somebody.pk).update(reach=Officer.Reach.BRANCHES)
    assert (made_now(), made_now()) == (2, 0)
    somebody.branches.add(people.branch("north"))
    assert (made_now(), made_now()) == (2, 0)
    settings.APPROVALS = False
    assert (made_now(), made_now()) == (2, 0)
    monkeypatch.setattr(timezone, "localdate", lambda: date(2100, 1, 1))
    assert (made_now(), made_now()) == (2, 0)


def test_a_list_counts_what_is_too_much_to_count_once_a_minute(desk, many_leads, monkeypatch):
    monkeypatch.setattr(pages, "MOST", 53)
    counted = 'count(*) FROM (SELECT "leadops_lead"."id"'

    def counts() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert "More than 53" in desk.get(reverse("admin:leadops_lead_changelist")).content.decode()
        return sum(counted in query["sql"] for query in queries.captured_queries)

    assert [counts(), counts()] == [1, 0]
    later = time.monotonic() + kept_counts.FOR
    monkeypatch.setattr(kept_counts.time, "monotonic", lambda: later)
    assert counts() == 1
