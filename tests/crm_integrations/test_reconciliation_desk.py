"""The pages of comparisons, and the command: asking, watching, what was found, the safe next step."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO, StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from python_calamine import load_workbook

from crm_integrations import delivery as engine
from crm_integrations import reconciling
from crm_integrations.models import Connection, Delivery, Difference, Reconciliation, State
from leadops.models import AuditEvent, PendingChange
from leadops.services import leads
from tests import people, vendors
from tests.approving import press, second_person

Kind = Difference.Kind
LIST = "admin:crm_integrations_reconciliation_changelist"


@pytest.fixture
def crego(db) -> Connection:
    return vendors.connect("http://localhost:1", "crego_crm")["crego_crm"]


@pytest.fixture
def done(crego, partner, program) -> Reconciliation:
    """Three leads that are missing at the vendor, one record of theirs, a changed name and another status."""
    asked = Reconciliation.objects.create(
        connection=crego,
        first_on="2026-03-10",
        last_on="2026-03-10",
        state="done",
        ours=5,
        theirs=3,
        matched=1,
    )
    for lead in people.leads_of(partner, program, 3):
        delivery = Delivery.objects.create(
            connection=crego, kind="lead", lead=lead, record_id=lead.pk, version=1, ref=lead.pk.hex,
            state=State.DELIVERED, reference=f"crego-{lead.pk}", delivered_at=timezone.now(),
        )  # fmt: skip
        asked.differences.create(
            kind=Kind.MISSING_THERE, delivery=delivery, reference=delivery.reference, ref=delivery.ref
        )
    asked.differences.create(kind=Kind.MISSING_HERE, reference="crego-theirs", theirs="new")
    name = {"field": "applicants[0].name", "ours": "Asha <b>Rao", "theirs": "Asha Roy"}
    asked.differences.create(kind=Kind.DIFFERS, delivery=delivery, **name)
    asked.differences.create(
        kind=Kind.DIFFERS, delivery=delivery, field="status", ours="new", theirs="approved"
    )
    return asked


def page_of(asked: Reconciliation, query: str = "") -> str:
    return reverse("admin:crm_integrations_reconciliation_change", args=[asked.pk]) + query


def own_view(asked: Reconciliation, name: str) -> str:
    return reverse(f"admin:crm_integrations_reconciliation_{name}", args=[asked.pk])


def test_officer_asks_for_yesterday_with_two_presses(desk, crego):
    url = reverse("admin:crm_integrations_reconciliation_add")
    offered = desk.get(url).context["adminform"].form
    days = {name: offered[name].value().isoformat() for name in ("first_on", "last_on")}
    answer = desk.post(url, {**days, "connection": str(crego.pk)})
    asked = Reconciliation.objects.get()
    assert answer.url == page_of(asked)
    assert (asked.first_on, asked.last_on) == (reconciling.yesterday(), reconciling.yesterday())
    assert (asked.officer.username, asked.state) == ("asha", "running")


def test_only_vendors_that_can_list_are_offered(desk, connections):
    page = desk.get(reverse("admin:crm_integrations_reconciliation_add")).content.decode()
    assert str(connections["crego_crm"].pk) in page
    assert str(connections["ispcrm"].pk) not in page


def test_odd_days_are_told_on_the_form(desk, crego):
    url = reverse("admin:crm_integrations_reconciliation_add")
    form = {"connection": str(crego.pk), "first_on": "2026-03-10", "last_on": "2026-03-09"}
    assert "The last day lies before the first." in desk.post(url, form).content.decode()
    assert not Reconciliation.objects.exists()


def test_running_one_shows_how_far_it_is(desk, crego):
    asked = Reconciliation.objects.create(
        connection=crego, first_on="2026-03-10", last_on="2026-03-10", theirs=1200
    )
    assert f'data-progress="{own_view(asked, "progress")}"' in desk.get(page_of(asked)).content.decode()
    said = desk.get(own_view(asked, "progress")).json()
    assert said == {"state_label": "Running", "theirs": 1200, "finished": False}


def test_nothing_on_either_side_is_no_agreement(desk, crego):
    Reconciliation.objects.create(connection=crego, first_on="2026-03-10", last_on="2026-03-10", state="done")
    page = desk.get(reverse(LIST)).content.decode()
    assert "Nothing to compare" in page
    assert "All agree" not in page


def test_failed_one_says_why(desk, crego):
    asked = Reconciliation.objects.create(
        connection=crego,
        first_on="2026-03-10",
        last_on="2026-03-10",
        state="failed",
        reason="Page 2 <b>HTTP 502",
    )
    page = desk.get(page_of(asked)).content.decode()
    assert "Page 2 &lt;b&gt;HTTP 502" in page
    assert "Nothing was compared" in page


def test_each_kind_has_a_tab_with_links_to_what_it_is_about(desk, done):
    page = desk.get(page_of(done)).content.decode()
    for tab, count in (("missing_there", 3), ("missing_here", 1), ("differs", 1), ("status", 1)):
        assert f'<a href="?tab={tab}"' in page
        assert f"<b>{count}</b></a>" in page.partition(f'href="?tab={tab}"')[2][:120]
    delivery = done.differences.filter(kind=Kind.MISSING_THERE).first().delivery
    assert reverse("admin:leadops_lead_change", args=[delivery.lead_id]) in page
    assert reverse("admin:crm_integrations_delivery_change", args=[delivery.pk]) in page
    assert "crego-theirs" in desk.get(page_of(done, "?tab=missing_here")).content.decode()
    assert "Asha &lt;b&gt;Rao" in desk.get(page_of(done, "?tab=differs")).content.decode()
    assert "approved" in desk.get(page_of(done, "?tab=status")).content.decode()


def test_days_of_the_page_are_those_of_our_time_zone(desk, done):
    assert "Days of Asia/Kolkata." in desk.get(page_of(done)).content.decode()


def test_page_stays_within_15_queries(desk, done, django_assert_max_num_queries):
    desk.get(page_of(done))
    with django_assert_max_num_queries(15):
        desk.get(page_of(done))


def test_list_stays_within_12_queries(desk, crego, django_assert_max_num_queries):
    for day in range(1, 21):
        Reconciliation.objects.create(connection=crego, first_on=f"2026-03-{day}", last_on=f"2026-03-{day}")
    desk.get(reverse(LIST))
    with django_assert_max_num_queries(12):
        assert desk.get(reverse(LIST)).content.decode().count(" Mar 2026") >= 20


def doubted(desk, asked: Reconciliation, **query: object):
    """The page that is read after the reason was given for what `query` chooses."""
    url = own_view(asked, "doubt") + "?" + urlencode(query, doseq=True)
    return desk.post(url, {"reason": people.REASON}, follow=True)


def test_chosen_ones_are_doubted_for_a_reason_and_nothing_else(desk, done):
    first = done.differences.filter(kind=Kind.MISSING_THERE).first()
    page = doubted(desk, done, difference=first.pk).content.decode()
    assert "1 delivery will be looked up" in page
    assert Delivery.objects.get(state=State.UNKNOWN) == first.delivery
    reason = Delivery.objects.get(pk=first.delivery_id).reason
    assert reason == f"asha doubts it, as the vendor did not list it: {people.REASON}"
    assert f'name="difference" value="{first.pk}"' not in page


def test_doubting_is_asked_about_with_the_number_before_it_is_done(desk, done):
    page = desk.get(own_view(done, "doubt"), {"all": "1"}).content.decode()
    assert "Look up 3 deliveries at crego_crm" in page
    assert "Each is looked up at the vendor; what is not found waits for your decision." in page
    assert "The vendor listed nothing at all" not in page
    desk.post(own_view(done, "doubt") + "?all=1", {"reason": ""})
    assert not Delivery.objects.exclude(state=State.DELIVERED).exists()


def test_all_missing_ones_are_doubted_at_once_where_nobody_has_to_approve(desk, done):
    assert "3 deliveries will be looked up" in doubted(desk, done, all="1").content.decode()
    assert Delivery.objects.filter(state=State.UNKNOWN, once_unknown=True).count() == 3


@pytest.mark.usefixtures("_approvals")
def test_many_are_doubted_once_a_second_person_approved(desk, done):
    doubted(desk, done, all="1")
    change = PendingChange.objects.waiting().get()
    assert change.what == f"Look up 3 deliveries: {done}"
    assert not Delivery.objects.exclude(state=State.DELIVERED).exists()
    assert change.what in desk.get(page_of(done)).content.decode()
    assert "Approved, and done." in press(second_person(), "approve", change)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.UNKNOWN}
    assert Delivery.objects.first().reason.startswith("asha doubts it")


def test_a_vendor_that_listed_nothing_is_taken_for_the_fault(desk, done):
    Reconciliation.objects.update(theirs=0)
    assert "The vendor listed nothing at all" in desk.get(page_of(done)).content.decode()
    assert (
        "The vendor listed nothing at all" in desk.get(own_view(done, "doubt"), {"all": "1"}).content.decode()
    )


@pytest.mark.parametrize("chosen", ["other", "x", ""])
def test_difference_of_another_kind_is_not_doubted(desk, done, chosen):
    other = str(done.differences.filter(kind=Kind.DIFFERS).first().pk)
    page = doubted(desk, done, difference=[other if chosen == "other" else chosen])
    assert "Choose what is to be looked up" in page.content.decode()
    assert not Delivery.objects.filter(state=State.UNKNOWN).exists()


def test_workbook_is_downloaded(desk, done):
    answer = desk.post(own_view(done, "workbook"), {"reason": people.REASON})
    assert answer["Content-Disposition"] == 'attachment; filename="crego_crm-10-Mar-2026.xlsx"'
    workbook = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    event = AuditEvent.objects.select_related("act").latest("id")
    assert (event.action, event.record, event.changes) == (
        "downloaded",
        str(done.pk),
        {"connection": str(done.connection_id)},
    )
    found = desk.get(reverse("admin:leadops_auditevent_changelist"), {"record": done.pk}).content.decode()
    assert "crego_crm" in found
    assert people.REASON in found
    sums = dict(row[:2] for row in workbook.get_sheet_by_name("Sums").to_python())
    assert sums["Comparison"] == "crego_crm"
    assert {name: sums[name] for name in ("Delivered by us", "Listed there", "Agree")} == {
        "Delivered by us": 5.0,
        "Listed there": 3.0,
        "Agree": 1.0,
    }
    assert [sums[kind.label] for kind in Kind] == [3.0, 1.0, 2.0]
    rows = workbook.get_sheet_by_name("Differences").to_python()
    assert len(rows) == 1 + done.differences.count()


def test_who_may_only_look_can_neither_ask_nor_doubt(crego, done):
    client = people.clerk("view_reconciliation", "view_delivery")
    page = client.get(page_of(done))
    assert page.status_code == 200
    assert "Look all of them up…" not in page.content.decode()
    assert client.post(own_view(done, "doubt") + "?all=1", {"reason": people.REASON}).status_code == 403
    assert client.get(reverse("admin:crm_integrations_reconciliation_add")).status_code == 403


def test_who_may_not_look_sees_nothing(done):
    client = people.clerk("view_delivery")
    for url in (page_of(done), own_view(done, "progress"), own_view(done, "workbook"), reverse(LIST)):
        assert client.get(url).status_code == 403


def test_get_doubts_nothing(desk, done):
    desk.get(own_view(done, "doubt"), {"all": "1", "reason": people.REASON})
    assert not Delivery.objects.exclude(state=State.DELIVERED).exists()


# The command, against the sandbox --------------------------------------------------------------------------------


def told(*words: str) -> dict[str, object]:
    out = StringIO()
    call_command("reconcile", *words, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("vendor", ["crego_crm", "brainysoft"])
def test_command_compares_the_day_with_the_vendor(connections, partner, program, vendor):
    leads.submit(people.leads_of(partner, program, 3))
    engine.drain()
    answer = told(vendor, "--day", timezone.localdate().isoformat())
    assert {name: answer[name] for name in ("state", "ours", "theirs", "matched")} == {
        "state": "done",
        "ours": 3,
        "theirs": 3,
        "matched": 3,
    }


def test_command_refuses_an_unknown_connection_and_one_that_cannot_list(connections):
    with pytest.raises(CommandError, match=r"no connection 'nobody'\. There is .*crego_crm, .*ispcrm"):
        call_command("reconcile", "nobody")
    with pytest.raises(CommandError, match=r"--day: '2026-13-21' is no day: write it as 2026-03-31"):
        call_command("reconcile", "ispcrm", "--day", "2026-13-21")
    with pytest.raises(CommandError, match="ISPCRM can't list"):
        call_command("reconcile", "ispcrm", "--day", (timezone.localdate() - timedelta(days=1)).isoformat())


@pytest.mark.django_db(transaction=True)
def test_command_fails_when_the_list_cannot_be_read(connections, vendor_sandbox, monkeypatch):
    monkeypatch.setattr("crm_integrations.reconciling.listing.PAUSE_SECONDS", 0.0)
    vendor_sandbox.fault("crego_crm", "500_before", kinds=["find"])
    out = StringIO()
    with pytest.raises(CommandError, match="Page 1 of the list could not be read"):
        call_command("reconcile", "crego_crm", "--day", "2026-03-10", stdout=out)
    assert out.getvalue() == "crego_crm, 2026-03-10: not compared.\n"
