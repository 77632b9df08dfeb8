"""Putting the triggers on every table that is audited, after each migrate; what is there already is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, transaction
from django.db.migrations import operations

from leadops import statements
from leadops.audit.scope import Audited, audited, watched

READY = "SELECT to_regproc('leadops_audit_drop_month') IS NOT NULL"
THERE = """
SELECT c.relname, t.tgname, coalesce(obj_description(t.oid), '') FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
WHERE t.tgname LIKE 'audit\\_%%' AND NOT t.tgisinternal AND t.tgparentid = 0
AND c.relnamespace = current_schema()::regnamespace
"""
COLUMNS = """
SELECT c.relname, array_agg(a.attname::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
AND NOT a.attisdropped GROUP BY c.relname
"""


class Trigger(NamedTuple):
    """One trigger; `sql` makes it."""

    table: str
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """Stands in the trigger's comment: of another one it is made anew."""
        return hashlib.sha256(self.sql.encode()).hexdigest()[:16]


def triggers_of(each: Audited) -> Iterator[Trigger]:
    """The triggers of one table.

    New and deleted rows are told a statement at a time, changed ones row by row: `UPDATE OF` keeps statements that set
    the engine's own columns alone from costing anything, and `WHEN` those that change nothing else. What another
    trigger changes is told only of a statement that sets an audited column itself.
    """
    told = (each.label, each.pk, each.parent, _array(each.omitted), _array(each.secret))
    arguments = ", ".join(f"'{part}'" for part in told)
    whole = "light" if each.light else "whole"
    if each.inserts:
        yield _trigger(
            each, "insert", "REFERENCING NEW TABLE AS new_rows", _run("inserted", arguments, whole)
        )
    if each.columns:
        changed = " OR ".join(_differs(name) for name in each.columns)
        told_by = f"EXECUTE FUNCTION {_teller_of(each)}()"
        trigger = _trigger(each, "update", f"FOR EACH ROW WHEN ({changed})", told_by, columns=each.columns)
        yield trigger._replace(sql=f"{_teller(each)}; {trigger.sql}")
    yield _trigger(each, "delete", "REFERENCING OLD TABLE AS old_rows", _run("deleted", arguments, whole))
    yield _trigger(each, "truncate", "", _run("truncated", arguments, whole))


TELLER = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    act bigint := leadops_audit_act();
    hidden boolean := coalesce(current_setting('leadops.audit_erasing', true), '') <> '';
BEGIN
    INSERT INTO leadops_auditevent (act, action, model, record, parent, changes)
    VALUES (act, 'update', '{label}', OLD."{pk}"::text, {parent}, {changes});
    RETURN NULL;
END $$"""
"""One for each table: to find by its names what changed in any row takes the server four times as long."""


def _teller(each: Audited) -> str:
    """The function that tells of a changed row what was and what is."""
    parent = f'NEW."{each.parent}"::text' if each.parent else "NULL"
    changes = "\n        || ".join(_told(name, secret=name in each.secret) for name in each.columns)
    return TELLER.format(name=_teller_of(each), label=each.label, pk=each.pk, parent=parent, changes=changes)


def _teller_of(each: Audited) -> str:
    return f"leadops_audit_updated_{each.table}"


def _told(name: str, *, secret: bool) -> str:
    both = f'jsonb_build_array(OLD."{name}", NEW."{name}")'
    value = "NULL" if secret else f"CASE WHEN hidden THEN 'null'::jsonb ELSE {both} END"
    return f"CASE WHEN {_differs(name)} THEN jsonb_build_object('{name}', {value}) ELSE '{{}}' END"


def _differs(name: str) -> str:
    return f'OLD."{name}" IS DISTINCT FROM NEW."{name}"'


NOT_OURS = "NOT starts_with(current_query(), '/*audit:')"
"""Before every write of our programs stands who acts; the engine's own come by the thousand and are told elsewhere."""


def watches_of(each: Audited) -> Iterator[Trigger]:
    """The triggers of a table that is watched: row by row, as those of a partitioned table are its partitions' too."""
    told = (each.label, each.pk, each.parent, _array(each.omitted), _array(each.secret))
    arguments = ", ".join(f"'{part}'" for part in told)
    function = f"EXECUTE FUNCTION leadops_audit_watched({arguments})"
    for deed in ("insert", "update", "delete"):
        yield _trigger(each, deed, f"FOR EACH ROW WHEN ({NOT_OURS})", function)
    yield _trigger(each, "truncate", _run("truncated", arguments, "whole", f"WHEN ({NOT_OURS})"))


def _run(function: str, arguments: str, whole: str, when: str = "") -> str:
    return f"FOR EACH STATEMENT {when} EXECUTE FUNCTION leadops_audit_{function}({arguments}, '{whole}')"


def _trigger(each: Audited, deed: str, *how: str, columns: Collection[str] = ()) -> Trigger:
    name = f"audit_{deed}"
    of = " OF " + ", ".join(f'"{column}"' for column in columns) if columns else ""
    sql = f'CREATE TRIGGER {name} AFTER {deed.upper()}{of} ON "{each.table}" {" ".join(how)}'
    return Trigger(each.table, name, sql)


def _array(names: Iterable[str]) -> str:
    return f"{{{','.join(names)}}}"


def install() -> int:
    """Have every audited table carry its triggers, and no other; returns how many were made."""
    if statements.rows(READY) != [(True,)]:
        return 0
    columns = {table: set(names) for table, names in statements.rows(COLUMNS)}
    wanted = {
        (trigger.table, trigger.name): trigger
        for each in audited()
        if columns.get(each.table, set()) >= {*each.columns, each.pk}  # migrated back to before them
        for trigger in triggers_of(each)
    }
    wanted |= {
        (trigger.table, trigger.name): trigger
        for each in watched()
        if each.table in columns
        for trigger in watches_of(each)
    }
    there = {(table, name): digest for table, name, digest in statements.rows(THERE)}
    stale = [key for key, digest in there.items() if key not in wanted or wanted[key].digest != digest]
    new = [trigger for key, trigger in wanted.items() if key in stale or key not in there]
    drops = [f'DROP TRIGGER {name} ON "{table}"' for table, name in stale]
    makes = [
        f"{each.sql}; COMMENT ON TRIGGER {each.name} ON \"{each.table}\" IS '{each.digest}'" for each in new
    ]
    _run_all([*drops, *makes])
    return len(new)


ALTERING = (operations.AlterField, operations.RemoveField, operations.RenameField)


def step_aside(plan: Iterable[tuple[Any, bool]]) -> None:
    """Drop the update triggers of tables whose columns a migration is about to change: they would forbid it.

    `install` puts them back once it is over.
    """
    touched = {
        f"{migration.app_label}.{operation.model_name}".lower()
        for migration, _ in plan
        for operation in migration.operations
        if isinstance(operation, ALTERING)
    }
    tables = {model._meta.db_table for model in apps.get_models() if model._meta.label_lower in touched}
    there = [(table, name) for table, name, _ in statements.rows(THERE) if name == "audit_update"]
    _run_all([f'DROP TRIGGER {name} ON "{table}"' for table, name in there if table in tables])


def _run_all(texts: list[str]) -> None:
    if texts:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("; ".join(texts))
