"""Events are written with what they tell, for who asked for them, and read in an order that misses none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.files import File
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm_integrations import delivery, event_log, outbox, tasks
from crm_integrations.models import Delivery, EventType, PartnerEvent, State, Untold
from crm_integrations.outbox import Settlement
from leadops.models import ImportBatch, Lead
from leadops.services import import_batches, import_steering, leads, loan_accounts
from tests import people
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows

Type = EventType


@pytest.fixture
def listening(partner):
    """`partner` asked for its events."""
    event_log.listen(partner)
    return partner


def _told(*types: str) -> list[tuple[str, dict]]:
    found = PartnerEvent.objects.order_by("number").values_list("type", "data")
    return [(kind, data) for kind, data in found if not types or kind in types]


def test_nothing_is_written_for_who_did_not_ask(partner, receive, connections):
    lead = receive()
    leads.revise(lead)
    delivery.drain()
    assert not PartnerEvent.objects.exists()
    assert not Untold.objects.exists()


def test_an_import_for_who_did_not_ask_pays_one_question_a_chunk(partner, program):
    with CaptureQueriesContext(database) as asked:
        people.leads_of(partner, program, 50)
    about_events = [each["sql"] for each in asked if "keeps_events" in each["sql"]]
    assert len(about_events) == 1
    assert not any("partnerevent" in each["sql"] for each in asked)


def test_many_new_leads_are_one_statement_in_their_order(listening, program):
    with CaptureQueriesContext(database) as asked:
        made = people.leads_of(listening, program, 50)
    assert sum("EXECUTE lead_created" in each["sql"] for each in asked) == 1
    assert [data["lead_id"] for _, data in _told()] == [str(lead.pk) for lead in made]


def test_what_is_rolled_back_is_not_told(listening, receive):
    with transaction.atomic():
        receive()
        transaction.set_rollback(True)
    assert _told() == []


def test_a_lead_is_told_from_its_making_to_its_delivery(listening, receive, connections):
    lead = receive()
    leads.revise(lead)
    delivery.drain()
    kinds = [kind for kind, _ in _told()]
    assert kinds[:2] == [Type.LEAD_CREATED, Type.LEAD_UPDATED]
    assert kinds[2:] == [Type.LEAD_DELIVERED] * 4
    delivered = {data["connection"]: data for _, data in _told(Type.LEAD_DELIVERED)}
    sent = Delivery.objects.get(connection__name=connections["ispcrm"].name)
    assert delivered[sent.connection.name] == {
        "lead_id": str(lead.pk),
        "delivery_id": str(sent.pk),
        "connection": sent.connection.name,
        "state": "delivered",
        "reference": sent.reference,
    }


def test_an_officer_who_submits_a_draft_changes_it_once(listening, program, officer):
    [draft] = people.leads_of(listening, program)
    for _ in range(2):
        leads.submit([draft], by=officer)
    assert [(data["lead_id"], data["status"]) for _, data in _told(Type.LEAD_UPDATED)] == [
        (str(draft.pk), "submitted")
    ]


def test_a_refusal_and_a_doubt_are_told(listening, receive, connections, vendor_sandbox):
    vendor_sandbox.fault("ispcrm", "error_flag")
    vendor_sandbox.fault("broctagon", "cut_after")
    receive()
    delivery.drain()
    states = dict(Delivery.objects.values_list("connection__vendor", "state"))
    assert (states["ispcrm"], states["broctagon"]) == (State.REJECTED, State.REVIEW)
    told = {data["connection"]: kind for kind, data in _told() if "connection" in data}
    assert told[connections["ispcrm"].name] == Type.LEAD_REJECTED
    assert told[connections["broctagon"].name] == Type.LEAD_NEEDS_REVIEW


def test_an_officers_decision_and_a_doubt_of_ours_are_told(listening, receive, connections, officer):
    receive()
    outbox.cancel(Delivery.objects.exclude(connection__vendor="ispcrm").values_list("pk", flat=True))
    delivery.drain()
    sent = Delivery.objects.get(connection__vendor="ispcrm")
    outbox.doubt([sent.pk], "The vendor lists it no longer.")
    assert outbox.resolve_held(sent.pk, "4711", "Seen there.", officer)
    kinds = [kind for kind, _ in _told()]
    assert kinds[1:] == [Type.LEAD_DELIVERED, Type.LEAD_NEEDS_REVIEW, Type.LEAD_DELIVERED]


def test_who_lost_the_lease_tells_nothing(listening, receive, connections):
    receive()
    claim = outbox.claim()
    assert claim is not None
    mine = claim.deliveries[0]
    Delivery.objects.filter(pk=mine.pk).update(lease=None)
    with pytest.raises(outbox.LostLease):
        outbox.settle(claim, mine, Settlement(State.DELIVERED, "", reference="1"))
    assert [kind for kind, _ in _told()] == [Type.LEAD_CREATED]


def test_a_lead_that_workers_died_over_is_told(listening, receive, connections):
    receive()
    claim = outbox.claim()
    assert claim is not None
    ids = [each.pk for each in claim.deliveries]
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(pk__in=ids).update(leases_lost=2, leased_until=past)
    outbox.sweep()
    assert [data["state"] for _, data in _told(Type.LEAD_NEEDS_REVIEW)] == ["dead"] * len(ids)


def test_an_account_tells_each_new_status_once(listening, receive, program):
    account = loan_accounts.open_account(receive(), "A1", program)
    for status in ("pending_kyc", "pending_kyc", "active"):
        loan_accounts.record_status(account.pk, status)
    assert [data for _, data in _told(Type.ACCOUNT_STATUS_CHANGED)] == [
        {"account_id": str(account.pk), "lead_id": str(account.lead_id), "status": status}
        for status in ("pending_kyc", "active")
    ]


@pytest.fixture
def workbook(listening, program, tmp_path, settings) -> Callable[..., ImportBatch]:
    """Takes in the first of the sample rows for `listening`."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def received(header: list[str] = HEADER, rows: int = 3) -> ImportBatch:
        path = workbooks.ours(tmp_path / "leads.xlsx", [header, *good_rows(rows)])
        with path.open("rb") as file:
            return import_batches.receive(File(file), "leads.xlsx", partner=listening, program=program)

    return received


def test_an_import_tells_its_leads_and_its_end(workbook):
    batch = workbook()
    import_batches.run(batch.pk)
    assert [kind for kind, _ in _told()] == [Type.LEAD_CREATED] * 3 + [Type.IMPORT_FINISHED]
    [(_, data)] = _told(Type.IMPORT_FINISHED)
    assert data == {
        "import_id": str(batch.pk), "state": "done", "created": 3, "updated": 0, "skipped": 0, "failed": 0
    }  # fmt: skip


def test_an_import_that_was_stopped_tells_its_end(workbook):
    batch = workbook()
    import_steering.cancel(batch)
    import_batches.run(batch.pk)
    assert [data["state"] for _, data in _told()] == ["cancelled"]


def test_an_import_that_failed_tells_its_end(workbook):
    batch = workbook(header=["Mobile", "Mobile", *HEADER[2:]])
    import_batches.run(batch.pk)
    assert [data["state"] for _, data in _told()] == ["failed"]


def test_a_stranger_reads_nothing_of_it(listening, other_partner, receive):
    event_log.listen(other_partner)
    receive()
    [theirs] = event_log.after(listening, None, 10)
    assert event_log.after(other_partner, None, 10) == []
    with pytest.raises(event_log.UnknownEvent):
        event_log.after(other_partner, theirs.id, 10)


def test_they_are_read_in_their_order_page_by_page(listening, receive):
    for number in range(5):
        receive(number)
    read, last = [], None
    while page := event_log.after(listening, last, 2):
        read += [event.data["lead_id"] for event in page]
        last = page[-1].id
    made = Lead.objects.order_by("pk").values_list("pk", flat=True)
    assert read == [str(pk) for pk in made]


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[object]:
    """Another session of the database."""
    other = database.copy()
    yield other
    other.close()


WRITTEN_ELSEWHERE = """
INSERT INTO crm_integrations_partnerevent (id, partner_id, type, data) VALUES (gen_random_uuid(), %s, %s, '{}')
"""


def test_none_is_overtaken_by_one_that_is_written_sooner(elsewhere, listening, receive):
    receive()
    elsewhere.set_autocommit(False)
    with elsewhere.cursor() as cursor:
        cursor.execute(WRITTEN_ELSEWHERE, [listening.pk, "slow"])
    receive(1)
    assert [each.type for each in event_log.after(listening, None, 10)] == ["lead.created"]
    elsewhere.commit()
    read = [each.type for each in event_log.after(listening, None, 10)]
    assert read == ["lead.created", "slow", "lead.created"]


def test_what_another_session_gives_up_holds_nobody_up(elsewhere, listening, receive):
    elsewhere.set_autocommit(False)
    with elsewhere.cursor() as cursor:
        cursor.execute(WRITTEN_ELSEWHERE, [listening.pk, "never"])
    receive()
    assert event_log.after(listening, None, 10) == []
    elsewhere.rollback()
    assert [each.type for each in event_log.after(listening, None, 10)] == ["lead.created"]


def test_the_oldest_go_after_thirty_days_with_what_was_told_of_them(
    listening, receive, settings, monkeypatch
):
    monkeypatch.setattr(event_log, "AT_ONCE", 2)
    for number in range(5):
        receive(number)
    old = PartnerEvent.objects.order_by("number")[:3].values_list("number", flat=True)
    PartnerEvent.objects.filter(pk__in=list(old)).update(created_at=timezone.now() - timedelta(days=31))
    settings.EVENT_KEEP_DAYS = 30
    tasks.prune()
    assert PartnerEvent.objects.count() == 2
    assert event_log.prune() == 0
