"""Exchanges by month: made ahead, found by their indexes, emptied and dropped."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from crm_integrations import partitions
from crm_integrations.models import Connection, Exchange
from leadops import statements
from leadops.ids import first_id_at, made_at, uuid7

LONG_AGO = datetime(2019, 5, 17, 12, tzinfo=UTC)
BEFORE, SINCE = "0001_tables", "0002_beyond_models"


@pytest.fixture
def vendor(db) -> Connection:
    made = Connection(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:9")
    made.save()
    return made


def call(vendor: Connection, moment: datetime | None = None, **more: object) -> Exchange:
    """A call that was made at `moment`."""
    with made_at(moment or timezone.now()):
        made = uuid7()
    more = {"request_body": "{}", "response_body": "{}", "purpose": "create"} | more
    return Exchange.objects.create(pk=made, connection=vendor, **more)


def place_of(made: Exchange) -> str:
    """The table that holds it."""
    query = f"SELECT tableoid::regclass::text FROM {partitions.TABLE} WHERE id = %s"
    return str(statements.rows(query, [made.pk])[0][0])


def place(made: Exchange) -> str:
    """The month of the table that holds it."""
    return place_of(made).removeprefix(f"{partitions.TABLE}_")


def plan(query: str) -> str:
    """How PostgreSQL would answer, were there too many rows to read them all."""
    with transaction.atomic():
        partitions.run("SET LOCAL enable_seqscan = off")
        return "\n".join(line for (line,) in statements.rows(f"EXPLAIN {query}"))


def test_this_month_and_the_next_three_have_partitions_after_migrate(db):
    months = [each.month for each in partitions.known()]
    first = partitions.today().replace(day=1)
    assert months[: months.index(first) + 1][-1] == first
    assert len(months[months.index(first) :]) == 1 + partitions.MONTHS_AHEAD
    assert partitions.make_ahead() == []


def test_months_follow_each_other_over_the_year():
    assert partitions.after(date(2026, 1, 1)) == date(2026, 2, 1)
    assert partitions.after(date(2026, 12, 1)) == date(2027, 1, 1)


def test_a_call_of_now_lies_in_its_month_and_one_of_long_ago_in_the_rest(vendor):
    assert place(call(vendor)) == f"{partitions.today():%Y_%m}"
    assert place(call(vendor, LONG_AGO)) == "rest"


def test_what_lies_in_the_rest_moves_to_its_month_once_that_is_made(vendor):
    made = [
        call(vendor, moment)
        for moment in (LONG_AGO, LONG_AGO + timedelta(days=1), datetime(2020, 1, 1, tzinfo=UTC))
    ]
    assert partitions.make_ahead() == [date(2019, 5, 1), date(2020, 1, 1)]
    assert [place(each) for each in made] == ["2019_05", "2019_05", "2020_01"]


def test_the_first_and_the_last_moment_of_a_month_are_in_it(vendor):
    first = datetime(2019, 5, 1, tzinfo=UTC)
    last = datetime(2019, 6, 1, tzinfo=UTC) - timedelta(milliseconds=1)
    made = [call(vendor, moment) for moment in (first - timedelta(milliseconds=1), first, last)]
    partitions.make_ahead()
    assert [place(each) for each in made] == ["2019_04", "2019_05", "2019_05"]


def test_an_id_of_no_believable_time_stays_in_the_rest(vendor):
    made = Exchange.objects.create(pk=UUID(int=1 << 127 | 7), connection=vendor, purpose="create")
    assert partitions.make_ahead() == []
    assert place(made) == "rest"


def test_a_new_partition_checks_what_the_table_checks(vendor):
    call(vendor, LONG_AGO)
    partitions.make_ahead()
    partitions.run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic():
        call(vendor, LONG_AGO, delivery_id=uuid7())
    with pytest.raises(IntegrityError), transaction.atomic():
        call(vendor, LONG_AGO, status=-1)


@pytest.mark.django_db(transaction=True)
def test_a_table_that_others_hold_is_left_alone_until_the_next_day(
    vendor, held_elsewhere, monkeypatch, caplog
):
    monkeypatch.setattr(partitions, "PATIENCE", "100ms")
    call(vendor, LONG_AGO)
    with held_elsewhere(f"LOCK TABLE {partitions.REST} IN ROW EXCLUSIVE MODE"):
        assert partitions.make_ahead() == []
    assert "the rest" in caplog.text
    assert partitions.make_ahead() == [date(2019, 5, 1)]
    partitions.drop(partitions.known()[0])


# Reading ------------------------------------------------------------------------------------------------------------


def test_what_settles_a_call_touches_one_partition(vendor):
    made = call(vendor)
    read = plan(f"UPDATE {partitions.TABLE} SET status = 200 WHERE id = '{made.pk}'")
    assert set(re.findall(r"exchange_(\w+?)(?:_pkey)? ", read)) >= {f"{partitions.today():%Y_%m}"}
    assert "rest" not in read
    assert "Seq Scan" not in read


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("delivery_id = '{id}'", id="the panel of a record"),
        pytest.param("delivery_id = ANY ('{{{id}}}') AND finished_at IS NULL", id="the reaper"),
        pytest.param(
            "connection_id = '{id}' AND id > '{since}' AND id < '{now}' ORDER BY id LIMIT 500", id="watching"
        ),
        pytest.param("connection_id = '{id}' ORDER BY id DESC LIMIT 500", id="the breaker"),
        pytest.param("id >= '{since}' AND purpose = 'create'", id="reconciling"),
        pytest.param("true ORDER BY id DESC LIMIT 100", id="the list of calls"),
    ],
)
def test_what_is_read_is_found_by_an_index_of_every_partition(vendor, query):
    now = timezone.now()
    named = {"id": uuid7(), "since": first_id_at(now - timedelta(hours=1)), "now": first_id_at(now)}
    read = plan(f"SELECT * FROM {partitions.TABLE} WHERE {query.format(**named)}")
    assert "Index Scan" in read or "Bitmap Index Scan" in read
    assert "Seq Scan" not in read


def test_a_range_of_time_leaves_out_the_other_months(vendor):
    call(vendor, LONG_AGO)
    partitions.make_ahead()
    read = plan(f"SELECT * FROM {partitions.TABLE} WHERE id >= '{first_id_at(timezone.now())}'")
    assert "2019_05" not in read


# Emptying -----------------------------------------------------------------------------------------------------------


def test_old_bodies_are_emptied_by_day_and_no_day_is_read_twice(vendor, django_assert_max_num_queries):
    old, fresh = call(vendor, LONG_AGO), call(vendor, LONG_AGO + timedelta(days=3))
    partitions.make_ahead()
    before = (LONG_AGO + timedelta(days=2)).date()
    assert partitions.empty_bodies(before) == 1
    assert Exchange.objects.get(pk=old.pk).request_body == Exchange.objects.get(pk=old.pk).response_body == ""
    assert Exchange.objects.get(pk=fresh.pk).request_body == "{}"
    assert partitions.known()[0].emptied_until == before
    with django_assert_max_num_queries(4):
        assert partitions.empty_bodies(before) == 0
    assert partitions.empty_bodies(before + timedelta(days=2)) == 1


def test_bodies_are_emptied_where_nobody_dates_them(vendor):
    made = call(vendor, datetime(1999, 1, 1, tzinfo=UTC))
    assert partitions.empty_bodies(partitions.today()) == 1
    assert place(made) == "rest"


# The migration ------------------------------------------------------------------------------------------------------


SHAPE = """
SELECT conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'crm_integrations_exchange'::regclass AND contype <> 'n' AND conparentid = 0
UNION ALL SELECT relname, 'i', regexp_replace(pg_get_indexdef(oid), ' ON (ONLY )?', ' ON ') FROM pg_class
JOIN pg_index ON indexrelid = oid WHERE indrelid = 'crm_integrations_exchange'::regclass
ORDER BY 1, 2
"""


def migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("crm_integrations", name)])


@pytest.mark.django_db(transaction=True)
def test_the_migration_keeps_every_row_constraint_index_and_name():
    shape = statements.rows(SHAPE)
    vendor = Connection(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:9")
    vendor.save()  # while its table has all its columns
    try:
        migrate(BEFORE)
        whole = statements.rows(SHAPE)
        made = [call(vendor, moment) for moment in (LONG_AGO, timezone.now())]
        rows = statements.rows("SELECT * FROM crm_integrations_exchange ORDER BY id")
        migrate(SINCE)
        partitions.make_ahead()
        assert statements.rows("SELECT * FROM crm_integrations_exchange ORDER BY id") == rows
        assert [place(each) for each in made] == ["2019_05", f"{partitions.today():%Y_%m}"]
        assert statements.rows(SHAPE) == whole
    finally:
        call_command("migrate", "crm_integrations", verbosity=0)
    assert statements.rows(SHAPE) == shape
    partitions.drop(partitions.known()[0])
    assert partitions.known()[0].month == partitions.today().replace(day=1)
