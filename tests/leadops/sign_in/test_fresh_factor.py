"""What is dear asks for a fresh code, and carries on what was entered."""

from __future__ import annotations

import re
import time

import pytest
from django.test import Client
from django.urls import reverse

from leadops.models import Authenticator, Export, Lead, Officer
from leadops.sign_in import sessions
from tests import people
from tests.leadops.phones import code, enrolled

LOGIN = reverse("admin:login")
OFFICERS = reverse("admin:leadops_officer_changelist")


@pytest.fixture
def secret(officer) -> str:
    return enrolled(officer)[0]


@pytest.fixture
def stale(client: Client, officer: Officer, secret: str) -> Client:
    """Signed in with both, longer than five minutes ago."""
    client.force_login(officer)
    session = client.session
    session[sessions.FACTOR] = time.time() - 301
    session.save()
    return client


@pytest.fixture
def colleague(officer) -> Officer:
    ravi = people.officer("ravi", superuser=False)
    enrolled(ravi)
    return ravi


def carried(page: str) -> str:
    return re.search(r'name="factor_carried" value="([^"]*)"', page)[1]


def ordered(lead: Lead) -> dict[str, str]:
    return {"lead": str(lead.pk), "reason": people.REASON}


def confirmed(client: Client, url: str, page, typed: str):
    return client.post(url, {"factor_code": typed, "factor_carried": carried(page.content.decode())})


def test_an_export_asks_and_goes_on_with_what_was_chosen(stale, secret, lead):
    url = reverse("admin:leadops_export_start")
    assert stale.get(url, {"lead": lead.pk}).status_code == 200
    asked = stale.post(url, ordered(lead))
    assert "Confirm that it is you" in asked.content.decode()
    assert str(lead.pk) not in asked.content.decode()
    assert not Export.objects.exists()
    confirmed(stale, url, asked, code(secret))
    export = Export.objects.get()
    assert (export.leads, export.reason) == (1, people.REASON)


def test_for_five_minutes_nothing_is_asked_again(stale, secret, lead):
    url = reverse("admin:leadops_export_start")
    confirmed(stale, url, stale.post(url, ordered(lead)), code(secret))
    stale.post(url, ordered(lead))
    assert Export.objects.count() == 2


def test_a_wrong_code_asks_again_and_keeps_what_was_chosen(stale, secret, lead):
    url = reverse("admin:leadops_export_start")
    asked = confirmed(stale, url, stale.post(url, ordered(lead)), "000000")
    assert "This code is wrong" in asked.content.decode()
    Authenticator.objects.update(throttling_failure_count=0)
    confirmed(stale, url, asked, code(secret))
    assert Export.objects.count() == 1


@pytest.mark.parametrize("change", [lambda text: text[:-4] + "AAAA", lambda text: "x"])
def test_what_is_carried_cannot_be_altered(stale, secret, lead, change):
    url = reverse("admin:leadops_export_start")
    page = stale.post(url, ordered(lead)).content.decode()
    sent = {"factor_code": code(secret), "factor_carried": change(carried(page))}
    assert stale.post(url, sent).status_code == 400
    assert not Export.objects.exists()


def test_what_is_carried_goes_to_its_own_address_alone(stale, secret, lead, colleague):
    page = stale.post(reverse("admin:leadops_export_start"), ordered(lead))
    assert confirmed(stale, OFFICERS, page, code(secret)).status_code == 400


def test_a_download_asks_before_it_is_shown(stale, secret, officer):
    export = Export.objects.create(road=Export.Road.ADMIN, officer=officer, what="All leads", leads=0)
    url = reverse("admin:leadops_export_download", args=[export.pk])
    asked = stale.get(url)
    assert "Confirm that it is you" in asked.content.decode()
    assert confirmed(stale, url, asked, code(secret))["Location"] == url


def test_nothing_is_asked_where_there_is_no_second_factor(desk, lead):
    desk.post(reverse("admin:leadops_export_start"), ordered(lead))
    assert Export.objects.count() == 1


def test_a_reset_asks_and_is_on_record(stale, secret, colleague):
    sent = {"action": "reset_second_factors", "_selected_action": [colleague.pk]}
    asked = stale.post(OFFICERS, sent)
    assert Officer.objects.get(pk=colleague.pk).factor_since
    confirmed(stale, OFFICERS, asked, code(secret))
    assert Officer.objects.get(pk=colleague.pk).factor_since is None
    history = stale.get(reverse("admin:leadops_officer_history", args=[colleague.pk])).content.decode()
    assert "Reset the second factor." in history


def test_nobody_resets_their_own_or_a_superusers(client, officer, colleague, secret):
    people.give(colleague, "reset_sign_in", "view_officer", "change_officer")
    client.force_login(colleague)
    session = client.session
    session[sessions.FACTOR] = time.time()
    session.save()
    sent = {"action": "reset_second_factors", "_selected_action": [colleague.pk, officer.pk]}
    client.post(OFFICERS, sent)
    assert Officer.objects.exclude(factor_since=None).count() == 2
    people.give(colleague, "view_officer", "change_officer")
    assert "Reset second factors" not in client.get(OFFICERS).content.decode()


GUARDED = {
    "leadops_export_start", "leadops_export_download", "crm_integrations_replay_start",
    "crm_integrations_replay_retry", "crm_integrations_delivery_decide",
    "crm_integrations_connection_add", "crm_integrations_connection_change",
    "leadops_partner_make_key", "leadops_partner_rotate_key", "leadops_partner_change_key",
    "leadops_auditevent_csv", "report", "report_workbook", "leadops_document_download",
    "crm_integrations_reconciliation_workbook", "crm_integrations_reconciliation_doubt", "leadops_reveal_ask",
    "leadops_pendingchange_approve", "leadops_lead_erase", "leadops_lead_lift_hold", "leadops_importbatch_errors",
    "auth_user_password_change", "leadops_document_password", "leadops_officer_add", "leadops_officer_change",
    "crm_integrations_subscription_add", "crm_integrations_subscription_change",
    "crm_integrations_subscription_rotate", "sign_in_codes",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_the_dear_pages_are_guarded(stale, lead, officer, name):
    key = officer.pk if "officer" in name or name.startswith("auth_user") else lead.pk
    counts = {
        "_add": 0,
        "start": 0,
        "replay_retry": 0,
        "codes": 0,
        "make_key": 1,
        "rotate_key": 2,
        "change_key": 2,
        "csv": 0,
    }
    count = next((each for end, each in counts.items() if name.endswith(end)), 1)
    of_reveal = ["lead", lead.pk, "primary_mobile"]
    given = {"leadops_reveal_ask": of_reveal, "report": ["turnaround"], "report_workbook": ["turnaround"]}
    url = reverse(f"admin:{name}", args=given.get(name, [key] * count))
    reading = name == "leadops_export_download"
    answer = stale.get(url) if reading else stale.post(url, {"x": "y"})
    assert "Confirm that it is you" in answer.content.decode()
