"""What we delivered beside what a vendor lists. The vendor is scripted: its list is what a test says it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from django.utils import timezone
from python_calamine import load_workbook

from crm_integrations import delivery as engine
from crm_integrations import errors, outbox, reconciling, redaction, snapshots, summary
from crm_integrations.calls import Caller
from crm_integrations.connector import Listed, ListedRow, Request, Response
from crm_integrations.connectors.crego_crm import CregoCrm
from crm_integrations.models import Connection, Delivery, Difference, Exchange, Notice, Reconciliation, State
from crm_integrations.outbox import doubting
from crm_integrations.reconciling import listing
from leadops.models import Applicant, Lead
from leadops.services import leads, loan_accounts
from tests import people, vendors

Kind = Difference.Kind
DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=timezone.get_default_timezone())


@dataclass
class Vendor:
    """A vendor whose list a test writes. `before_page` may change it, or fail, when a page is asked for."""

    rows: list[ListedRow] = field(default_factory=list)
    page_size: int = 2
    before_page: Callable[[int], None] = lambda page: None
    asked: list[tuple[date, date, int]] = field(default_factory=list)

    def list_page(self, connector: CregoCrm, first: date, last: date, page: int) -> Request:
        self.asked.append((first, last, page))
        return Request.get("list_leads", "/v1/crm/leads/", page=str(page))

    def send(self, caller: Caller, request: Request, purpose: Exchange.Purpose) -> Response:
        assert purpose == Exchange.Purpose.LIST
        self.before_page(self.asked[-1][2])
        return Response(200)

    def parse_list(self, connector: CregoCrm, response: Response) -> Listed:
        page = self.asked[-1][2]
        end = page * self.page_size
        return Listed(tuple(self.rows[end - self.page_size : end]), end < len(self.rows))


@pytest.fixture
def vendor(monkeypatch) -> Vendor:
    made = Vendor()
    monkeypatch.setattr(CregoCrm, "can_list", True)
    monkeypatch.setattr(CregoCrm, "list_page", lambda *given: made.list_page(*given))
    monkeypatch.setattr(CregoCrm, "parse_list", lambda *given: made.parse_list(*given))
    monkeypatch.setattr(Caller, "send", lambda *given: made.send(*given))
    monkeypatch.setattr(listing.time, "sleep", lambda seconds: None)
    return made


@pytest.fixture
def crego(db) -> Connection:
    return vendors.connect("http://localhost:1", "crego_crm")["crego_crm"]


def deliver(connection: Connection, lead: Lead, at: datetime = NOON, **changes: Any) -> Delivery:
    """`lead` as it stands after it was delivered, with the call that brought it there."""
    values = {"state": State.DELIVERED, "reference": f"crego-{lead.pk}", "delivered_at": at, **changes}
    made = Delivery.objects.create(
        connection=connection,
        kind="lead",
        lead=lead,
        record_id=lead.pk,
        version=1,
        ref=lead.pk.hex,
        attempts=1,
        **values,
    )
    body = redaction.body(sent(made).encode(), "application/json")
    call = Exchange.objects.create(
        connection=connection, delivery=made, purpose="create", operation="create_lead", status=200
    )
    Exchange.objects.filter(pk=call.pk).update(created_at=at, request_body=body)
    return made


def sent(delivery: Delivery) -> str:
    record = snapshots.of_deliveries([delivery])[delivery.pk]
    return delivery.connection.connector.build("lead", record).body.decode()


def listed(delivery: Delivery, **changes: Any) -> ListedRow:
    """The row of a vendor that holds exactly what it was sent."""
    body = json.loads(sent(delivery))
    fields = {
        "primary_mobile": body["primary_mobile"],
        "partner_ref_id": body["partner_ref_id"],
        "applicants[0].name": body["applicants"][0]["name"],
    }
    return ListedRow(delivery.reference, delivery.ref, "new", {**fields, **changes})


@pytest.fixture
def delivered(crego, partner, program) -> list[Delivery]:
    """Five leads that were delivered on the day."""
    return [deliver(crego, lead) for lead in people.leads_of(partner, program, 5)]


def compared(connection: Connection, first: date = DAY, last: date = DAY) -> Reconciliation:
    made = reconciling.start(connection, first, last)
    reconciling.run(made.pk)
    made.refresh_from_db()
    return made


def found(asked: Reconciliation) -> Counter[str]:
    return Counter(asked.differences.values_list("kind", flat=True))


def sums(asked: Reconciliation) -> tuple[str, int, int, int]:
    return asked.state, asked.ours, asked.theirs, asked.matched


def test_records_that_are_the_same_on_both_sides_agree(vendor, crego, delivered):
    vendor.rows = [listed(each) for each in delivered]
    asked = compared(crego)
    assert sums(asked) == ("done", 5, 5, 5)
    assert asked.ended_at is not None
    assert not asked.differences.exists()
    assert not Notice.objects.exists()


def test_each_kind_of_difference_is_found_and_told(vendor, crego, delivered):
    gone, changed, *same = delivered
    vendor.rows = [listed(each) for each in same]
    vendor.rows += [
        listed(changed, **{"applicants[0].name": "Somebody Else"}),
        ListedRow("crego-9", "theirs"),
    ]
    asked = compared(crego)
    assert sums(asked) == ("done", 5, 5, 3)
    there, here, differs = (asked.differences.get(kind=kind) for kind in Kind)
    assert (there.delivery, there.reference, there.ref) == (gone, gone.reference, gone.ref)
    assert (here.delivery, here.reference, here.ref) == (None, "crego-9", "theirs")
    assert (differs.delivery, differs.field, differs.theirs) == (
        changed,
        "applicants[0].name",
        "Somebody Else",
    )
    notice = Notice.objects.get()
    assert (notice.kind, notice.subject) == (Notice.Kind.DIFFERS, "10 Mar 2026")
    assert "1 missing at the vendor, 1 missing here, 1 with other values" in notice.text


def test_notice_is_closed_once_the_day_agrees(vendor, crego, delivered):
    vendor.rows = [listed(each) for each in delivered[1:]]
    compared(crego)
    vendor.rows.append(listed(delivered[0]))
    assert compared(crego).matched == 5
    assert Notice.objects.get().closed_at is not None


def test_number_that_differs_in_a_hidden_digit_is_found_and_not_stored_whole(vendor, crego, delivered):
    ours = json.loads(sent(delivered[0]))["primary_mobile"]
    theirs = ("8" if ours[0] != "8" else "7") + ours[1:]
    vendor.rows = [listed(delivered[0], primary_mobile=theirs), *map(listed, delivered[1:])]
    differs = compared(crego).differences.get()
    assert (differs.field, differs.ours) == ("primary_mobile", "XXXXXX" + ours[-4:])
    assert differs.theirs == f"XXXXXX{ours[-4:]} (differs where it is masked)"


def test_lead_that_was_edited_since_is_compared_with_what_was_sent(vendor, crego, delivered):
    rows = [listed(each) for each in delivered]
    Applicant.objects.filter(lead=delivered[0].lead).update(name="Edited Since")
    vendor.rows = rows
    assert compared(crego).matched == 5


def test_number_is_the_same_however_many_zeros_it_has(vendor, crego, delivered):
    Exchange.objects.filter(delivery=delivered[0]).update(request_body='{"amount": 250000, "code": "0042"}')
    vendor.rows = [listed(each) for each in delivered]
    vendor.rows[0] = replace(vendor.rows[0], fields={"amount": "250000.00", "code": "42", "unsent": "x"})
    assert [each.field for each in compared(crego).differences.all()] == ["code"]


def test_other_status_word_is_told_but_is_no_disagreement(vendor, crego, delivered):
    Delivery.objects.filter(pk=delivered[0].pk).update(vendor_status="draft")
    vendor.rows = [listed(each) for each in delivered]
    asked = compared(crego)
    differs = asked.differences.get()
    assert (differs.field, differs.ours, differs.theirs) == ("status", "draft", "new")
    assert sums(asked) == ("done", 5, 5, 5)
    assert not Notice.objects.exists()


def test_second_record_with_our_reference_is_told(vendor, crego, delivered):
    vendor.rows = [listed(each) for each in delivered]
    vendor.rows.append(replace(vendor.rows[0], reference="crego-again"))
    asked = compared(crego)
    differs = asked.differences.get()
    assert (differs.field, differs.ours, differs.theirs) == (
        "vendor's id",
        delivered[0].reference,
        "crego-again",
    )
    assert asked.matched == 4


def test_record_of_which_only_another_with_its_reference_is_listed_is_missing_there(vendor, crego, delivered):
    first, *others = delivered
    vendor.rows = [replace(listed(first), reference="crego-again"), *map(listed, others)]
    asked = compared(crego)
    assert found(asked) == {Kind.DIFFERS: 1, Kind.MISSING_THERE: 1}
    assert {each.delivery_id for each in asked.differences.all()} == {first.pk}
    assert asked.matched == 4


def test_second_record_that_was_made_on_a_later_day_is_told_on_that_day_alone(vendor, crego, delivered):
    again = {"reference": "crego-again", "created_at": NOON + timedelta(days=2)}
    vendor.rows = [replace(listed(delivered[0]), **again)]
    later = DAY + timedelta(days=2)
    differs = compared(crego, later, later).differences.get()
    assert (differs.field, differs.theirs) == ("vendor's id", "crego-again")
    assert not compared(crego, later + timedelta(days=1), later + timedelta(days=1)).differences.exists()


def test_record_that_we_gave_up_but_the_vendor_has_is_told(vendor, crego, delivered):
    Delivery.objects.filter(pk=delivered[0].pk).update(state=State.DEAD, reference="")
    vendor.rows = [listed(each) for each in delivered]
    asked = compared(crego)
    differs = asked.differences.get()
    assert (differs.field, differs.ours, differs.delivery_id) == ("state", "Given up", delivered[0].pk)
    assert sums(asked) == ("done", 4, 5, 4)


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_record_that_the_engine_has_in_hand_is_no_difference(vendor, crego, delivered, state):
    Delivery.objects.filter(pk=delivered[0].pk).update(state=state, reference="", delivered_at=None)
    vendor.rows = [listed(each) for each in delivered]
    assert not compared(crego).differences.exists()


def test_account_is_known_by_its_own_reference_too(vendor, crego, partner, program, monkeypatch):
    monkeypatch.setattr(CregoCrm, "kinds", classmethod(lambda cls: ("lead", "loan_account")))
    lead = people.leads_of(partner, program, 1)[0]
    leads.submit([lead])
    account = loan_accounts.open_account(lead, "LA-7", program)
    given_up = account.deliveries.get()
    Delivery.objects.filter(pk=given_up.pk).update(state=State.DEAD)
    vendor.rows = [ListedRow("crego-account", "LA-7", "activation")]
    differs = compared(crego).differences.get()
    assert (differs.field, differs.delivery) == ("state", given_up)


# Days ---------------------------------------------------------------------------------------------------------------


def test_midnight_raises_no_false_alarm(vendor, crego, partner, program):
    midnight = datetime(2026, 3, 10, tzinfo=timezone.get_default_timezone())
    moments = [midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=1, seconds=-1)]
    moments.append(midnight + timedelta(days=1))
    mine = [
        deliver(crego, lead, at)
        for lead, at in zip(people.leads_of(partner, program, 4), moments, strict=True)
    ]
    vendor.rows = [replace(listed(each), created_at=each.delivered_at) for each in mine]
    vendor.rows.append(ListedRow("theirs-of-the-day-before", created_at=moments[0]))
    asked = compared(crego)
    assert sums(asked) == ("done", 2, 2, 2)
    assert not asked.differences.exists()
    assert {(first, last) for first, last, _ in vendor.asked} == {(date(2026, 3, 9), date(2026, 3, 11))}


def test_day_is_one_of_our_time_zone(vendor, crego, partner, program):
    lead = people.leads_of(partner, program, 1)[0]
    deliver(crego, lead, datetime(2026, 3, 9, 18, 31, tzinfo=UTC))  # 00:01 on the 10th in Asia/Kolkata
    assert found(compared(crego)) == {Kind.MISSING_THERE: 1}


def test_record_that_was_sent_days_before_is_looked_for_from_that_day_on(vendor, crego, delivered):
    Exchange.objects.filter(delivery=delivered[0]).update(created_at=NOON - timedelta(days=3))
    vendor.rows = [listed(each) for each in delivered]
    assert compared(crego).matched == 5
    assert vendor.asked[0][0] == date(2026, 3, 6)


def test_several_days_are_compared_as_one(vendor, crego, delivered):
    Delivery.objects.filter(pk=delivered[0].pk).update(delivered_at=NOON + timedelta(days=1))
    vendor.rows = [listed(each) for each in delivered]
    assert sums(compared(crego, DAY, date(2026, 3, 11))) == ("done", 5, 5, 5)


# A list that moves, and pages that fail ------------------------------------------------------------------------------


def test_record_that_slips_to_a_page_read_before_is_not_missing(vendor, crego, delivered):
    vendor.rows = [ListedRow("another"), *map(listed, delivered)]

    def take_away(page: int) -> None:
        if page == 2 and len(vendor.rows) == 6:
            del vendor.rows[0]  # the third is now the second: on the page that was read

    vendor.before_page = take_away
    asked = compared(crego)
    assert found(asked) == {Kind.MISSING_HERE: 1}
    assert asked.matched == 5


def test_record_that_is_pushed_to_the_next_page_is_counted_once(vendor, crego, delivered):
    vendor.rows = [listed(each) for each in delivered]

    def push(page: int) -> None:
        if page == 2 and len(vendor.rows) == 5:
            vendor.rows.insert(0, ListedRow("new-there"))

    vendor.before_page = push
    asked = compared(crego)
    assert sums(asked) == ("done", 5, 5, 5)


def test_list_that_got_shorter_while_it_was_read_simply_ends(vendor, crego, delivered, monkeypatch):
    vendor.rows = [listed(each) for each in delivered]

    def send(*given: Any) -> Response:
        vendor.send(*given)
        return Response(404 if vendor.asked[-1][2] == 3 else 200, b'{"detail": "Invalid page."}')

    monkeypatch.setattr(Caller, "send", send)
    asked = compared(crego)
    assert (asked.state, found(asked)) == ("done", {Kind.MISSING_THERE: 1})
    assert [page for _, _, page in vendor.asked] == [1, 2, 3, 1, 2, 3]


def test_delivered_while_the_list_is_read_is_not_missing_here(vendor, crego, delivered):
    late = delivered[4]
    Delivery.objects.filter(pk=late.pk).update(state=State.SENDING, reference="", ref="not-listed")
    vendor.rows = [replace(listed(late), ref=""), *map(listed, delivered[:4])]

    def settle(page: int) -> None:
        if page == 3:
            Delivery.objects.filter(pk=late.pk).update(state=State.DELIVERED, reference=late.reference)

    vendor.before_page = settle
    assert found(compared(crego))[Kind.MISSING_HERE] == 0


def test_page_that_fails_once_is_asked_for_again(vendor, crego, delivered):
    vendor.rows = [listed(each) for each in delivered]
    failures = iter([errors.OutcomeUnknown("HTTP 502")])

    def fail(page: int) -> None:
        if page == 2 and (failure := next(failures, None)):
            raise failure

    vendor.before_page = fail
    assert compared(crego).matched == 5


def test_page_that_fails_twice_fails_the_whole_and_leaves_nothing_half(vendor, crego, delivered):
    vendor.rows = [listed(each, primary_mobile="9000000000") for each in delivered]

    def fail(page: int) -> None:
        if page == 2:
            raise errors.Misconfigured("HTTP 403: no listing for asha@lender.example")

    vendor.before_page = fail
    asked = compared(crego)
    assert sums(asked) == ("failed", 0, 0, 0)
    assert asked.reason == "Page 2 of the list could not be read: HTTP 403: no listing for a…@lender.example"
    assert not Difference.objects.exists()
    assert Notice.objects.get().text == "The vendor's list for 10 Mar 2026 could not be read to its end."
    crego.refresh_from_db()
    assert not crego.paused


def test_page_that_comes_again_and_again_is_no_endless_list(vendor, crego, delivered, monkeypatch):
    same = Listed((ListedRow("one"), ListedRow("two")), True)
    monkeypatch.setattr(CregoCrm, "parse_list", lambda *given: same)
    assert compared(crego).reason == "Page 2 is the one before it again."


def test_record_without_any_name_fails_the_whole(vendor, crego):
    vendor.rows = [ListedRow("", status="new")]
    assert compared(crego).reason == "Page 1 holds a record without an id and without our reference."


@pytest.mark.django_db(transaction=True)
def test_fault_of_ours_is_told_without_values(vendor, crego, delivered, monkeypatch):
    monkeypatch.setattr(CregoCrm, "parse_list", lambda *given: {"9800000001": 1}["asha"])
    assert compared(crego).reason == "A fault in leadops: KeyError."


# Asking, and going on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 3, 10), date(2026, 3, 9), "before the first"),
        (date(2026, 1, 1), date(2026, 3, 9), "at most 31 days"),
        (date(2026, 3, 10), date(2199, 1, 1), "not here yet"),
    ],
)
def test_odd_days_are_refused(vendor, crego, first, last, said):
    with pytest.raises(reconciling.CannotReconcile, match=said):
        reconciling.start(crego, first, last)


def test_vendor_that_cannot_list_is_refused(crego, monkeypatch):
    monkeypatch.setattr(CregoCrm, "can_list", False)
    with pytest.raises(reconciling.CannotReconcile, match="can't list"):
        reconciling.start(crego, DAY, DAY)


def test_second_comparison_waits_for_the_first(vendor, crego):
    reconciling.start(crego, DAY, DAY)
    with pytest.raises(reconciling.CannotReconcile, match="under way"):
        reconciling.start(crego, DAY, DAY)


def test_paused_connection_is_not_asked(vendor, crego):
    outbox.pause(crego, "wrong token")
    crego.refresh_from_db()
    with pytest.raises(reconciling.CannotReconcile, match="paused"):
        reconciling.start(crego, DAY, DAY)


def test_night_compares_the_day_before_once(vendor, crego, settings):
    settings.RECONCILE_HOUR = 0
    assert [reconciling.start_nightly(), reconciling.start_nightly()] == [1, 0]
    asked = Reconciliation.objects.get()
    assert asked.first_on == asked.last_on == timezone.localdate() - timedelta(days=1)
    reconciling.go_on()
    asked.refresh_from_db()
    assert asked.state == "done"
    assert reconciling.start_nightly() == 0


def test_hour_that_no_day_has_means_never(vendor, crego, settings):
    settings.RECONCILE_HOUR = 24
    assert reconciling.start_nightly() == 0


def test_what_a_worker_left_is_done_again_from_the_start(vendor, crego, delivered):
    vendor.rows = [listed(each) for each in delivered]
    asked = reconciling.start(crego, DAY, DAY)
    asked.differences.create(kind=Kind.MISSING_HERE, reference="left")
    turns = iter([False, False, True])
    reconciling.run(asked.pk, lambda: next(turns))
    asked.refresh_from_db()
    assert asked.state == "running"
    reconciling.go_on()
    asked.refresh_from_db()
    assert sums(asked) == ("done", 5, 5, 5)
    assert not asked.differences.exists()


def test_comparison_that_never_ends_is_given_up(vendor, crego):
    asked = reconciling.start(crego, DAY, DAY)
    Reconciliation.objects.update(created_at=timezone.now() - timedelta(hours=7))
    reconciling.run(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "failed"


def test_two_workers_do_not_do_the_same(vendor, crego):
    asked = reconciling.start(crego, DAY, DAY)
    params = {
        k: v for k, v in database.get_connection_params().items() if k in ("host", "user", "dbname", "port")
    }
    with psycopg.connect(**params) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [asked.pk.int % 2**63])
        reconciling.run(asked.pk)
        asked.refresh_from_db()
        assert (asked.state, vendor.asked) == ("running", [])
        other.execute("SELECT pg_advisory_unlock_all()")
    reconciling.run(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "done"


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_vendor_is_called(vendor, crego, delivered):
    vendor.rows = [listed(each) for each in delivered]
    open_ones: list[bool] = []
    vendor.before_page = lambda page: open_ones.append(database.in_atomic_block)
    assert compared(crego).matched == 5
    assert open_ones == [False, False, False]


def test_page_costs_the_same_queries_however_many_rows_it_has(
    vendor, crego, partner, program, django_assert_max_num_queries
):
    mine = [deliver(crego, lead) for lead in people.leads_of(partner, program, 40)]
    vendor.rows, vendor.page_size = [listed(each) for each in mine], 40
    with django_assert_max_num_queries(40):
        assert compared(crego).matched == 40


# What follows -------------------------------------------------------------------------------------------------------


def test_workbook_holds_each_difference(vendor, crego, delivered):
    vendor.rows = [listed(delivered[1], primary_mobile="9000000000"), *map(listed, delivered[2:])]
    with reconciling.workbook(compared(crego)) as file:
        rows = load_workbook(file).get_sheet_by_name("Differences").to_python()
    assert rows[0][:3] == ["Difference", "Kind", "Lead"]
    kinds = {row[0]: row for row in rows[1:]}
    assert kinds["Missing at the vendor"][2] == str(delivered[0].lead_id)
    assert kinds["Differs"][6:9] == ["primary_mobile", kinds["Differs"][7], "XXXXXX0000"]
    assert len(rows) == 3


@pytest.mark.django_db(transaction=True)  # the engine's clock is that of its transaction
def test_doubted_delivery_is_looked_up_and_never_sent_again_by_the_engine(
    connections, vendor_sandbox, partner, program, settings
):
    settings.DELIVERY_LOOKUPS = (0, 0)
    lead = people.leads_of(partner, program, 1)[0]
    mine = deliver(connections["crego_crm"], lead)
    assert outbox.doubt([mine.pk], "The vendor does not list it.") == 1
    mine.refresh_from_db()
    assert (mine.state, mine.once_unknown) == (State.UNKNOWN, True)
    engine.drain()
    mine.refresh_from_db()
    assert mine.state == State.REVIEW
    assert {call["kind"] for call in vendor_sandbox.calls("crego_crm")} == {"find"}


@pytest.mark.django_db(transaction=True)  # the engine's clock is that of its transaction
def test_doubted_delivery_that_is_found_is_delivered(connections, partner, program, vendor_sandbox):
    lead = people.leads_of(partner, program, 1)[0]
    leads.submit([lead])
    engine.drain()
    mine = Delivery.objects.get(connection__vendor="crego_crm")
    outbox.doubt([mine.pk], "The vendor does not list it.")
    engine.drain()
    mine.refresh_from_db()
    assert mine.state == State.DELIVERED
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_doubt_where_the_vendor_cannot_be_asked_is_for_a_person_at_once(partner, program):
    ispcrm = vendors.connect("http://localhost:1", "ispcrm")["ispcrm"]
    lead = people.leads_of(partner, program, 1)[0]
    mine = Delivery.objects.create(
        connection=ispcrm,
        kind="lead",
        lead=lead,
        record_id=lead.pk,
        version=1,
        ref="r",
        state=State.DELIVERED,
    )
    assert outbox.doubt([mine.pk], "They say they have none.") == 1
    mine.refresh_from_db()
    assert (mine.state, mine.once_unknown) == (State.REVIEW, True)
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.NEEDS_PERSON


def test_many_are_doubted_in_parts_that_hold_few_leads_each(crego, delivered, monkeypatch):
    held, lock = [], summary.lock

    def counted(leads):
        held.append(len(leads))
        return lock(leads)

    monkeypatch.setattr(summary, "lock", counted)
    monkeypatch.setattr(doubting, "AT_ONCE", 2)
    assert outbox.doubt([each.pk for each in delivered], "A test.") == 5
    assert max(held) == 2


def test_only_what_is_delivered_can_be_doubted(crego, delivered):
    Delivery.objects.filter(pk=delivered[0].pk).update(state=State.REJECTED)
    assert outbox.doubt([each.pk for each in delivered], "A test.") == 4
