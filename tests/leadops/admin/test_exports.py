"""Exporting from the list of leads: who may, what goes out, who gets it, and the log."""

from __future__ import annotations

import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops.admin.sealed_search import sealed
from leadops.models import Export, Lead
from leadops.services import exports
from tests import people
from tests.leadops.services import exported

LEADS = reverse("admin:leadops_lead_changelist")
START = reverse("admin:leadops_export_start")
LOG = reverse("admin:leadops_export_changelist")
RIGHTS = ("view_lead", "add_export", "view_export")


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def page(export: Export, view: str = "change") -> str:
    return reverse(f"admin:leadops_export_{view}", args=[export.pk])


def begun(client: Client, query: str = "", **fields: str) -> Export:
    """An export of what the list of leads shows with `query`, begun by the button."""
    answer = client.post(START, {"filter": query, "reason": people.REASON, **fields})
    export = Export.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page(export))
    return export


def fetched(client: Client, export: Export) -> list[dict]:
    exports.run(export.pk)
    answer = client.get(page(export, "download"))
    assert answer.status_code == 200
    return exported.sheets_of(io.BytesIO(b"".join(answer)))["Leads"]


# What goes out -------------------------------------------------------------------------------------------------


def test_the_list_offers_all_that_it_shows_and_not_only_its_page(desk, many_leads):
    shown = desk.get(LEADS, {"status__exact": "draft"}).content.decode()
    assert f"{START}?filter=%3Fstatus__exact%3Ddraft" in shown
    asked = desk.get(START, {"filter": "?status__exact=draft&p=2"})
    assert asked.context["count"] == "60"
    assert "Status: Draft" in asked.content.decode()
    assert len(fetched(desk, begun(desk, "?status__exact=draft&p=2"))) == 60


def test_a_filter_narrows_what_goes_out(desk, many_leads):
    Lead.objects.filter(pk=many_leads[7].pk).update(status=Lead.Status.APPROVED)
    export = begun(desk, "?status__exact=approved")
    assert (export.what, export.leads) == ("Status: Approved", 1)
    assert [row["leadops id"] for row in fetched(desk, export)] == [str(many_leads[7].pk)]


def test_every_filter_is_told_in_words(desk, many_leads, partner, program):
    people.program("lap", "Loan against property")
    query = {
        "intake__exact": "excel",
        "program__id__exact": program.pk,
        "partner__id__exact": partner.pk,
        "created_from": "2020-01-01",
        "created_to": "2100-01-01",
    }
    what = begun(desk, f"?{urlencode(query)}").what
    assert what == (
        "Intake: Excel · Program: Supply chain finance · Partner: Sunrise Finserv"
        " · Created from 2020-01-01, created to 2100-01-01"
    )


@pytest.mark.parametrize(("text", "told"), [("Ravi", "Search: Ravi"), ("98010 00003", "Search: ••••0003")])
def test_a_search_goes_out_as_it_found_and_its_number_stays_out_of_the_log(desk, many_leads, text, told):
    export = begun(desk, f"?{urlencode({'q': sealed(text)})}")
    assert export.what == told
    assert 0 < export.leads < 60


def test_selected_leads_go_out_alone(desk, many_leads):
    chosen = [str(lead.pk) for lead in many_leads[:3]]
    answer = desk.post(LEADS, {"action": "export_selected", "_selected_action": chosen})
    assert answer["Location"].startswith(f"{START}?lead=")
    assert "3 leads selected in the list" in desk.get(answer["Location"]).content.decode()
    desk.post(START, {"lead": chosen, "reason": people.REASON})
    assert {row["leadops id"] for row in fetched(desk, Export.objects.get())} == set(chosen)


@pytest.mark.parametrize("query", ["", "lead=nonsense", "filter=%3Fstatus__exact__x=1"])
def test_what_chooses_nothing_is_no_page(desk, many_leads, query):
    assert desk.get(f"{START}?{query}").status_code == 404


def test_a_nul_in_the_filter_is_refused(desk, many_leads):
    assert desk.get(START, {"filter": "?q=%00"}).status_code == 400


def test_too_many_are_refused_on_the_page(desk, many_leads, monkeypatch):
    monkeypatch.setattr(exports, "MOST", 59)
    answer = desk.post(START, {"filter": "", "reason": people.REASON})
    assert "more than 59 leads" in answer.content.decode()
    assert not Export.objects.exists()


# Who sees what -------------------------------------------------------------------------------------------------


def test_personal_numbers_are_masked_for_who_has_not_the_right(many_leads):
    client = people.clerk(*RIGHTS)
    assert 'name="whole"' not in client.get(START, {"filter": ""}).content.decode()
    export = begun(client, whole="on")
    assert export.shown == Export.Shown.MASKED
    row = fetched(client, export)[0]
    assert row["Mobile"].startswith("••••")
    assert row["PAN"][2:7] == "XXXXX"


def test_who_has_the_right_takes_them_whole_and_only_on_demand(many_leads):
    client = people.clerk(*RIGHTS, "export_unmasked")
    assert 'name="whole"' in client.get(START, {"filter": ""}).content.decode()
    assert begun(client).shown == Export.Shown.MASKED
    Export.objects.all().delete()
    export = begun(client, whole="on")
    assert export.shown == Export.Shown.WHOLE
    assert fetched(client, export)[0]["Mobile"] == many_leads[-1].primary_mobile


@pytest.mark.parametrize("missing", ["view_lead", "add_export"])
def test_who_lacks_a_right_begins_none(many_leads, missing):
    client = people.clerk(*(right for right in RIGHTS if right != missing))
    assert client.get(START, {"filter": ""}).status_code == 403
    assert client.post(START, {"filter": ""}).status_code == 403
    if missing == "add_export":
        shown = client.get(LEADS).content.decode()
        assert START not in shown
        assert "export_selected" not in shown
    assert not Export.objects.exists()


def test_the_workbook_is_for_its_maker_alone(desk, many_leads):
    export = begun(desk)
    exports.run(export.pk)
    other = people.clerk(*RIGHTS)
    assert other.get(page(export, "download")).status_code == 403
    assert page(export, "download") not in other.get(page(export)).content.decode()
    assert page(export, "download") in desk.get(page(export)).content.decode()
    assert Client().get(page(export, "download")).status_code == 302


@pytest.mark.parametrize(
    ("whole", "withdrawn", "status"),
    [("", "add_export", 403), ("", "export_unmasked", 200), ("on", "export_unmasked", 403), ("on", "", 200)],
)
def test_who_may_no_more_fetches_no_more(many_leads, whole, withdrawn, status):
    rights = [*RIGHTS, "export_unmasked"]
    export = begun(people.clerk(*rights), whole=whole)
    exports.run(export.pk)
    client = people.clerk(*(right for right in rights if right != withdrawn))
    answer = client.get(page(export, "download"))
    assert answer.status_code == status
    assert b"".join(answer).startswith(b"PK") == (status == 200)
    assert (page(export, "download") in client.get(page(export)).content.decode()) == (status == 200)


def test_after_a_day_or_without_its_file_it_is_told_to_be_gone(desk, many_leads):
    export = begun(desk)
    exports.run(export.pk)
    export.refresh_from_db()
    Export.objects.update(finished_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert "no longer kept" in desk.get(page(export, "download"), follow=True).content.decode()
    Export.objects.update(finished_at=timezone.now())
    export.file.storage.delete(export.file.name)
    assert "no longer kept" in desk.get(page(export, "download"), follow=True).content.decode()


def test_an_unfinished_one_gives_no_file(desk, many_leads):
    assert desk.get(page(begun(desk), "download")).status_code == 302


# Watching and the log ------------------------------------------------------------------------------------------


def test_the_page_asks_how_far_it_is_until_it_is_done(desk, many_leads):
    export = begun(desk)
    assert f'data-progress="{page(export, "progress")}"' in desk.get(page(export)).content.decode()
    assert desk.get(page(export, "progress")).json()["finished"] is False
    exports.run(export.pk)
    said = desk.get(page(export, "progress")).json()
    assert (said["finished"], said["done"], said["percent"]) == (True, 60, 100)
    assert "data-progress" not in desk.get(page(export)).content.decode()


def test_the_log_tells_who_which_how_many_masked_and_from_where(desk, many_leads, officer):
    export = begun(desk, "?status__exact=draft", whole="on")
    shown = desk.get(LOG).content.decode()
    for words in ("Status: Draft", "asha", "60", "Unmasked", "Back office", "127.0.0.1"):
        assert words in shown, words
    assert (export.officer, export.ip_address) == (officer, "127.0.0.1")


def test_the_log_is_read_and_never_altered(desk, many_leads):
    export = begun(desk)
    assert desk.get(reverse("admin:leadops_export_add")).status_code == 403
    assert desk.post(page(export), {"what": "x"}).status_code == 403
    assert (
        desk.post(reverse("admin:leadops_export_delete", args=[export.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert Export.objects.get().what == "All leads"


def test_a_stranger_to_the_log_sees_none_of_it(reading_desk, desk, many_leads):
    export = begun(desk)
    for url in (LOG, page(export), page(export, "progress"), page(export, "download")):
        assert reading_desk.get(url).status_code == 403


def test_the_log_stays_quick(desk, officer, many_leads, django_assert_max_num_queries):
    Export.objects.bulk_create(
        Export(officer=officer, road="admin", what=f"Export {number}", chosen=b"x" * 16)
        for number in range(120)
    )
    desk.get(LOG)
    with django_assert_max_num_queries(12):
        desk.get(LOG)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, ""),
        (50, "about 50 s left"),
        (100, "about 2 minutes left"),
        (3540, "about 59 minutes left"),
        (7500, "about 2 h 5 min left"),
    ],
)
def test_the_time_left_reads_as_people_say_it(desk, many_leads, monkeypatch, seconds, words):
    export = begun(desk)
    real = exports.progress
    monkeypatch.setattr(exports, "progress", lambda each: {**real(each), "seconds_left": seconds})
    assert desk.get(page(export, "progress")).json()["pace"].removeprefix(", ") == words
    assert words in desk.get(page(export)).content.decode()
