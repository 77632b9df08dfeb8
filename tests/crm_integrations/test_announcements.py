"""The deliveries of an import: made after it, never missed, never twice."""

from __future__ import annotations

import threading

import pytest
from django.core.management import call_command
from django.db import connections as databases
from django.db import transaction

from crm_integrations import announcements, outbox, tasks
from crm_integrations import delivery as engine
from crm_integrations.models import Announcement, Connection, Delivery, Recheck, State
from leadops.models import Lead
from leadops.services import leads
from tests import people
from tests.crm_integrations import holding

pytestmark = pytest.mark.django_db(transaction=True)
Sync = Lead.SyncStatus


@pytest.fixture
def isp() -> None:
    holding.connect("isp", "http://127.0.0.1:9")


@pytest.fixture
def imported(isp, partner, program) -> list[Lead]:
    """Three leads as an import leaves them."""
    return submitted(partner, program, 3)


def submitted(partner, program, count: int) -> list[Lead]:
    made = people.leads_of(partner, program, count)
    Lead.objects.filter(pk__in=[lead.pk for lead in made]).update(sync_status=Sync.IN_PROGRESS)
    leads.submit(made, later=True)
    return made


def test_an_import_only_notes_whom_it_brought(imported):
    assert not Delivery.objects.exists()
    assert [row.leads for row in Announcement.objects.all()] == [[lead.pk for lead in imported]]


def test_what_was_noted_becomes_deliveries(imported):
    assert announcements.unfold() == 3
    assert set(Delivery.objects.values_list("lead_id", "state")) == {
        (lead.pk, State.QUEUED) for lead in imported
    }
    assert set(Lead.objects.values_list("sync_status", flat=True)) == {Sync.IN_PROGRESS}
    assert sorted(Recheck.objects.get().leads) == sorted(lead.pk for lead in imported)
    assert not Announcement.objects.exists()
    assert announcements.unfold() == 0


def test_a_rolled_back_import_notes_nothing(isp, partner, program):
    with transaction.atomic():
        submitted(partner, program, 2)
        transaction.set_rollback(True)
    assert not Announcement.objects.exists()


def test_many_are_noted_in_parts(isp, partner, program, monkeypatch):
    monkeypatch.setattr(announcements, "PART", 2)
    submitted(partner, program, 5)
    assert [len(row.leads) for row in Announcement.objects.all()] == [2, 2, 1]
    assert announcements.unfold() == 5
    assert Delivery.objects.count() == 5


def test_a_death_while_unfolding_leaves_the_note(imported, monkeypatch):
    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(announcements.gaps, "mark", die)  # after the deliveries
        with pytest.raises(KeyboardInterrupt):
            announcements.unfold()
    assert not Delivery.objects.exists()
    assert announcements.unfold() == 3
    assert Delivery.objects.count() == 3


def test_several_unfold_at_once_and_none_twice(isp, partner, program, monkeypatch):
    monkeypatch.setattr(announcements, "PART", 5)
    submitted(partner, program, 60)
    done: list[int] = []

    def work() -> None:
        try:
            done.append(announcements.unfold())
        finally:
            databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(done) == Delivery.objects.count() == 60
    assert not announcements.waiting()


def test_a_lead_that_was_ended_or_deleted_meanwhile_is_left_out(imported):
    ended, deleted, kept = imported
    Lead.objects.filter(pk=ended.pk).update(status=Lead.Status.DROPPED)
    Lead.objects.filter(pk=deleted.pk).delete()
    announcements.unfold()
    assert [each.lead_id for each in Delivery.objects.all()] == [kept.pk]
    assert Lead.objects.get(pk=ended.pk).sync_status == Sync.NOT_SENT


def test_a_lead_without_a_route_is_not_said_to_be_on_its_way(partner, program):
    submitted(partner, program, 1)
    announcements.unfold()
    assert Lead.objects.get().sync_status == Sync.NOT_SENT


def test_a_lead_that_was_submitted_meanwhile_is_not_sent_twice(imported):
    leads.submit(imported[:1])
    announcements.unfold()
    assert Delivery.objects.count() == 3


def test_a_lead_that_breaks_keeps_no_other_from_its_way(imported, monkeypatch):
    real, bad = announcements.outbox.reference_of, imported[1]

    def reference_of(record, vendor):
        if record.pk == bad.pk:
            raise ValueError("broken")
        return real(record, vendor)

    with monkeypatch.context() as patch:
        patch.setattr(announcements.outbox, "reference_of", reference_of)
        engine.drain()
        assert Delivery.objects.count() == 2
        assert [(row.leads, row.tries) for row in Announcement.objects.all()] == [([bad.pk], 3)]
        assert not announcements.waiting()
    tasks.sweep()
    assert Delivery.objects.filter(lead=bad).count() == 1
    assert not Announcement.objects.exists()


def test_a_worker_without_other_work_unfolds(imported):
    with holding.vendor() as vendor:
        Connection.objects.update(base_url=vendor.url)
        assert engine.drain() == 3
        assert len(vendor.seen) == 3


def test_a_turn_unfolds_though_there_is_never_nothing_to_deliver(imported, monkeypatch):
    monkeypatch.setattr(tasks.delivery, "drain", lambda stop: 0)
    tasks.work()
    assert Delivery.objects.count() == 3


def test_the_bell_for_all_queues_unfolds_first(imported, settings, monkeypatch):
    settings.DELIVERY_QUEUE_NAMES = ["one"]
    rung: list[int] = []
    monkeypatch.setattr(tasks.doorbell, "ring_queue", rung.append)
    tasks.work()
    assert Delivery.objects.count() == 3
    assert rung == [0]


def test_the_sweep_rings_for_what_is_noted(imported, monkeypatch):
    rung: list[str] = []
    monkeypatch.setattr(tasks.doorbell, "ring", lambda: rung.append("rung"))
    monkeypatch.setattr(announcements, "unfold_next", lambda: 0)
    monkeypatch.setattr(outbox, "can_claim", lambda: False)
    tasks.sweep()
    assert rung == ["rung"]


def test_after_a_restore_what_was_only_noted_is_doubted_too(imported, capsys):
    call_command("doubt_deliveries")
    assert set(Delivery.objects.values_list("state", "once_unknown")) <= {
        (State.UNKNOWN, True),
        (State.REVIEW, True),
    }
    assert Delivery.objects.count() == 3
    assert outbox.claim() is not None
