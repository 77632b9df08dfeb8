"""How the database finds what the rows of an import refer to."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from leadops import doorbell, statements
from tests import people
from tests.leadops.excel.workbooks import good_rows

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 60


def times_read_whole(table: str) -> int:
    """How often a statement has read all rows of the table."""
    statements.rows("SELECT pg_stat_force_next_flush()")
    [(times,)] = statements.rows("SELECT pg_stat_get_numscans(%s::regclass)", [table])
    return int(times)


def test_keys_are_looked_up_by_index_though_this_session_began_with_empty_tables(
    finished, partner, program, monkeypatch
):
    """Else every row has whole tables read, and a hundred thousand rows take an hour."""
    monkeypatch.setattr(doorbell, "ring", lambda task, **sent: None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE leadops_lead, leadops_applicant")
    people.leads_of(partner, program)
    before = [times_read_whole(table) for table in ("leadops_lead", "leadops_applicant")]
    assert finished(good_rows(ROWS)).created == ROWS
    after = [times_read_whole(table) for table in ("leadops_lead", "leadops_applicant")]
    assert [late - early < ROWS / 2 for late, early in zip(after, before, strict=True)] == [True, True]


def test_an_import_plans_anew_what_its_session_planned_when_a_table_held_next_to_nothing(finished):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE grown (number integer PRIMARY KEY)")
        cursor.execute("INSERT INTO grown VALUES (1)")
        cursor.execute("VACUUM ANALYZE grown")
        cursor.execute("PREPARE look_up AS SELECT * FROM grown WHERE number = 5")
        assert "Seq Scan" in _plan_of_look_up()
        cursor.execute("INSERT INTO grown SELECT generate_series(2, 50000)")
        assert "Seq Scan" in _plan_of_look_up()
        try:
            assert finished(good_rows(1)).created == 1
            assert "Index" in _plan_of_look_up()
        finally:
            cursor.execute("DEALLOCATE look_up")
            cursor.execute("DROP TABLE grown")


def _plan_of_look_up() -> str:
    return str(statements.rows("EXPLAIN EXECUTE look_up"))


ROWS_OF = "SELECT id FROM leadops_importrow WHERE"
SOME_ID = "'01900000-0000-7000-8000-000000000000'"


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (f"{ROWS_OF} batch_id = {SOME_ID} AND outcome = 'failed' ORDER BY number", "import_row_by_result"),
        (f"{ROWS_OF} batch_id = {SOME_ID} AND outcome = 'waiting' ORDER BY lead_row", "import_row_to_do"),
        (f"{ROWS_OF} lead_id IN ({SOME_ID}, gen_random_uuid())", "import_row_by_lead"),
        ("SELECT id FROM leadops_lead WHERE created_by_id IN (1, 2)", "lead_by_maker"),
    ],
)
def test_indexes_without_empty_entries_serve_who_asks_for_the_others(asked, index):
    with transaction.atomic():
        statements.run("SET LOCAL enable_seqscan = off")
        assert index in str(statements.rows(f"EXPLAIN {asked}"))


def test_a_key_of_an_import_row_is_checked_by_its_index():
    """As the server itself does for each lead that is deleted, with a plan for whichever lead it is."""
    with transaction.atomic():
        statements.run("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        statements.run(f"PREPARE of_lead (uuid) AS {ROWS_OF} lead_id = $1")
        try:
            assert "import_row_by_lead" in str(statements.rows(f"EXPLAIN EXECUTE of_lead ({SOME_ID})"))
        finally:
            statements.run("DEALLOCATE of_lead")
