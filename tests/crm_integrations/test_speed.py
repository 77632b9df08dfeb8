"""What a delivery costs: round trips, counted, because they decide how many a worker sends in a second."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox, partitions, summary
from crm_integrations.models import Connection, Delivery, Exchange, State
from crm_integrations.outbox import enqueueing, settling
from crm_integrations.outbox.exchanges import answered
from leadops import statements
from leadops.ids import made_at, uuid7
from leadops.models import AuditEvent
from leadops.prepared import BY_ONE_PLAN, IN_ORDER, Statement, run
from tests.crm_integrations.in_hand import kept_plan

pytestmark = pytest.mark.django_db(transaction=True)


def only_ispcrm() -> None:
    Delivery.objects.exclude(connection__vendor="ispcrm").delete()


def test_a_delivery_costs_one_round_trip_beside_its_call(receive, connections, vendor_sandbox):
    receive(0)
    only_ispcrm()
    engine.drain()  # from here on the session knows the prepared statements
    for number in range(1, 11):
        receive(number)
    only_ispcrm()
    said: list[str] = []

    def listen(execute, sql, params, many, context):
        said.append(sql)
        return execute(sql, params, many, context)

    claim = outbox.claim(limit=10)
    with database.execute_wrapper(listen):
        engine.deliver(claim)
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 11
    assert len(said) == 1 + 10 + 2, (
        said
    )  # the records, each call opened, the last outcome, the place given up


WRITTEN_IN_PLACE = """
SELECT sum(pg_stat_get_tuples_hot_updated(oid))::int FROM pg_class WHERE relkind = 'r' AND relname ~ %s
"""


def written_in_place(table: str) -> int:
    """How many rows of a table were changed without any index entry written anew."""
    statements.rows("SELECT pg_stat_force_next_flush()")
    [(count,)] = statements.rows(WRITTEN_IN_PLACE, [f"^crm_integrations_{table}"])
    return int(count)


def test_opening_a_call_and_keeping_its_answer_writes_no_index_entry(receive, connections, vendor_sandbox):
    for number in range(10):
        receive(number)
    only_ispcrm()
    with database.cursor() as cursor:
        cursor.execute(
            "VACUUM crm_integrations_delivery"
        )  # else what was just deleted may still fill the page
    before = {table: written_in_place(table) for table in ("delivery", "exchange")}
    engine.drain()
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 10
    assert {table: written_in_place(table) - count for table, count in before.items()} == {
        "delivery": 10,
        "exchange": 10,
    }


def test_a_claim_of_one_connection_reads_it_once(receive, connections, django_assert_max_num_queries):
    for number in range(10):
        receive(number)
    only_ispcrm()
    outbox.release(outbox.claim(limit=1))  # from now on the session knows the statements
    with django_assert_max_num_queries(3) as asked:  # taking, deliveries, connection
        claim = outbox.claim(limit=10)
    ordered, *_ = asked.captured_queries[0]["sql"].partition("EXECUTE lock_connection")
    assert "EXECUTE in_order" in ordered  # planned without it, another index may be read
    assert len({id(each.connection) for each in claim.deliveries}) == 1
    assert claim.connector is claim.connector


@pytest.mark.parametrize(
    ("done", "seconds", "next_batch"), [(0, 1, 4), (5, 0.001, 50), (5, 1, 10), (5, 75, 1)]
)
def test_a_batch_is_work_for_two_seconds(done, seconds, next_batch):
    assert outbox.batch_after(done, seconds) == next_batch


def test_a_statement_is_prepared_again_in_a_new_session(connections):
    doubled = Statement("doubled", "SELECT 2 * %(number)s, %(word)s", number="int", word="text")
    for _ in range(2):
        with database.cursor() as cursor:
            run(cursor, {"number": 21, "word": "it's"}, doubled)
            assert cursor.fetchone() == (42, "it's")
        database.close()
    assert Connection.objects.exists()


def test_our_own_work_leaves_no_event_of_the_engine_s_tables(queue, receive, connections, vendor_sandbox):
    """However many statements go in one string: events would cost more than the work."""
    queue(12)
    receive(12)  # one lead alone has a road of its own
    engine.drain()
    outbox.sweep()
    assert Delivery.objects.filter(state=State.DELIVERED).count() >= 13
    assert not AuditEvent.objects.filter(model__startswith="crm_integrations.").exclude(
        model__in=["crm_integrations.connection", "crm_integrations.route"]
    )


@pytest.mark.parametrize("looks_for_duplicates", [True, False])
def test_a_new_lead_goes_with_its_deliveries_in_one_string(
    receive, program, connections, looks_for_duplicates
):
    """Where its routes could be asked before, with something else: else they go with it, and its deliveries after."""
    if not looks_for_duplicates:
        program.duplicate_days = 0
    receive(0)
    with CaptureQueriesContext(database) as asked:
        received = receive(1)
    [stored] = [each["sql"] for each in asked if "EXECUTE insert_lead" in each["sql"]]
    assert ("EXECUTE enqueue_" in stored) == looks_for_duplicates
    assert ("EXECUTE routed" in stored) != looks_for_duplicates
    assert sum("EXECUTE enqueue_" in each["sql"] for each in asked) == 1
    deliveries = Delivery.objects.filter(lead=received)
    assert sorted(each.connection.vendor for each in deliveries) == [
        "brainysoft",
        "broctagon",
        "crego_crm",
        "ispcrm",
    ]


def test_a_new_lead_s_deliveries_are_looked_for_by_their_own_keys(connections):
    """Not among all that their connection was ever sent, whatever the table held when it was planned."""
    insert = enqueueing._insert(could_be_anothers=True, guarded=False, waits=False)
    nothing = dict.fromkeys(enqueueing.New._fields, "{}") | {
        "again": "{}",
        "across": "",
        "perhaps_there": "",
    }
    plan = kept_plan(IN_ORDER, insert, nothing)
    assert "(record_id = n.record_id)" in plan.partition("one_delivery_per_version")[2].partition("Filter")[0]
    assert "Seq Scan" not in plan


def test_leads_of_settled_deliveries_are_looked_for_by_their_ids(connections):
    """In order they are locked without reading all leads there are in that order, however few those are."""
    settled = {"leads": "[]"}
    plan = kept_plan(BY_ONE_PLAN, summary.LOCK_GIVEN, settled)
    assert "Index Cond: (id = ANY" in plan


def test_the_calls_of_settled_deliveries_are_looked_for_in_their_month_by_their_ids(connections):
    """Also by a plan that was made on the first of a month, of which the server knows that nothing is in it yet."""
    call = uuid7()
    with database.cursor() as cursor:
        cursor.execute("ANALYZE crm_integrations_exchange")
    plan = kept_plan(BY_ONE_PLAN, settling.WRITE, {"endings": "[]", "first_call": call, "last_call": call})
    [scanned] = [
        line for line in plan.splitlines() if "Scan" in line and "on crm_integrations_exchange" in line
    ]
    assert f"on {partitions.name_of(partitions.today().replace(day=1))} " in scanned
    assert "Index Cond: ((id >= $2) AND (id <= $3))" in plan.partition(scanned)[2].splitlines()[1]


def test_answers_to_calls_of_two_months_are_kept_in_one_string(connections):
    """As at midnight before the first: each is kept where its call is."""
    there = Connection.objects.get(vendor="ispcrm")
    with made_at(timezone.now() - timedelta(days=40)):
        earlier = Exchange.objects.create(connection=there, purpose="create")
    now = Exchange.objects.create(connection=there, purpose="create")
    earlier.status, now.status = 200, 201
    written, named = settling.writing([answered(now), answered(earlier)])
    with database.cursor() as cursor:
        run(cursor, named, *written)
    assert list(Exchange.objects.order_by("id").values_list("status", flat=True)) == [200, 201]
