"""How the database finds what the rows of an import refer to."""

from __future__ import annotations

import pytest
from django.db import connection

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
