"""K2, K4: what was done stays as it was told, and who alters it all the same is found out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from leadops import statements
from leadops.audit import chain, heads
from leadops.models import Branch
from leadops.services import audit
from tests.environment import ROOT
from tests.patience import wait_until

TABLES = ("leadops_auditact", "leadops_auditevent", "leadops_auditseal")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.AUDIT_HEADS = tmp_path
    return tmp_path


def others_over() -> None:
    """Wait until what began before is over on this server, other tests too: a seal waits for it."""
    [(ours,)] = statements.rows("SELECT pg_current_xact_id()::text::bigint")
    oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    wait_until(lambda: statements.rows(oldest) > [(ours,)], "another test's transaction ends")


def keep_up() -> None:
    others_over()
    audit.keep_up()


@pytest.fixture
def sealed(transactional_db, as_owner) -> Iterator[list[int]]:
    """Three events in one seal, two in the next; their ids."""
    as_owner("DELETE FROM leadops_auditact; DELETE FROM leadops_auditevent; DELETE FROM leadops_auditseal")
    for code in ("north", "south", "east"):
        Branch.objects.create(code=code, name=code)
    keep_up()
    Branch.objects.filter(code="north").update(name="North")
    Branch.objects.filter(code="south").delete()
    keep_up()
    yield [pk for (pk,) in statements.rows("SELECT id FROM leadops_auditevent ORDER BY id")]
    as_owner("DELETE FROM leadops_auditact; DELETE FROM leadops_auditevent; DELETE FROM leadops_auditseal")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_written_is_never_changed(sealed, table, sql):
    column = "number" if table == "leadops_auditseal" else "id"
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(sql.format(table, column, column))


def test_no_months_table_is_a_back_door(sealed):
    """Row triggers go with the table to its partitions, the trigger on TRUNCATE does not by itself."""
    for (name,) in statements.rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits i JOIN pg_class c"
        " ON c.oid = i.inhparent WHERE c.relname LIKE 'leadops\\_audit%%'"
        " AND c.relkind = 'p'"
    ):
        for sql in ("TRUNCATE {}", "DELETE FROM {}"):
            [(filled,)] = statements.rows(f"SELECT EXISTS (SELECT FROM {name})")
            if "DELETE" in sql and not filled:
                continue
            with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
                cursor.execute(sql.format(name))


def test_a_whole_chain_is_told_with_its_numbers(sealed, capsys):
    call_command("verify_audit")
    assert "The audit is whole: 5 events in 2 seals" in capsys.readouterr().out


ACT_OF = "(SELECT act FROM leadops_auditevent WHERE id = {})"
CUT = f"""
DELETE FROM leadops_auditact WHERE id >= {ACT_OF.format("{3}")};
DELETE FROM leadops_auditevent WHERE id >= {{3}};
DELETE FROM leadops_auditseal WHERE number = 2
"""
ONE_MORE = """
INSERT INTO leadops_auditevent (act, at, action, model, record)
SELECT act, at, 'delete', 'x', 'y' FROM leadops_auditevent WHERE id = {1}
"""
OF_NOBODY = "INSERT INTO leadops_auditevent (act, action, model, record) VALUES (0, 'delete', 'x', 'y')"
ALTERED = {
    "values": (
        "UPDATE leadops_auditevent SET changes = '[]' WHERE id = {3}",
        "Event {3} of seal 2 was altered",
    ),
    "who": (
        f"UPDATE leadops_auditact SET who = 'officer ravi' WHERE id = {ACT_OF.format('{0}')}",
        "Event {0} of seal 1 was altered",
    ),
    "when": ("UPDATE leadops_auditevent SET at = at + interval '1 s' WHERE id = {1}", "Event {1} of seal 1"),
    "an event is gone": ("DELETE FROM leadops_auditevent WHERE id = {2}", "Event {2} of seal 1 is missing"),
    "an act is gone": (
        f"DELETE FROM leadops_auditact WHERE id = {ACT_OF.format('{1}')}",
        "Event {1} of seal 1 is missing",
    ),
    "an event more": (ONE_MORE, "is new"),
    "an event of nobody": (OF_NOBODY, "is in no seal"),
    "a hash": ("UPDATE leadops_auditseal SET hash = 'x' WHERE number = 1", "Seal 1 was altered"),
    "leaves": ("UPDATE leadops_auditseal SET leaves = '' WHERE number = 2", "Seal 2 was altered"),
    "a seal is gone": ("DELETE FROM leadops_auditseal WHERE number = 1", "Seal 1 is missing"),
    "the end is gone": (CUT, "the end of the chain was cut off"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_whoever_owns_the_database_is_found_out(sealed, as_owner, what):
    sql, told = ALTERED[what]
    as_owner(sql.format(*sealed))
    with pytest.raises(CommandError) as refused:
        call_command("verify_audit")
    assert told.format(*sealed) in str(refused.value)


def test_a_seal_that_was_made_anew_to_fit_is_not_the_one_written_down(sealed, as_owner):
    as_owner(
        "DELETE FROM leadops_auditevent WHERE id = (SELECT max(id) FROM leadops_auditevent);"
        " DELETE FROM leadops_auditseal WHERE number = 2"
    )
    others_over()
    chain.close()
    assert "is not the one that was written down" in audit.verify().broken


def test_each_day_has_its_head_outside_the_database(sealed, folder):
    keep_up()
    assert len((folder / heads.DAILY).read_text().splitlines()) == 1
    assert [each.number for each in heads.written_down()] == [1, 2]


def test_a_head_goes_by_mail_once_a_day(sealed, folder, settings, mailoutbox):
    settings.AUDIT_EMAIL = ["auditor@lender.example"]
    (folder / heads.DAILY).write_text("2020-01-01T00:00:00Z 1 00\n")
    keep_up()
    keep_up()
    [mail] = mailoutbox
    assert chain.head().hash.hex() in mail.body


def test_what_is_under_way_is_sealed_when_it_is_over(sealed):
    """A transaction that began before others and ends after them is not left out of the chain."""
    others_over()
    with transaction.atomic():
        Branch.objects.create(code="slow", name="Slow")

        def meanwhile() -> None:
            Branch.objects.create(code="quick", name="Quick")
            audit.keep_up()
            connection.close()

        other = Thread(target=meanwhile)
        other.start()
        other.join()
        assert chain.head().number == 2
    keep_up()
    verdict = audit.verify()
    assert (verdict.broken, verdict.events, verdict.unsealed) == ("", 7, 0)


def test_a_server_that_counts_transactions_from_the_start_goes_on_with_the_chain(sealed, as_owner, folder):
    """As after a restore: what came from the old server was written by transactions with greater numbers."""
    as_owner("DELETE FROM leadops_auditseal; UPDATE leadops_auditact SET xact = xact + 1000000000")
    (folder / heads.NEWEST).unlink()
    (folder / heads.DAILY).unlink()
    last = chain._sealed(chain.Head(), chain.FOREVER)
    assert last.upto > 1_000_000_000
    Branch.objects.create(code="west", name="West")
    audit.verify()
    keep_up()
    Branch.objects.create(code="centre", name="Centre")
    keep_up()
    verdict = audit.verify()
    assert (verdict.broken, verdict.events, verdict.unsealed) == ("", 7, 0)


def test_events_are_sealed_some_thousand_at_a_time(sealed, monkeypatch):
    monkeypatch.setattr(chain, "EVENTS_A_SEAL", 2)
    monkeypatch.setattr(chain, "ACTS_A_LOOK", 3)
    for number in range(7):
        Branch.objects.create(code=f"b{number}", name=f"B {number}")
    others_over()
    assert chain.close() == 4
    assert (audit.verify().broken, audit.verify().events) == ("", 12)


def test_months_that_are_over_are_dropped_and_the_chain_stays_whole(sealed, settings):
    statements.rows("SELECT leadops_audit_make_month('2020-01-15')")
    statements.run(
        "INSERT INTO leadops_auditact (at, xact, who, on_behalf_of, reason, request_id, origin, db_role)"
        " VALUES ('2020-01-20', pg_current_xact_id()::text::bigint, 'officer old', '', '', '', '', '')"
    )
    statements.run(
        "INSERT INTO leadops_auditevent (act, at, action, model, record)"
        " SELECT max(id), '2020-01-20', 'insert', 'leadops.lead', 'x' FROM leadops_auditact"
    )
    others_over()
    chain.close()
    assert audit.verify().events == 6
    keep_up()
    verdict = audit.verify()
    assert (verdict.broken, verdict.pruned) == ("", 1)
    [(told,)] = statements.rows("SELECT record FROM leadops_auditevent WHERE action = 'pruned'")
    assert told == "2020-01"


def test_the_database_drops_no_month_of_the_last_year(sealed):
    with pytest.raises(DatabaseError, match="for a year at least"):
        statements.rows("SELECT leadops_audit_drop_month(now()::date)")


@pytest.fixture
def as_app(db) -> Callable[[str], None]:
    """What the product's own role may do, where it is not the owner of the tables."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE leadops_app; GRANT ALL ON ALL TABLES IN SCHEMA public TO leadops_app")
        cursor.execute((ROOT / "deploy" / "audit_rights.sql").read_text())

    def run(sql: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE leadops_app")
            cursor.execute(sql)
            cursor.execute("RESET ROLE")

    return run


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_products_own_role_has_no_right_to_change_it(as_app, table, sql):
    column = "number" if table == "leadops_auditseal" else "id"
    with pytest.raises(DatabaseError, match="permission denied"):
        as_app(sql.format(table, column, column))


def test_the_products_own_role_adds_events_by_its_writes_alone(branch, as_app, events):
    with pytest.raises(DatabaseError, match="permission denied"):
        as_app("INSERT INTO leadops_auditevent (act, action, model, record) VALUES (1, 'delete', 'x', 'y')")
    with pytest.raises(DatabaseError, match="must be owner"):
        as_app("ALTER TABLE leadops_branch DISABLE TRIGGER ALL")
    as_app("UPDATE leadops_branch SET name = 'Renamed'")
    [event] = events(action="update")
    assert event.changes == {"name": ["North", "Renamed"]}


@pytest.fixture
def branch(db) -> Branch:
    return Branch.objects.create(code="north", name="North")
