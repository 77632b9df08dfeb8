"""Pages that say what went wrong: each leads back to the overview."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from leadops.admin import dashboard

HOME = f'href="{reverse("admin:index")}"'


def test_an_unknown_page_leads_back_and_repeats_nothing_of_its_address(desk):
    answer = desk.get("/nowhere/9800000001/")
    assert answer.status_code == 404
    assert HOME in answer.content.decode()
    assert "9800000001" not in answer.content.decode()


def test_a_page_one_may_not_see_leads_back(reading_desk):
    answer = reading_desk.get(reverse("admin:leadops_partner_changelist"))
    assert answer.status_code == 403
    assert HOME in answer.content.decode()


def test_a_form_without_its_token_leads_back(officer):
    answer = Client(enforce_csrf_checks=True).post(reverse("admin:leadops_lead_search"), {"q": "sunita"})
    assert answer.status_code == 403
    assert "load the page again" in answer.content.decode()
    assert HOME in answer.content.decode()


def test_a_fault_of_ours_leads_back_without_asking_the_database(desk, monkeypatch):
    def break_down(request: object, context: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(dashboard, "context", break_down)
    desk.raise_request_exception = False
    answer = desk.get(reverse("admin:index"))
    assert answer.status_code == 500
    assert HOME in answer.content.decode()
