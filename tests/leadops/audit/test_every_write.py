"""K1: every write leaves an event, whatever the model and whatever the road."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.migrations import AlterField, Migration
from django.db.migrations.state import ProjectState

from leadops import statements
from leadops.audit import triggers
from leadops.audit.scope import Audited, audited, watched
from leadops.fields import EncryptedTextField
from leadops.models import AuditEvent

ALL = {each.label: each for each in audited()}
WATCHED = {each.label: each for each in watched()}
MODELS = {model._meta.label_lower: model for model in apps.get_models(include_auto_created=True)}
# What a constraint of the table asks for beyond a value of the column's kind.
ASKED: dict[str, dict[str, Any]] = {
    "leadops.pendingchange": {"decided_by_id": None},
    "leadops.export": {"road": "admin", "officer_id": 1},
}


def a_value(field: models.Field[Any, Any]) -> Any:
    """Something that the column takes."""
    if isinstance(field, models.ForeignKey):
        return a_value(field.target_field)
    if isinstance(field, EncryptedTextField):
        return ""
    if field.has_default() or field.null:
        return field.get_default()
    kinds: dict[str, Any] = {
        "UUIDField": uuid.uuid4(), "DateTimeField": "2026-01-01T00:00:00Z", "DateField": date(2026, 1, 1),
        "JSONField": {}, "BinaryField": b"x", "ArrayField": [], "GenericIPAddressField": "203.0.113.7",
    }  # fmt: skip
    if field.choices:
        return field.choices[0][0]
    kind = field.get_internal_type()
    return kinds.get(kind, 7 if "Integer" in kind or "Auto" in kind else "a")


def a_row(model: type[models.Model]) -> models.Model:
    """A row of its own; whom its foreign keys name need not be there, as nothing is committed."""
    values = {field.attname: a_value(field) for field in model._meta.concrete_fields if not field.primary_key}
    values |= ASKED.get(model._meta.label_lower, {})
    keys = [f for f in model._meta.concrete_fields if f.primary_key and not isinstance(f, models.AutoField)]
    return model(**values, **{key.attname: a_value(key) for key in keys})


def changed(each: Audited, model: type[models.Model]) -> tuple[str, str]:
    """A column and an expression of SQL that changes it."""
    for name in each.columns:
        field = model._meta.get_field(name)
        if isinstance(field, models.BooleanField):
            return name, f'NOT "{name}"'
        if isinstance(field, models.CharField) and not field.choices:
            return name, "'b'"
    for name in each.columns:
        field = model._meta.get_field(name)
        target = field.target_field if isinstance(field, models.ForeignKey) else field
        if target.get_internal_type() == "UUIDField":
            return name, "gen_random_uuid()"
        if "Auto" in target.get_internal_type() or "Integer" in target.get_internal_type():
            return name, f'coalesce("{name}", 1) + 1'
    raise AssertionError(f"{each.label} has no column to change")


def run_as(road: str, sql: str, *values: Any) -> None:
    """By our own connection, which tells who acts, or as somebody at the database's console."""
    cursor = connection.cursor() if road == "shell" else connection.connection.cursor()
    with cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize("label", ALL)
@pytest.mark.parametrize("road", ["shell", "sql"])
def test_a_row_that_is_made_changed_and_deleted_leaves_its_events(events, label, road):
    each, model = ALL[label], MODELS[label]
    who = "database role " if road == "sql" else "command "
    with transaction.atomic():
        row = a_row(model)
        row.save_base(raw=True, force_insert=True)
        key = str(row.pk)
        column, other = changed(each, model)
        run_as(road, f'UPDATE "{each.table}" SET "{column}" = {other} WHERE "{each.pk}" = %s', row.pk)
        run_as(road, f'DELETE FROM "{each.table}" WHERE "{each.pk}" = %s', row.pk)
        found = events(model=label)
        transaction.set_rollback(True)
    deeds = ["insert", "update", "delete"] if each.inserts else ["update", "delete"]
    assert [(event.action, event.record) for event in found] == [(deed, key) for deed in deeds]
    assert list(found[-2].changes) == [column]
    assert all(event.act.who.startswith(who) for event in found[-2:])


def test_no_table_is_without_its_triggers(db):
    there = {(table, name) for table, name, _ in statements.rows(triggers.THERE)}
    wanted = {(trigger.table, trigger.name) for each in audited() for trigger in triggers.triggers_of(each)}
    wanted |= {(trigger.table, trigger.name) for each in watched() for trigger in triggers.watches_of(each)}
    assert there == wanted
    assert len(wanted) > 120
    assert triggers.install() == 0


LOOKED_AT = """
SELECT c.relname, array_agg(a.attname::text) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (t.tgattr)
WHERE t.tgname = 'audit_update' AND t.tgparentid = 0 GROUP BY c.relname
"""


def test_a_change_of_any_audited_column_is_looked_at_and_of_no_other(db):
    """For a statement that sets none of them the server does not even read what is to be compared."""
    there = {table: set(names) for table, names in statements.rows(LOOKED_AT)}
    assert there == {each.table: set(each.columns) for each in audited() if each.columns}


@pytest.mark.parametrize("label", WATCHED)
def test_what_is_done_to_the_engine_s_tables_past_our_programs_leaves_events(events, label):
    each, model = WATCHED[label], MODELS[label]
    with transaction.atomic():
        row = a_row(model)
        row.save_base(raw=True, force_insert=True)  # as a program of ours: no event
        column, other = changed(each, model)
        for road in ("shell", "sql"):
            run_as(road, f'UPDATE "{each.table}" SET "{column}" = {other} WHERE "{each.pk}" = %s', row.pk)
            assert len(events(model=label)) == (road == "sql")
            other = other.replace("'b'", "'c'")
        run_as(
            "sql", f'CREATE TEMP TABLE kept AS SELECT * FROM "{each.table}" WHERE "{each.pk}" = %s', row.pk
        )
        run_as("sql", f'DELETE FROM "{each.table}" WHERE "{each.pk}" = %s', row.pk)
        run_as("sql", f'INSERT INTO "{each.table}" OVERRIDING SYSTEM VALUE SELECT * FROM kept')
        run_as("shell", f'DELETE FROM "{each.table}" WHERE "{each.pk}" = %s', row.pk)
        found = events(model=label)
        transaction.set_rollback(True)
    told = [(event.action, event.record) for event in found]
    assert told == [(deed, str(row.pk)) for deed in ("update", "delete", "insert")]
    assert list(found[0].changes) == [column]
    assert all(event.act.who.startswith("database role ") for event in found)
    hidden = set(each.secret) & found[1].changes.keys()
    assert {found[1].changes[name] for name in hidden} <= {None}


def test_a_partition_of_calls_is_watched_too(events, connections):
    """Who alters the table of one month passes no trigger by."""
    with transaction.atomic():
        call = a_row(MODELS["crm_integrations.exchange"])
        call.save_base(raw=True, force_insert=True)
        [(partition,)] = statements.rows(
            "SELECT tableoid::regclass::text FROM crm_integrations_exchange WHERE id = %s", [call.pk]
        )
        run_as("sql", f"UPDATE {partition} SET response_body = 'taken' WHERE id = %s", call.pk)
        [event] = events(model="crm_integrations.exchange")
        transaction.set_rollback(True)
    assert partition != "crm_integrations_exchange"
    assert (event.action, event.changes) == ("update", {"response_body": None})


def test_an_emptied_table_leaves_an_event(events):
    with transaction.atomic():
        run_as("sql", "TRUNCATE leadops_columnmapping")
        [found] = events(model="leadops.columnmapping")
        transaction.set_rollback(True)
    assert (found.action, found.act.who.split()[0]) == (AuditEvent.Action.TRUNCATE, "database")


def test_a_migration_may_alter_an_audited_column(db):
    """The server forbids it under a trigger that names the column: it stands aside for so long."""
    wider = models.CharField(max_length=210, unique=True)
    migration = Migration("0099_wider", "leadops")
    migration.operations = [AlterField("branch", "name", wider)]
    state = ProjectState.from_apps(apps)
    triggers.step_aside([(migration, False)])
    with connection.schema_editor() as editor:
        migration.apply(state, editor)
    assert triggers.install() == 1
    assert triggers.install() == 0


def test_no_teller_s_name_is_cut_by_the_server():
    """Of two tables with one beginning the second would tell in the first one's name."""
    assert [each.table for each in audited() if len(triggers._teller_of(each)) > 63] == []
