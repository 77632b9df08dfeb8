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
